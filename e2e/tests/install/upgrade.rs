//! The server is upgraded while its page is open: the page gives way to the new one, but not under somebody's hands.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Browser, Page, browse};
use thirtyfour::By;

use super::editions::{Editions, Manner};
use super::{SHOWN, WORKS};

/// Counts the documents of this tab, and in each how often it waits for a moment to reload, and looks for one.
const COUNT: &str = "sessionStorage.loads = 1 + Number(sessionStorage.loads ?? 0);
    Object.assign(window, { waits: 0, looks: 0 });
    const { setInterval: every } = window;
    window.setInterval = (look, ms) => { waits++; return every(() => { look(); looks++; }, ms); };";
const LOADS: &str = "return Number(sessionStorage.loads)";
const WRITTEN: &str = "return document.querySelector('#composer').value";

/// A page of the first edition, in the lobby.
async fn open(browser: &Browser, editions: &Editions) -> Result<Page> {
    let page = browser.blank("en-US").await?;
    page.run_first(COUNT).await?;
    page.driver().goto(editions.url()).await?;
    page.call_me("ana").await?;
    page.returns(SHOWN, "edition 1").await?;
    Ok(page)
}

/// Waits until the page is connected, and sees that it does not mean to reload.
async fn settles(page: &Page, edition: u32, loads: u32) -> Result<()> {
    page.returns(SHOWN, format!("edition {edition}")).await?;
    page.connected().await?;
    ensure!(page.run(LOADS).await? == loads, "it was loaded {} times", page.run(LOADS).await?);
    ensure!(page.run("return waits").await? == 0, "it means to reload");
    Ok(())
}

#[tokio::test]
async fn an_old_page_gives_way_to_a_new_one() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        editions.now(Manner::Lives);
        let page = open(browser, &editions).await?;
        for edition in [2, 3] {
            editions.next(Manner::Lives);
            settles(&page, edition, edition).await?;
        }
        // The same server again is no upgrade.
        page.watch_states().await?;
        editions.now(Manner::Lives);
        page.returns("return states.length > 1 && states.at(-1) === 'connected'", true).await?;
        settles(&page, 3, 3).await
    })
    .await
}

#[tokio::test]
async fn an_old_page_waits_for_who_writes_and_the_draft_goes_with_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        editions.now(Manner::Lives);
        let page = open(browser, &editions).await?;
        page.resize(1440, 900).await?;
        page.say("/join ops").await?;
        page.in_room("ops").await?;
        page.driver().find(By::Id("composer")).await?.send_keys("half a thought").await?;
        editions.next(Manner::Lives);
        page.returns("return looks > 1", true).await?;
        ensure!(page.run(LOADS).await? == 1 && page.run(WRITTEN).await? == "half a thought");
        page.driver().find(By::Id("composer")).await?.send_keys("-baked").await?;

        // Nothing is being written in the lobby.
        page.go("lobby").await?;
        settles(&page, 2, 2).await?;
        page.in_room("lobby").await?;
        page.returns(WRITTEN, "").await?;
        page.go("ops").await?;
        page.returns(WRITTEN, "half a thought-baked").await
    })
    .await
}

/// The page that opens without its server knows of which build it is, too.
#[tokio::test]
async fn an_old_page_that_was_kept_gives_way_to_a_new_one() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        editions.now(Manner::Lives);
        let page = open(browser, &editions).await?;
        page.returns(WORKS, true).await?;
        editions.now(Manner::Gone);
        page.driver().refresh().await?;
        page.until("a page that waits", |seen| seen.state == "waiting").await?;
        page.returns(SHOWN, "edition 1").await?;
        editions.next(Manner::Lives);
        settles(&page, 2, 3).await
    })
    .await
}

#[tokio::test]
async fn an_old_page_that_comes_again_is_not_asked_for_a_third_time() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        editions.now(Manner::Lives);
        let page = open(browser, &editions).await?;
        editions.next(Manner::LivesBehindAnother);
        page.returns(LOADS, 2).await?;
        settles(&page, 1, 2).await?;
        editions.now(Manner::Lives);
        page.driver().refresh().await?;
        settles(&page, 2, 3).await
    })
    .await
}
