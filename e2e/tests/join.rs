//! The page tells anything with a socket how it joins, and shows that it has.

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Page, Terminal, browse};
use serde_json::json;
use thirtyfour::{By, Key};

/// Programs that wait for somebody to type.
const TYPED: [&str; 2] = ["nc", "telnet"];
/// Programs that do not run here.
const ELSEWHERE: [&str; 2] = ["PowerShell", "ESP32"];
const LIGHT: &str = "return document.querySelector('#join .light').textContent";
const OPEN: &str = "return document.querySelector('#join:popover-open') !== null";
const WAITING: &str = "Waiting for you: run one of these anywhere.";
const ARRIVED: &str = "A socket has arrived. It works.";

#[tokio::test]
async fn what_the_page_shows_brings_each_program_into_its_room() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        for path in ["/", "/r/上课"] {
            let page = browser.open(&server.url(path)).await?;
            page.connected().await?;
            let ways = page.ways().await?;
            assert_eq!(ways.len(), 7, "{ways:?}");
            for (program, line) in ways.iter().filter(|(program, _)| !ELSEWHERE.contains(&program.as_str())) {
                let typed = TYPED.contains(&program.as_str());
                page.hears_from(program, line, typed).await.with_context(|| path.to_owned())?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_empty_room_shows_how_to_join_and_a_light_when_a_socket_has() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        page.returns("return document.querySelector('#join').checkVisibility()", true).await?;
        page.returns(LIGHT, WAITING).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        page.returns(LIGHT, ARRIVED).await?;
        bob.say("hello").await?;
        page.until("his words", |seen| seen.has("<bob> hello")).await?;
        page.returns("return document.querySelector('#join').checkVisibility()", false).await
    })
    .await
}

#[tokio::test]
async fn the_panel_waits_for_the_next_socket_whenever_it_is_opened() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        bob.say("hello").await?;
        let page = browser.open(&server.url("/")).await?;
        page.until("his words", |seen| seen.state == "connected" && seen.has("<bob> hello")).await?;
        bob.say("again").await?;
        page.until("his words", |seen| seen.has("<bob> again")).await?;
        open(&page).await?;
        page.returns(LIGHT, WAITING).await?;
        let _carl = Terminal::join(server.tcp, "carl").await?;
        page.returns(LIGHT, ARRIVED).await?;
        page.driver().active_element().await?.send_keys(Key::Escape + "").await?;
        page.returns(OPEN, false).await?;
        open(&page).await?;
        page.returns(LIGHT, WAITING).await
    })
    .await
}

#[tokio::test]
async fn it_is_used_by_keyboard_on_a_small_phone() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        let phone = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true });
        page.cdp("Emulation.setDeviceMetricsOverride", phone).await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.driver().find(By::Css(".menu")).await?.click().await?;
        let invite = page.driver().find(By::Css(".invite")).await?;
        invite.send_keys(Key::Enter + "").await?;
        page.returns(OPEN, true).await?;
        page.returns("return document.querySelector('#join').scrollWidth <= innerWidth", true).await?;
        for _ in 0..2 {
            page.driver().active_element().await?.send_keys(Key::Tab + "").await?;
        }
        page.driver().active_element().await?.send_keys(Key::Down + "").await?;
        let shown =
            "return [...document.querySelectorAll('#join pre')].find((pre) => pre.checkVisibility()).textContent";
        page.returns(shown, format!("telnet {} {}", server.tcp.ip(), server.tcp.port())).await?;
        page.driver().find(By::Css("#join header button")).await?.click().await?;
        page.returns(OPEN, false).await
    })
    .await
}

async fn open(page: &Page) -> Result<()> {
    page.driver().find(By::Css(".rooms .invite")).await?.click().await?;
    page.returns(OPEN, true).await
}
