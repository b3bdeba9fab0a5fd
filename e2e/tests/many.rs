//! Many messages: the page stays quick, draws few rows, and loses nobody's place.

use std::ops::RangeInclusive;

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Page, Terminal, browse, eventually};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::By;

/// Fewer than the page keeps, with a few notices.
const LINES: u64 = 1_980;
/// With these they are more.
const MORE: u64 = 100;
/// Lines that come between two keys.
const BURST: u64 = 66;
/// Rows that the page draws while one reads at the end; the design says about so many.
const DRAWN: usize = 305;
/// A generous bound for the time from a key to the frame that shows it, in milliseconds.
const KEY_MS: f64 = 500.0;
/// How far a line may move on the screen while older ones come in above it, in pixels.
const STEADY: f64 = 3.0;

/// Measures, for each key, the time until the frame after it has been painted.
const MEASURE: &str = "window.keys = [];
    addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.keys.push(performance.now() - timeStamp);
        port2.postMessage(0);
    }), true);";
const LOOK: &str = "const log = document.querySelector('.log');
    const said = [...document.querySelectorAll('[data-row=\"said\"]')];
    return {
        rows: document.querySelectorAll('[data-row]').length,
        first: Number(said.at(0)?.dataset.seq ?? 0),
        last: Number(said.at(-1)?.dataset.seq ?? 0),
        below: log.scrollHeight - log.scrollTop - log.clientHeight,
        news: document.querySelector('#news')?.textContent ?? '',
        older: Boolean(document.querySelector('#older')),
    };";
/// Goes up to the first row drawn, and watches it in every frame until older ones are drawn above it: how far it moved.
const OLDER: &str = "const [log, until] = [document.querySelector('.log'), arguments[0]];
    const frame = () => new Promise(requestAnimationFrame);
    const first = () => document.querySelector('[data-row=\"said\"]');
    return (async () => {
        const row = first();
        log.scrollTop = 0;
        const place = row.getBoundingClientRect().top;
        let moved = 0;
        const end = performance.now() + until;
        for (let after = 3; after && performance.now() < end;) {
            await frame();
            moved = Math.max(moved, Math.abs(row.getBoundingClientRect().top - place));
            if (first() !== row) after -= 1;
        }
        return first() === row ? -1 : moved;
    })();";

/// What there is of the log.
#[derive(Debug, Deserialize)]
struct Look {
    /// Rows of any kind in the document.
    rows: usize,
    /// The place in the room's order of the first message drawn.
    first: u64,
    last: u64,
    /// Pixels below what one sees.
    below: f64,
    news: String,
    older: bool,
}

#[tokio::test]
async fn two_thousand_messages_leave_the_page_quick_and_its_reader_in_place() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        ana.run(MEASURE).await?;
        let keys = talk_and_type(&ana, &mut bob).await?;
        println!("from a key to its frame, while {BURST} lines come with each: {keys} ms");
        ensure!(keys < KEY_MS, "a key takes {keys} ms");
        at_end(&ana, LINES).await?;

        let steps = read_to_the_first(&ana).await?;
        println!("the first row after {steps} steps up, all from memory");
        news_take_back(&ana, &mut bob, LINES + 3).await?;

        // Who comes now reads the last ones, and finds the rest.
        ana.driver().refresh().await?;
        ana.connected().await?;
        ana.run(MEASURE).await?;
        at_end(&ana, LINES + 3).await?;
        ensure!(look(&ana).await?.rows < 100, "all is replayed to somebody new");
        let steps = read_to_the_first(&ana).await?;
        println!("the first row after {steps} steps up, all from the server");
        let keys = type_keys(&ana, "and this is typed above two thousand rows").await?;
        println!("from a key to its frame, above {LINES} rows: {keys} ms");
        ensure!(keys < KEY_MS, "a key takes {keys} ms");
        the_oldest_go_and_the_reader_stays(&ana, &mut bob).await?;
        ana.driver().find(By::Id("news")).await?.click().await?;
        at_end(&ana, LINES + 3 + MORE).await
    })
    .await
}

/// Lines come in, and between them keys are pressed. The median of what a key takes.
async fn talk_and_type(page: &Page, bob: &mut Terminal) -> Result<f64> {
    let composer = page.driver().find(By::Id("composer")).await?;
    let mut typed = String::new();
    for burst in 0..LINES / BURST {
        send(bob, "line", burst * BURST + 1..=(burst + 1) * BURST).await?;
        composer.send_keys("x").await?;
        typed.push('x');
    }
    page.returns("return document.querySelector('#composer').value", typed).await?;
    median(page, LINES / BURST).await
}

/// Many lines at once.
async fn send(nc: &mut Terminal, word: &str, numbers: RangeInclusive<u64>) -> Result<()> {
    let lines: Vec<String> = numbers.map(|number| format!("{word} {number}")).collect();
    nc.say(&lines.join("\n")).await
}

async fn type_keys(page: &Page, text: &str) -> Result<f64> {
    page.run("window.keys = []; document.querySelector('#composer').value = ''").await?;
    page.driver().find(By::Id("composer")).await?.send_keys(text).await?;
    page.returns("return document.querySelector('#composer').value", text).await?;
    median(page, text.chars().count() as u64).await
}

async fn median(page: &Page, count: u64) -> Result<f64> {
    page.returns("return window.keys.length", count).await?;
    let mut times: Vec<f64> = serde_json::from_value(page.run("return window.keys").await?)?;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

async fn look(page: &Page) -> Result<Look> {
    Ok(serde_json::from_value(page.run(LOOK).await?)?)
}

/// Waits until the last row is this, in sight, with nothing new beside it and not too many above it.
async fn at_end(page: &Page, last: u64) -> Result<()> {
    eventually("the end", async || {
        let look = look(page).await?;
        let there = look.last == last && look.below < 2.0 && look.news.is_empty();
        ensure!(there && look.rows <= DRAWN, "{look:?}");
        Ok(())
    })
    .await
}

/// Goes up as far as it goes, each time with what one looked at in its place.
async fn read_to_the_first(page: &Page) -> Result<u32> {
    let mut steps = 0;
    loop {
        let now = look(page).await?;
        if now.first == 1 && !now.older {
            return Ok(steps);
        }
        ensure!(now.older, "there is nothing older to be asked for: {now:?}");
        let moved = page.driver().execute(OLDER, vec![json!(10_000)]).await?;
        let moved = moved.json().as_f64().unwrap_or(-1.0);
        ensure!(moved >= 0.0, "nothing older comes above {now:?}");
        ensure!(moved < STEADY, "what one looked at moves by {moved} px when older rows come above {now:?}");
        ensure!(now.rows <= DRAWN, "{now:?}");
        steps += 1;
    }
}

/// More come than the page keeps, while one reads in the middle.
async fn the_oldest_go_and_the_reader_stays(page: &Page, bob: &mut Terminal) -> Result<()> {
    let place = "return window.middle.getBoundingClientRect().top";
    page.run("window.middle = document.querySelectorAll('[data-row=\"said\"]')[150]; middle.scrollIntoView()").await?;
    let before = page.run(place).await?.as_f64();
    send(bob, "more", 1..=MORE).await?;
    page.returns("return document.querySelector('#news')?.textContent ?? ''", format!("{MORE} new")).await?;
    let look = look(page).await?;
    let moved = page.run(place).await?.as_f64().zip(before).map_or(f64::MAX, |(after, before)| (after - before).abs());
    ensure!(moved < STEADY, "what one looks at moves by {moved} px when more come: {look:?}");
    Ok(())
}

/// Three words come while one reads further up: the page tells, and leads back to the end.
async fn news_take_back(page: &Page, bob: &mut Terminal, last: u64) -> Result<()> {
    let place = "return document.querySelector('.log').scrollTop";
    let before = page.run(place).await?;
    for word in ["one", "two", "three"] {
        bob.say(word).await?;
    }
    page.returns("return document.querySelector('#news')?.textContent ?? ''", "3 new").await?;
    let after = page.run(place).await?;
    ensure!(before == after, "news move the reader from {before} to {after}");
    page.driver().find(By::Id("news")).await?.click().await?;
    at_end(page, last).await
}
