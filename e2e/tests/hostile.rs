//! Names and texts of somebody who means harm: they are shown as they are, in their place, and nothing else comes of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Page, Terminal, browse, eventually};
use serde::Deserialize;
use serde_json::{Value, json};

/// Names that the server takes: no HTML there, as names have no angle brackets, but much else.
const NAMES: [&str; 9] = [
    "王王王王王王王王王王王王王王王王",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "\"onmouseover='xss=1'\"",
    "&lt;script&gt;xss=1",
    "javascript&colon;xss=1",
    "שלום-מוחמד-محمد",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "z\u{336}\u{353}a\u{330}\u{30d}l\u{31b}\u{34e}g\u{489}\u{359}o",
    "${xss=1}{{xss=1}}",
];
/// Names that it does not.
const NO_NAMES: [&str; 4] = ["<img", "\u{202e}nimda", "a\u{200b}na", "z\u{336}\u{353}\u{330}\u{30d}"];
/// What runs if any of it is taken for HTML or for a script.
const TEXTS: [&str; 18] = [
    "<img src=x onerror=window.xss=1>",
    "</script><script>window.xss=1</script>",
    "</p></div></main><svg onload=window.xss=1><style>*{display:none}</style>",
    "<iframe srcdoc='<script>top.xss=1</script>'></iframe><base href=//evil.example>",
    "&lt;img src=x onerror=window.xss=1&gt; &#60;b&#62; &amp;amp;",
    "javascript:window.xss=1 JaVaScRiPt:window.xss=1 data:text/html,<script>window.xss=1</script> vbscript:x",
    "https://example.org/\"onmouseover=\"window.xss=1 and https://example.org/'onclick='window.xss=1",
    "https://example.org/javascript:window.xss=1 http://user:pass@evil.example:1/?q=%22%3E%3Cscript%3E#<b>",
    "http://[::1]:1/ https:// http:/// mailto: mailto:a@b?subject=<script>",
    "\u{202e}.exe.txt\u{202c} \u{2067}right \u{2066}left\u{2069} never closed \u{202b}\u{202b}\u{202b}",
    "a\u{200b}b\u{2060}c\u{feff}d\u{ad}e\u{200e}f\u{200f}g",
    "שלום עולם, this is https://example.org/שלום and مرحبا بالعالم 123",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 🏳\u{fe0f}\u{200d}🌈 👍🏿 🇪🇸 1\u{fe0f}\u{20e3}",
    "\u{1b}[31mred\u{1b}[0m \u{7}bell \u{8}\u{8}\u{8} \u{9b}2J",
    "﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽",
    "${window.xss=1} {{window.xss=1}} #{window.xss=1} \\u003cscript\\u003e %3Cscript%3E",
    "constructor __proto__ toString hasOwnProperty",
    "* bob joined (nc)",
];
const WIDTHS: [u32; 4] = [320, 360, 768, 2560];

/// Every row of what was said, and what stands in it.
const ROWS: &str = r#"
    const shown = new Set(["div", "span", "p", "blockquote", "pre", "code", "a", "b", "i", "time", "button"]);
    const strange = (node) => !shown.has(node.localName)
        || [...node.attributes].some(({ name }) => name.startsWith("on") || name === "style" || name === "src")
        || (node.localName === "a" && !(/^(https?:\/\/|mailto:)./.test(node.getAttribute("href"))
            && node.textContent === node.getAttribute("href") && node.dir === "ltr"));
    return [...document.querySelectorAll('[data-row="said"]')].map((row) => ({
        seq: Number(row.dataset.seq),
        label: row.getAttribute("aria-label"),
        text: row.querySelector(".what").textContent,
        strange: [...row.querySelectorAll("*")].filter(strange).map((node) => node.outerHTML),
    }));"#;

/// What does not stand where it should, on a screen of this width.
const MISPLACED: &str = r##"
    const faults = [];
    const fault = (what, node, more) => faults.push(`${what}: ${node.outerHTML.slice(0, 200)} ${JSON.stringify(more ?? "")}`);
    const width = window.innerWidth;
    const root = document.documentElement;
    if (root.scrollWidth > width) fault("the page scrolls sideways", root, root.scrollWidth);
    const log = document.querySelector(".log");
    if (log.scrollWidth > log.clientWidth) fault("the log scrolls sideways", log.cloneNode(), [log.scrollWidth, log.clientWidth]);
    const inside = log.getBoundingClientRect();
    const least = Math.min(240, 0.6 * log.clientWidth);
    for (const row of document.querySelectorAll("[data-row]")) {
        const what = row.querySelector(".what") ?? row;
        const box = what.getBoundingClientRect();
        if (box.left < inside.left - 1 || box.right > inside.right + 1) fault("words stand outside the log", row, box);
        if (what.scrollWidth > what.clientWidth + 1) fault("words do not fit their place", row, [what.scrollWidth, what.clientWidth]);
        if (what !== row && what.parentElement.getBoundingClientRect().width < least) fault("a narrow row", row, box);
        const who = row.querySelector(".who .n");
        if (!who || !who.getClientRects().length) continue;
        const name = who.getBoundingClientRect();
        if (name.left < inside.left - 1 || name.right > inside.right + 1) fault("a name stands outside the log", row, name);
        const beside = name.top < box.bottom - 1 && name.bottom > box.top + 1;
        if (beside && name.right > box.left + 1 && name.left < box.right - 1) fault("a name stands on the words", row, [name, box]);
        const space = document.createRange();
        space.selectNodeContents(what);
        const words = space.getBoundingClientRect();
        if (words.width < 1 || words.height < 1) fault("nothing to see", row, words);
    }
    for (const id of ["#composer", "#send", "#theme", "#language", ".pill", "#me", "h1"]) {
        const node = document.querySelector(id);
        if (!node || !node.getClientRects().length) continue;
        const box = node.getBoundingClientRect();
        const seen = box.left >= -1 && box.right <= width + 1 && box.top >= -1 && box.bottom <= window.innerHeight + 1;
        if (!seen) fault("a control out of reach", node, box);
    }
    return faults;"##;

/// A row as the page has it.
#[derive(Debug, Deserialize)]
struct Drawn {
    seq: u64,
    label: String,
    text: String,
    strange: Vec<String>,
}

#[tokio::test]
async fn whatever_is_said_is_shown_as_it_is_and_nothing_else_comes_of_it() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start_with(&["--burst", "0"]).await?;
        let mut witness = program(&server, "witness").await?;
        let ana = browser.blank("en-US").await?;
        ana.keep_blame().await?;
        ana.driver().goto(server.url("/")).await?;
        ana.call_me(NAMES[0]).await?;

        let mut crowd = crowd(&server).await?;
        let texts = texts();
        for (number, text) in texts.iter().enumerate() {
            let speaker = &mut crowd[number % (NAMES.len() - 1)];
            speaker.say(text).await?;
            speaker.say("/ping").await?;
            speaker.until("* pong").await?;
        }
        let many = "line\n".repeat(99) + "line";
        let lines = json!({ "t": "say", "cid": "1", "text": many });
        witness.say(&lines.to_string()).await?;
        ana.put(TEXTS[0]).await?;

        let total = texts.len() + 2;
        let said = heard(&mut witness, total).await?;
        ana.until("all of it", |seen| seen.texts("said").len() == total).await?;
        shows_what_was_said(&ana, &said).await?;
        for name in NAMES {
            ana.until("everybody", |seen| seen.people.iter().any(|one| one.starts_with(name))).await?;
        }
        for width in WIDTHS {
            fits(&ana, width).await?;
        }
        nothing_came_of_it(&ana).await?;

        server.kill().await?;
        ana.until("the break", |seen| seen.state == "waiting").await?;
        fits(&ana, 320).await?;

        // A sheet that lets long words run on would not pass.
        ana.run("document.styleSheets[0].insertRule('.what { overflow-wrap: normal !important }')").await?;
        ensure!(!misplaced(&ana).await?.is_empty(), "whatever stands where, nothing is misplaced");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_hostile_address_runs_nothing() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.keep_blame().await?;
        for address in [
            "/r/%3Cimg%20src=x%20onerror=window.xss=1%3E",
            "/r/%22%3E%3Cscript%3Ewindow.xss=1%3C%2Fscript%3E",
            "/r/%E2%80%AEnimda",
            "/?x=%3Cscript%3Ewindow.xss=1%3C/script%3E#<img src=x onerror=window.xss=1>",
        ] {
            page.driver().goto(server.url(address)).await?;
            page.until("its end or its beginning", |seen| ["stopped", "connected"].contains(&&*seen.state)).await?;
            fits(&page, 320).await?;
            nothing_came_of_it(&page).await.with_context(|| address.to_owned())?;
        }
        // A page on which a script has run, and one that is too wide, would not pass.
        page.run("window.xss = 1").await?;
        assert!(nothing_came_of_it(&page).await.is_err());
        page.run("document.querySelector('.log').append('x'.repeat(4000))").await?;
        assert!(!misplaced(&page).await?.is_empty());
        Ok(())
    })
    .await
}

/// Everybody of [`NAMES`] but the first, who is on the page. Each has tried every one of [`NO_NAMES`].
async fn crowd(server: &Binary) -> Result<Vec<Terminal>> {
    let mut crowd = Vec::new();
    for name in &NAMES[1..] {
        let mut nc = Terminal::nc(server.tcp)?;
        nc.until("-- live --").await?;
        for bad in NO_NAMES {
            nc.say(&format!("/nick {bad}")).await?;
            let line = nc.line().await?;
            ensure!(line.starts_with("! "), "{bad:?} is taken for a name: {line}");
        }
        nc.say(&format!("/nick {name}")).await?;
        let line = nc.line().await?;
        ensure!(line.starts_with("* you are now "), "{name:?}: {line}");
        crowd.push(nc);
    }
    Ok(crowd)
}

/// All that is said: what might run, and what might not fit.
fn texts() -> Vec<String> {
    let tower = "\u{336}\u{353}\u{330}\u{30d}\u{31b}\u{34e}\u{489}\u{359}".repeat(6);
    let long = [
        "W".repeat(4096),
        "王".repeat(1365),
        format!("https://example.org/{}", "a".repeat(4076)),
        format!("`{}`", "m".repeat(4000)),
        format!("z{tower}a{tower}l{tower}go"),
        "\u{202b}ש".repeat(800),
        "`a` ".repeat(1000).trim_end().to_owned(),
        "\t".repeat(500) + "far",
    ];
    TEXTS.into_iter().map(str::to_owned).chain(long).collect()
}

/// A program that speaks JSON lines through nc, and is in the room.
async fn program(server: &Binary, nick: &str) -> Result<Terminal> {
    let mut nc = Terminal::nc(server.tcp)?;
    nc.say(&json!({ "t": "hello", "v": 1, "nick": nick, "client": "hostile-witness" }).to_string()).await?;
    nc.until(r#"{"t":"live","head":0}"#).await?;
    Ok(nc)
}

/// What the server has said that was said: who and what, by its place in the room's order.
async fn heard(witness: &mut Terminal, total: usize) -> Result<BTreeMap<u64, (String, String)>> {
    let mut said = BTreeMap::new();
    while said.len() < total {
        let frame: Value = serde_json::from_str(&witness.line().await?)?;
        if frame["t"] == "said" {
            let word = |field: &str| frame[field].as_str().map(str::to_owned).with_context(|| frame.to_string());
            said.insert(frame["seq"].as_u64().context("no seq")?, (word("from")?, word("text")?));
        }
    }
    Ok(said)
}

async fn shows_what_was_said(page: &Page, said: &BTreeMap<u64, (String, String)>) -> Result<()> {
    let rows: Vec<Drawn> = serde_json::from_value(page.run(ROWS).await?)?;
    for row in rows {
        ensure!(row.strange.is_empty(), "{:#?}", row.strange);
        let (from, text) = said.get(&row.seq).with_context(|| format!("nobody said {row:?}"))?;
        ensure!(row.label.starts_with(&format!("{from}, ")), "{} is not by {from}", row.label);
        ensure!(row.label.ends_with(&format!(": {text}")), "{} is not {text}", row.label);
        // Of these marks alone something is left out.
        ensure!(row.text.replace('`', "") == text.replace('`', ""), "{:?} is not {text:?}", row.text);
    }
    Ok(())
}

async fn fits(page: &Page, width: u32) -> Result<()> {
    page.resize(width, if width < 600 { 640 } else { 900 }).await?;
    eventually("everything in its place", async || {
        let faults = misplaced(page).await?;
        ensure!(faults.is_empty(), "at {width} px:\n{}", faults.join("\n"));
        Ok(())
    })
    .await
}

async fn misplaced(page: &Page) -> Result<Vec<String>> {
    Ok(serde_json::from_value(page.run(MISPLACED).await?)?)
}

async fn nothing_came_of_it(page: &Page) -> Result<()> {
    ensure!(page.run("return typeof window.xss").await? == "undefined", "a script has run");
    let strange =
        page.run("return document.querySelectorAll('img, iframe, base, object, embed, script[src=x]').length");
    ensure!(strange.await? == 0, "there are elements that are not the page's");
    let blamed = page.blame().await?;
    ensure!(blamed.is_empty(), "{blamed:#?}");
    Ok(())
}
