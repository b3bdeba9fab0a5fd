//! Who does not look at the page is called, as they want it, and where the browser allows it.

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Browser, Page, Proxy, Terminal, browse};
use serde_json::json;
use thirtyfour::By;

/// Keeps each notification and each note that begins, and takes the focus away when it is asked to.
const SPY: &str = "
    window.shown = [];
    window.notes = 0;
    window.Notification = new Proxy(Notification, {
        construct: (real, [title, options]) => {
            shown.push([title, options.body, options.tag]);
            return window.last = new real(title, options);
        },
    });
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) { notes++; return start.call(this, when); };
    window.look = (looks) => {
        document.hasFocus = () => looks;
        dispatchEvent(new Event(looks ? 'focus' : 'blur'));
    };";
const SHOWN: &str = "return shown";
const ICON: &str = "return document.querySelector('link[rel=icon]').getAttribute('href').split(/[,-]/)[0]";
const WORDS: &str = "return document.querySelector('#notify p')?.textContent ?? ''";

/// A page at an address of a secure context, whose notifications are `granted` or `denied`.
async fn page(browser: &Browser, server: &Binary, permission: &str) -> Result<Page> {
    let page = browser.blank("en-US").await?;
    page.run_first(SPY).await?;
    let origin = format!("http://localhost:{}", server.http.port());
    let setting = json!({ "permission": { "name": "notifications" }, "setting": permission, "origin": origin });
    page.cdp("Browser.setPermission", setting).await?;
    page.driver().goto(format!("{origin}/r/ops")).await?;
    page.call_me("ana").await?;
    Ok(page)
}

async fn bob(server: &Binary) -> Result<Terminal> {
    let mut bob = Terminal::join(server.tcp, "bob").await?;
    bob.say("/join ops").await?;
    Ok(bob)
}

/// Bob says it, and the page has it.
async fn says(bob: &mut Terminal, page: &Page, words: &str) -> Result<()> {
    bob.say(words).await?;
    page.until(words, |seen| seen.texts("said").last() == Some(&words)).await.map(drop)
}

async fn choose(page: &Page, field: &str) -> Result<()> {
    page.driver().find(By::Css(".bell")).await?.click().await?;
    page.driver().find(By::Css(field)).await?.click().await?;
    page.run("document.querySelector('#notify').hidePopover()").await.map(drop)
}

#[tokio::test]
async fn who_is_meant_is_notified_and_of_the_rest_only_who_wants_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = page(browser, &server, "granted").await?;
        let mut bob = bob(&server).await?;
        says(&mut bob, &page, "ana, are you there?").await?;
        page.run("look(false)").await?;
        says(&mut bob, &page, "anybody?").await?;
        says(&mut bob, &page, "ana?").await?;
        let meant = json!(["ops: bob", "ana?", "/r/ops"]);
        page.returns(SHOWN, json!([meant])).await?;

        choose(&page, "[value=all]").await?;
        says(&mut bob, &page, "nobody").await?;
        page.returns(SHOWN, json!([meant, ["ops: bob", "nobody", "/r/ops"]])).await?;
        choose(&page, "[value=never]").await?;
        says(&mut bob, &page, "ana!").await?;
        page.until("the count", |seen| seen.title.starts_with("(4) ")).await?;
        page.returns("return shown.length", 2).await
    })
    .await
}

#[tokio::test]
async fn a_room_in_the_background_calls_and_a_notification_leads_there() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = page(browser, &server, "granted").await?;
        let mut bob = bob(&server).await?;
        page.say("/join lobby").await?;
        page.until("the lobby", |seen| seen.title == "lobby · Commonroom" && seen.state == "connected").await?;
        bob.say("ana?").await?;
        page.returns("return shown.length", 1).await?;
        page.returns(ICON, "data:image/svg+xml").await?;
        page.run("last.onclick()").await?;
        page.until("the room", |seen| seen.title == "ops · Commonroom" && seen.has("<bob> ana?")).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn the_tab_is_marked_while_something_is_unread() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = page(browser, &server, "granted").await?;
        let mut bob = bob(&server).await?;
        page.returns(ICON, "/favicon").await?;
        page.run("look(false)").await?;
        says(&mut bob, &page, "anybody?").await?;
        page.returns(ICON, "data:image/svg+xml").await?;
        page.run("look(true)").await?;
        page.returns(ICON, "/favicon").await?;
        page.returns("return shown.length", 0).await
    })
    .await
}

#[tokio::test]
async fn a_sound_is_played_once_in_a_while_for_who_wants_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = page(browser, &server, "denied").await?;
        let mut bob = bob(&server).await?;
        page.run("look(false)").await?;
        says(&mut bob, &page, "ana 1").await?;
        page.returns("return notes", 0).await?;
        // It is played as it is chosen; so soon after that, a message plays none.
        choose(&page, "[type=checkbox]").await?;
        page.returns("return notes", 2).await?;
        says(&mut bob, &page, "ana 2").await?;
        page.returns("return notes", 2).await?;
        page.run("const now = Date.now; Date.now = () => now() + 5000").await?;
        says(&mut bob, &page, "ana 3").await?;
        page.returns("return notes", 4).await
    })
    .await
}

#[tokio::test]
async fn where_the_browser_shows_no_notification_the_page_says_why() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let blocked = page(browser, &server, "denied").await?;
        let words = blocked.run(WORDS).await?;
        assert!(words.as_str().context("no words")?.starts_with("This browser blocks notifications"), "{words}");

        let outside = Proxy::outside(server.http).await?;
        let insecure = browser.open(&format!("http://{}/", outside.addr)).await?;
        insecure.connected().await?;
        let words = insecure.run(WORDS).await?;
        let why = format!("on http://{} the browser allows none", outside.addr);
        assert!(words.as_str().context("no words")?.contains(&why), "{words}");
        Ok(())
    })
    .await
}
