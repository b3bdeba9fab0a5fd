//! The page sleeps, or its server stands still: with several rooms open, nothing is lost or doubled in any.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Browser, Page, Proxy, Terminal, browse};
use serde_json::json;

/// A browser whose dice fall so high that each wait before another attempt is longer than a test's patience.
const UNLUCKY: &str = "Math.random = () => 60;";
/// A browser whose clock is fast: what the page waits 25 s for, it waits a second for.
const FAST: &str = "const { setTimeout: later } = window; window.setTimeout = (what, ms) => later(what, ms / 25);";
const ROOMS: [&str; 3] = ["lobby", "ops", "lab"];

/// Its connections ended while it slept: it notices as soon as somebody looks at it again, and comes back at once.
#[tokio::test]
async fn a_page_that_has_slept_is_up_to_date_when_it_is_looked_at() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let tunnel = Proxy::to(server.http).await?;
        let ana = open(browser, UNLUCKY, &format!("http://{}/", tunnel.addr)).await?;
        ana.driver().minimize_window().await?;
        ana.returns("return document.visibilityState", "hidden").await?;
        ana.cdp("Page.setWebLifecycleState", json!({ "state": "frozen" })).await?;

        tunnel.cut();
        for room in ROOMS {
            let mut bob = Terminal::join_room(server.tcp, "bob", room).await?;
            bob.say(&format!("{room} 1\n{room} 2\n/ping")).await?;
            bob.until("* pong").await?;
        }
        tunnel.mend();
        ensure!(ana.see().await?.state == "connected", "it does not sleep");
        ana.cdp("Page.setWebLifecycleState", json!({ "state": "active" })).await?;
        ana.driver().maximize_window().await?;
        for room in ROOMS {
            let said = [1, 2].map(|number| format!("<bob> {room} {number}"));
            ana.go(room).await?;
            ana.until("what was said, once", |seen| seen.state == "connected" && seen.said() == said).await?;
        }
        Ok(())
    })
    .await
}

/// What was said to it before the page gave it up, it hears when it goes on, and then again from the page.
#[tokio::test]
async fn a_server_that_stands_still_is_given_up_and_come_back_to() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join_room(server.tcp, "bob", "lobby").await?;
        let mut dan = Terminal::join_room(server.tcp, "dan", "ops").await?;
        let mut eve = Terminal::join_room(server.tcp, "eve", "lab").await?;
        let ana = open(browser, FAST, &server.url("/")).await?;
        server.signal("STOP").await?;
        for room in ROOMS {
            ana.go(room).await?;
            ana.say(&format!("{room} to nobody")).await?;
        }
        for room in ROOMS {
            ana.go(room).await?;
            ana.until("the end of its patience", |seen| seen.state != "connected").await?;
        }
        ana.say("lab to nobody either").await?;
        server.signal("CONT").await?;
        for (room, nc) in ROOMS.into_iter().zip([&mut bob, &mut dan, &mut eve]) {
            let mut said = vec![format!("<ana> {room} to nobody")];
            if room == "lab" {
                said.push("<ana> lab to nobody either".to_owned());
            }
            ana.go(room).await?;
            ana.until("what was said, once", |seen| {
                seen.state == "connected" && seen.said() == said && seen.texts("pending").is_empty()
            })
            .await?;
            nc.say("/ping").await?;
            nc.until("* pong").await?;
            ensure!(nc.count("to nobody") == said.len(), "{room} hears it {} times", nc.count("to nobody"));
        }
        Ok(())
    })
    .await
}

/// Ana's page, wide enough to show the rooms, and in all of them.
async fn open(browser: &Browser, clock: &str, url: &str) -> Result<Page> {
    let page = browser.blank("en-US").await?;
    page.run_first(clock).await?;
    page.driver().goto(url).await?;
    page.resize(1440, 900).await?;
    page.call_me("ana").await?;
    for room in ROOMS {
        page.say(&format!("/join {room}")).await?;
        page.in_room(room).await?;
        page.connected().await?;
    }
    page.go("lobby").await?;
    Ok(page)
}
