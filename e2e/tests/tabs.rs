//! Two tabs of one person: each hears everything once, and what is written in one stays there.

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Browser, Page, Terminal, browse};
use thirtyfour::{By, WindowHandle};

const WRITTEN: &str = "return document.querySelector('#composer').value";
/// As a browser duplicates a tab: with what it keeps for the tab.
const DUPLICATE: &str = "open(location.href)";

/// Two tabs of one browser; a test looks at one of them at a time.
struct Tabs {
    page: Page,
    tabs: [WindowHandle; 2],
}

impl Tabs {
    /// Ana's tab, and another at an address of its own.
    async fn open(browser: &Browser, server: &Binary, another: &str) -> Result<Tabs> {
        let page = Tabs::first(browser, server).await?;
        let tabs = [page.driver().window().await?, page.driver().new_tab().await?];
        let tabs = Tabs { page, tabs };
        tabs.look(1).await?.driver().goto(server.url(another)).await?;
        tabs.page.connected().await?;
        Ok(tabs)
    }

    /// Ana's tab, and another that the browser has made of it.
    async fn duplicate(page: Page) -> Result<Tabs> {
        let first = page.driver().window().await?;
        page.run(DUPLICATE).await?;
        let second = page.driver().windows().await?.into_iter().find(|tab| *tab != first).context("no second tab")?;
        Ok(Tabs { page, tabs: [first, second] })
    }

    async fn first(browser: &Browser, server: &Binary) -> Result<Page> {
        let page = browser.open(&server.url("/")).await?;
        page.call_me("ana").await?;
        Ok(page)
    }

    /// The page in one of them.
    async fn look(&self, tab: usize) -> Result<&Page> {
        self.page.driver().switch_to_window(self.tabs[tab].clone()).await?;
        self.page.cdp("Page.bringToFront", serde_json::json!({})).await?;
        Ok(&self.page)
    }

    /// Waits until both show exactly this; of it, each has said the one at its own place.
    async fn read(&self, texts: &[&str]) -> Result<()> {
        for tab in 0..2 {
            let page = self.look(tab).await?;
            let seen = page
                .until("what was said, once and in order", |seen| {
                    seen.state == "connected" && seen.texts("said") == texts && seen.texts("pending").is_empty()
                })
                .await?;
            let own: Vec<&str> = seen.rows.iter().filter(|row| row.own).map(|row| row.text.as_str()).collect();
            assert_eq!(own, [texts[tab]]);
        }
        Ok(())
    }
}

#[tokio::test]
async fn two_tabs_in_one_room_hear_everything_once() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let tabs = Tabs::open(browser, &server, "/").await?;
        speak(&tabs, &mut bob).await?;
        for (tab, draft) in ["the first's", "the second's"].into_iter().enumerate() {
            write(tabs.look(tab).await?, draft).await?;
        }
        for (tab, draft) in ["the first's", "the second's"].into_iter().enumerate() {
            let page = tabs.look(tab).await?;
            page.driver().refresh().await?;
            page.connected().await?;
            page.returns(WRITTEN, draft).await?;
        }
        tabs.read(&["from the first", "from the second", "from bob"]).await
    })
    .await
}

#[tokio::test]
async fn two_tabs_in_different_rooms_keep_apart_what_is_said_and_what_is_written() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let tabs = Tabs::open(browser, &server, "/r/ops").await?;
        for (tab, words) in ["in the lobby", "in ops"].into_iter().enumerate() {
            let page = tabs.look(tab).await?;
            page.resize(1440, 900).await?;
            page.say(words).await?;
            page.until("its own words", |seen| seen.has(&format!("<ana> {words}"))).await?;
        }
        bob.say("lobby!\n/join ops\nops!").await?;
        // Each looks at its own room first, then at the other's.
        let rooms = [("lobby", ["in the lobby", "lobby!"]), ("ops", ["in ops", "ops!"])];
        for (tab, order) in [[0, 1], [1, 0]].into_iter().enumerate() {
            let page = tabs.look(tab).await?;
            for (room, texts) in order.map(|at| rooms[at]) {
                page.go(room).await?;
                page.until("what was said there, once", |seen| seen.texts("said") == texts).await?;
                page.returns(WRITTEN, "").await?;
                write(page, &format!("{tab} in {room}")).await?;
            }
        }
        for tab in 0..2 {
            let page = tabs.look(tab).await?;
            for (room, _) in rooms {
                page.go(room).await?;
                page.returns(WRITTEN, format!("{tab} in {room}")).await?;
            }
        }
        Ok(())
    })
    .await
}

/// The copy has the tab's secret, too: the older one takes another, and both stay.
#[tokio::test]
async fn a_tab_and_its_copy_hear_everything_once() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let tabs = Tabs::duplicate(Tabs::first(browser, &server).await?).await?;
        tabs.look(1).await?.connected().await?;
        speak(&tabs, &mut bob).await?;
        let mut secrets = Vec::new();
        for tab in 0..2 {
            secrets.push(tabs.look(tab).await?.run("return sessionStorage.client").await?);
        }
        assert_ne!(secrets[0], secrets[1]);
        Ok(())
    })
    .await
}

/// Both have it, and both try to say it.
#[tokio::test]
async fn what_waits_in_a_tab_and_in_its_copy_is_said_once() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let page = Tabs::first(browser, &server).await?;
        page.returns("return Boolean(navigator.serviceWorker.controller)", true).await?;
        server.kill().await?;
        page.until("the break", |seen| seen.state != "connected").await?;
        page.say("once").await?;
        let tabs = Tabs::duplicate(page).await?;
        for tab in 0..2 {
            tabs.look(tab).await?.until("it waits", |seen| seen.texts("pending") == ["once"]).await?;
        }
        server.start_again().await?;
        for tab in 0..2 {
            let page = tabs.look(tab).await?;
            page.until("it is said once", |seen| {
                seen.state == "connected" && seen.texts("said") == ["once"] && seen.texts("pending").is_empty()
            })
            .await?;
        }
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        bob.say("/ping").await?;
        bob.until("* pong").await?;
        assert_eq!(bob.count("<ana> once"), 1);
        Ok(())
    })
    .await
}

/// Both tabs and bob say something, and all three have it once.
async fn speak(tabs: &Tabs, bob: &mut Terminal) -> Result<()> {
    let words = ["from the first", "from the second", "from bob"];
    for (tab, words) in words.into_iter().enumerate().take(2) {
        let page = tabs.look(tab).await?;
        page.connected().await?;
        page.say(words).await?;
        page.until("its own words", |seen| seen.texts("said").contains(&words)).await?;
    }
    bob.say("from bob\n/ping").await?;
    bob.until("* pong").await?;
    for (words, times) in words.into_iter().zip([1, 1, 0]) {
        assert_eq!(bob.count(&format!("> {words}")), times, "{words}");
    }
    tabs.read(&words).await
}

async fn write(page: &Page, draft: &str) -> Result<()> {
    Ok(page.driver().find(By::Id("composer")).await?.send_keys(draft).await?)
}
