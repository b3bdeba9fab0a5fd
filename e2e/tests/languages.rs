//! The page in every language: chosen, asked for by the browser, missing, and in its place on the screen.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Page, Terminal, browse};
use serde_json::json;
use thirtyfour::By;

const WIDE: u32 = 1440;
const PHONE: u32 = 360;
/// What opens over the page, and what does so where there is no room for it; the first is the page itself.
const PANELS: [&str; 4] = ["main", "search", "join", "notify"];
const SIDES: [&str; 2] = ["rooms", "people"];
const TAGS: [&str; 10] = ["en", "zh-CN", "es", "fr", "de", "pt-BR", "ru", "ja", "ko", "ar"];
/// What the page says that it is, and what it says; without the marks that keep directions apart.
const SAYS: &str = "const { lang, dir } = document.documentElement;
    const { placeholder } = document.querySelector('#composer');
    return [lang, dir, placeholder.replace(/[\\u2068\\u2069]/g, '')].join(' | ');";
/// What index.html says of itself: without the program there is no picker.
const SHELL: &str = "const { lang, dir } = document.documentElement;
    return [lang, dir, !document.querySelector('#language')].join(' ');";
/// What is wider than its place, or stands outside of the screen.
const CUT: &str = "
    const seen = [...document.querySelectorAll('body *')]
        .filter((one) => one.checkVisibility() && !one.closest('.aloud, svg, option') && one.offsetWidth);
    const speaks = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const outside = ({ left, right }) => left < -1 || right > innerWidth + 1;
    const wide = (one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1;
    const cut = seen.filter((one) => outside(one.getBoundingClientRect()) || (speaks(one) && wide(one)));
    if (wide(document.documentElement)) cut.push(document.documentElement);
    return cut.map((one) => `${one.localName}.${one.className}#${one.id} ${one.scrollWidth}/${one.clientWidth}: `
        + one.textContent.slice(0, 60));";

#[tokio::test]
async fn each_language_is_there_when_it_is_picked_and_after_a_reload() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        for tag in TAGS {
            pick(&page, tag).await?;
            page.driver().refresh().await?;
            page.connected().await?;
            page.returns(SAYS, said_by(tag)?).await.with_context(|| format!("{tag} after a reload"))?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_browser_is_answered_in_the_first_of_its_languages_that_there_is() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open_in("eo,fr-CA,en", &server.url("/")).await?;
        page.connected().await?;
        page.returns("return navigator.languages", json!(["eo", "fr-CA", "en"])).await?;
        page.returns(SAYS, said_by("fr")?).await
    })
    .await
}

/// Or somebody who reads from right to left would see all of it turn round.
#[tokio::test]
async fn the_page_has_its_direction_before_the_program_is_there() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("ar").await?;
        block(&page, &["*.wasm"]).await?;
        page.driver().goto(server.url("/")).await?;
        page.returns(SHELL, "ar rtl true").await
    })
    .await
}

#[tokio::test]
async fn a_language_that_does_not_come_leaves_english_and_can_be_picked_again() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("ar").await?;
        block(&page, &["*/text/ar.txt", "*/text/fr.txt"]).await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.returns(SAYS, said_by("en")?).await?;
        page.say("it works").await?;
        page.until("what was said", |seen| seen.texts("said") == ["it works"]).await?;
        let picker = "return document.querySelector('#language').value";
        page.driver().find(By::Css("option[value=fr]")).await?.click().await?;
        page.returns(picker, "en").await?;
        page.returns(SAYS, said_by("en")?).await?;
        block(&page, &[]).await?;
        pick(&page, "fr").await?;
        page.returns(picker, "fr").await
    })
    .await
}

#[tokio::test]
async fn nothing_is_cut_off_in_any_language() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let page = browser.open(&server.url("/")).await?;
        page.call_me("ana").await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        bob.say("morning\n/msg ana psst").await?;
        for line in ["/help", "/rooms", "/frobnicate", "/hlep", "/nick", "/msg nobody hello"] {
            page.put(line).await?;
        }
        page.until("all answers", |seen| seen.rows.len() > 8).await?;
        for tag in TAGS {
            // On a phone the picker is folded away.
            page.resize(WIDE, 800).await?;
            pick(&page, tag).await?;
            for (width, sheets) in [(WIDE, PANELS.as_slice()), (PHONE, &[PANELS.as_slice(), &SIDES].concat())] {
                page.resize(width, 800).await?;
                for sheet in sheets {
                    sheet_fits(&page, sheet).await.with_context(|| format!("{tag}, {width} px, {sheet}"))?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Picks a language, and waits until the page is in it.
async fn pick(page: &Page, tag: &str) -> Result<()> {
    page.driver().find(By::Css(format!("#language option[value='{tag}']"))).await?.click().await?;
    page.returns(SAYS, said_by(tag)?).await.with_context(|| tag.to_owned())
}

/// What [`SAYS`] finds in the lobby of a page in this language, by the language's file.
fn said_by(tag: &str) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("frontend").join("text");
    let file = fs::read_to_string(folder.join(tag).with_extension("txt"))?;
    let words = |key: &str| {
        let line = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.with_context(|| format!("{tag} has no {key}"))
    };
    Ok([words("lang")?, words("dir")?, &words("say_something")?.replace("{room}", "lobby")].join(" | "))
}

/// Nothing of these addresses comes to the page.
async fn block(page: &Page, addresses: &[&str]) -> Result<()> {
    page.cdp("Network.enable", json!({})).await?;
    page.cdp("Network.setBlockedURLs", json!({ "urls": addresses })).await
}

/// Everything is in its place, also while this is open.
async fn sheet_fits(page: &Page, id: &str) -> Result<()> {
    page.run(&format!("document.querySelector('#{id}[popover]')?.showPopover()")).await?;
    page.returns(CUT, json!([])).await?;
    page.run(&format!("document.querySelector('#{id}[popover]')?.hidePopover()")).await.map(drop)
}
