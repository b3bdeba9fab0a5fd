//! Where things are: columns where there is room for them, sheets where there is none.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Page, Terminal, browse, eventually};
use serde_json::json;
use thirtyfour::{By, Key};

const PHONE: u32 = 360;
const WIDE: u32 = 1440;
/// Which of the two sides can be seen.
const SIDES: &str =
    "return ['rooms', 'people'].filter((id) => document.getElementById(id).checkVisibility()).join(' ')";
const FOCUS: &str = "return document.activeElement.id || document.activeElement.localName";

#[tokio::test]
async fn columns_become_sheets_on_a_phone() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        page.resize(WIDE, 800).await?;
        shows(&page, SIDES, "rooms people").await?;
        page.resize(PHONE, 800).await?;
        shows(&page, SIDES, "").await?;
        for (button, side) in [(".menu", "rooms"), (".crowd", "people")] {
            let button = page.driver().find(By::Css(button)).await?;
            button.click().await?;
            shows(&page, SIDES, side).await?;
            page.driver().active_element().await?.send_keys(Key::Escape + "").await?;
            shows(&page, SIDES, "").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn f6_goes_from_part_to_part_and_past_what_is_folded_away() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        for (width, round) in
            [(WIDE, ["people", "rooms", "main", "composer"].as_slice()), (PHONE, &["main", "composer"])]
        {
            page.resize(width, 800).await?;
            page.run("document.querySelector('#composer').focus()").await?;
            for part in round {
                press(&page, Key::F6.into()).await?;
                shows(&page, FOCUS, part).await?;
            }
            for part in round.iter().rev().skip(1) {
                press(&page, Key::Shift + Key::F6).await?;
                shows(&page, FOCUS, part).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_rooms_one_has_visited_are_one_click_away() -> Result<()> {
    const ROOMS: &str = "return [...document.querySelectorAll('.room')].map((room) => room.textContent).join(' ')";
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/r/上课")).await?;
        page.connected().await?;
        shows(&page, ROOMS, "lobby 上课").await?;
        page.driver().find(By::Css(".room:not([aria-current])")).await?.click().await?;
        page.until("the lobby", |seen| seen.title.starts_with("lobby") && seen.state == "connected").await?;
        shows(&page, ROOMS, "lobby 上课").await?;
        // A room that does not let one in is not remembered.
        page.driver().goto(server.url("/r/a%20b")).await?;
        page.until("the refusal", |seen| seen.state == "stopped").await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        shows(&page, ROOMS, "lobby 上课").await
    })
    .await
}

#[tokio::test]
async fn a_finger_hits_every_control_on_a_phone() -> Result<()> {
    // By id, class or words; labels are for what is in them.
    const SMALL: &str =
        "return [...document.querySelectorAll('button, select, a[href], input:not(label input), label')]
        .filter((one) => one.checkVisibility() && !one.closest('.aloud'))
        .filter((one) => one.getBoundingClientRect().width < 44 || one.getBoundingClientRect().height < 44)
        .map((one) => one.id || one.className || one.textContent).join(' ')";
    const WIDE: &str = "return [...document.querySelectorAll('#app, main, .head')]
        .filter((one) => one.scrollWidth > innerWidth).map((one) => one.className).join(' ')";
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let page = browser.blank("en-US").await?;
        let phone = json!({ "width": PHONE, "height": 740, "deviceScaleFactor": 1, "mobile": true });
        page.cdp("Emulation.setDeviceMetricsOverride", phone).await?;
        page.cdp("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.returns("return matchMedia('(pointer: coarse)').matches", true).await?;
        bob.say("x ".repeat(500).trim()).await?;
        page.until("what was said", |seen| seen.state == "connected" && !seen.rows.is_empty()).await?;
        for open in ["", "#rooms", "#people", "#search", "#notify"] {
            let sheet = json!(open);
            page.run(&format!("document.querySelector({sheet} || null)?.showPopover()")).await?;
            shows(&page, SMALL, "").await?;
            shows(&page, WIDE, "").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_says_how_a_terminal_comes_in() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        let line = format!("nc {} {}", server.tcp.ip(), server.tcp.port());
        page.returns("return document.querySelector('.invite code').textContent", line.as_str()).await?;
        page.driver().find(By::Css(".invite")).await?.click().await?;
        let copy = "#join div:has(> pre) button";
        page.driver().find(By::Css(copy)).await?.click().await?;
        page.returns(&format!("return document.querySelector('{copy}').textContent"), "Copied").await
    })
    .await
}

#[tokio::test]
async fn a_lost_connection_counts_down_to_the_next_attempt() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        server.kill().await?;
        let mut counts: Vec<u64> = Vec::new();
        let down = async || {
            let words = page.run("return document.querySelector('.pill').textContent").await?;
            let words = words.as_str().unwrap_or_default().to_owned();
            if let Some(count) = words.strip_prefix("reconnecting in ").and_then(|rest| rest.strip_suffix(" s")) {
                counts.push(count.parse()?);
            }
            ensure!(counts.windows(2).any(|pair| pair[0] == 3 && pair[1] == 2), "{words}; {counts:?}");
            Ok(())
        };
        eventually("three seconds to become two", down).await?;
        let aloud = "return document.querySelector('[role=status]').textContent";
        page.until("a wait", |seen| seen.state == "waiting").await?;
        shows(&page, aloud, "connection lost, your messages wait").await?;
        server.start_again().await?;
        page.until("the server", |seen| seen.state == "connected").await.map(drop)
    })
    .await
}

/// What is drawn from index.html stays where it is when the client takes over, and while it joins.
#[tokio::test]
async fn nothing_jumps_while_the_page_begins() -> Result<()> {
    const SHIFTS: &str = "return new Promise((done) => new PerformanceObserver((list, observer) => {
        observer.disconnect();
        done(list.getEntries().filter((one) => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0));
    }).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => done(0), 500))";
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        for number in 1..=200 {
            bob.say(&format!("line {number}")).await?;
        }
        let first = browser.open(&server.url("/")).await?;
        first.until("all lines", |seen| seen.has("<bob> line 200")).await?;
        for width in [PHONE, WIDE] {
            let page = browser.blank("en-US").await?;
            page.resize(width, 740).await?;
            page.driver().goto(server.url("/")).await?;
            page.until("what was said", |seen| seen.state == "connected" && seen.has("<bob> line 200")).await?;
            let shifted = page.run(SHIFTS).await?.as_f64().unwrap_or(1.0);
            ensure!(shifted < 0.01, "{width} px: a shift of {shifted}");
        }
        Ok(())
    })
    .await
}

/// The connection that index.html begins is the one that the client goes on with.
#[tokio::test]
async fn the_page_connects_once() -> Result<()> {
    const COUNT: &str = "window.made = 0; window.WebSocket = class extends WebSocket {
        constructor(url) { super(url); window.made += 1; } };";
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.run_first(COUNT).await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.returns("return made", 1).await
    })
    .await
}

#[tokio::test]
async fn an_empty_room_in_a_low_window_is_read_from_its_top() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.resize(720, 450).await?;
        page.driver().goto(server.url("/r/quiet")).await?;
        page.returns(
            "const log = document.querySelector('.log'); return [log.querySelector('#join h2') !== null,
            log.scrollHeight > log.clientHeight, log.scrollTop]",
            serde_json::json!([true, true, 0]),
        )
        .await
    })
    .await
}

async fn press(page: &Page, keys: thirtyfour::TypingData) -> Result<()> {
    Ok(page.driver().active_element().await?.send_keys(keys).await?)
}

/// Waits until a script returns this.
async fn shows(page: &Page, script: &str, expected: &str) -> Result<()> {
    let look = async || {
        let found = page.run(script).await?;
        ensure!(found == expected, "{found}");
        Ok(())
    };
    eventually(expected, look).await
}
