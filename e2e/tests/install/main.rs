//! The installed page: it opens without its server, and is never an old one where there is a newer.

mod editions;
mod upgrade;

use anyhow::Result;
use commonroom_e2e::{Binary, Page, Terminal, browse};
use editions::{Editions, Manner};
use serde_json::json;

/// The worker has the page in its hands; it has kept it before.
const WORKS: &str = "return Boolean(navigator.serviceWorker.controller)";
/// Which edition's page is shown, by its own words.
const SHOWN: &str = "return document.querySelector('meta[name=description]').content";
/// Of which edition a file is that has one name in all of them.
const FILE: &str = "return fetch('/manifest.webmanifest').then((answer) => answer.json()).then((it) => it.description)";
/// The editions that any kept file is of.
const KEPT: &str = r#"
    const paths = async (cache) => (await cache.keys()).map(({ url }) => new URL(url).pathname);
    const edition = (path) => path.match(/^\/edition-\d+/);
    return caches.open("commonroom-1 /").then(paths)
        .then((paths) => [...new Set(paths.map(edition).filter(Boolean).map(([name]) => name))].sort());"#;
/// Nothing of the page is left in the browser.
const GONE: &str = "return Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()])
    .then((left) => left.flat().length)";

#[tokio::test]
async fn it_opens_without_its_server_and_goes_on_when_it_is_back() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.call_me("ana").await?;
        page.returns(WORKS, true).await?;
        server.kill().await?;
        for path in ["/r/ops", "/"] {
            page.driver().goto(server.url(path)).await?;
            page.until("a page that waits", |seen| ["waiting", "offline"].contains(&seen.state.as_str())).await?;
        }
        page.say("said without a server").await?;
        page.until("its words, waiting", |seen| seen.texts("pending") == ["said without a server"]).await?;
        server.start_again().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        page.until("its words, said", |seen| seen.has("<ana> said without a server")).await?;
        bob.say("hello ana").await?;
        page.until("bob's words", |seen| seen.state == "connected" && seen.has("<bob> hello ana")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_opens_in_its_own_language_too() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let page = browser.open_in("zh-CN", &server.url("/")).await?;
        page.returns(WORKS, true).await?;
        page.returns("return caches.match('/text/zh-CN.txt').then(Boolean)", true).await?;
        server.kill().await?;
        page.driver().refresh().await?;
        page.until("a page that waits", |seen| seen.state == "waiting").await?;
        page.returns("return document.querySelector('#send').textContent", "发送").await?;
        // Whatever else has been lost: English is kept with the page.
        page.run("return caches.open('commonroom-1 /').then((cache) => cache.delete('/text/zh-CN.txt'))").await?;
        page.driver().refresh().await?;
        page.returns("return document.querySelector('#send')?.textContent ?? ''", "Send").await
    })
    .await
}

#[tokio::test]
async fn a_browser_has_nothing_against_installing_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.keep_blame().await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.returns(WORKS, true).await?;
        let asked = page.driver().cdp().send_raw("Page.getInstallabilityErrors", json!({})).await?;
        assert_eq!(asked["installabilityErrors"], json!([]));
        let asked = page.driver().cdp().send_raw("Page.getAppManifest", json!({})).await?;
        assert_eq!(asked["errors"], json!([]), "{asked}");
        assert_eq!(page.blame().await?, [""; 0]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_newer_page_is_seen_at_once_and_the_old_one_is_not_kept() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        let page = browser.open(&editions.url()).await?;
        page.returns(WORKS, true).await?;
        page.returns(KEPT, json!(["/edition-1"])).await?;
        editions.next(Manner::Answers);
        reload(&page, 2).await?;
        page.returns(FILE, "edition 2").await?;
        page.returns(KEPT, json!(["/edition-2"])).await?;
        editions.now(Manner::Gone);
        reload(&page, 2).await
    })
    .await
}

#[tokio::test]
async fn a_page_is_kept_with_all_of_its_files_or_not_at_all() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        let page = browser.open(&editions.url()).await?;
        page.returns(WORKS, true).await?;
        editions.next(Manner::WithoutProgram);
        page.driver().refresh().await?;
        page.returns(SHOWN, "edition 2").await?;
        page.returns(FILE, "edition 2").await?;
        editions.now(Manner::Gone);
        reload(&page, 1).await?;
        page.returns(FILE, "edition 1").await
    })
    .await
}

#[tokio::test]
async fn a_server_that_takes_long_is_not_waited_for_and_none_of_its_files_are_mixed_in() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        let page = browser.open(&editions.url()).await?;
        page.returns(WORKS, true).await?;
        editions.next(Manner::WithoutDocument);
        reload(&page, 1).await?;
        page.returns(FILE, "edition 1").await?;
        editions.now(Manner::Answers);
        reload(&page, 2).await
    })
    .await
}

#[tokio::test]
async fn another_program_at_the_same_address_is_left_alone() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let editions = Editions::of(&server).await?;
        let page = browser.open(&editions.url()).await?;
        page.returns(WORKS, true).await?;
        editions.now(Manner::Another);
        page.driver().refresh().await?;
        page.returns("return document.body.textContent", "another program").await?;
        page.returns(GONE, 0).await
    })
    .await
}

/// Loads the page anew, and waits until its program runs.
async fn reload(page: &Page, edition: u32) -> Result<()> {
    page.driver().refresh().await?;
    page.returns(SHOWN, format!("edition {edition}")).await?;
    page.until("a page that is alive", |seen| !seen.state.is_empty()).await.map(drop)
}
