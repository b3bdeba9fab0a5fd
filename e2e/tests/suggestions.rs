//! What a word may become is shown while it is written, and taken only by who wants it.

use anyhow::Result;
use commonroom_e2e::{Binary, Page, Terminal, browse};
use serde_json::json;
use thirtyfour::{By, Key};

const WRITTEN: &str = "return document.querySelector('#composer').value";
const SHOWN: &str =
    "return [...document.querySelectorAll('#suggestions [role=option]')].map((option) => option.textContent)";
/// Whether the last of them is in the list's window.
const IN_SIGHT: &str = "const list = document.querySelector('#suggestions').getBoundingClientRect();
    const { bottom } = document.querySelector('#suggestions li:last-child').getBoundingClientRect();
    return list.top >= 0 && bottom <= list.bottom;";
const FOCUS: &str = "return document.activeElement.id";

#[tokio::test]
async fn an_emoji_is_found_by_its_name_and_everybody_sees_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        ana.returns("return performance.getEntriesByName(`${origin}/text/emoji.txt`).length", 0).await?;
        press(&ana, ":smil").await?;
        ana.returns(&format!("{SHOWN}.slice(0, 2)"), json!(["😄 :smile:", "😃 :smiley:"])).await?;
        press(&ana, Key::Down + Key::Down).await?;
        press(&ana, Key::Enter + "").await?;
        ana.returns(WRITTEN, "😃 ").await?;
        ana.say("and :heart:, but `:heart:`").await?;
        bob.until("<ana> 😃 and ❤️, but `:heart:`").await?;
        ana.until("the same", |seen| seen.has("<ana> 😃 and ❤️, but :heart:")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn enter_sends_what_was_written_where_nothing_was_chosen() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        press(&ana, "ok :)").await?;
        ana.returns(SHOWN, json!([])).await?;
        press(&ana, Key::Enter + "").await?;
        bob.until("<ana> ok :)").await?;
        press(&ana, "ask @bo").await?;
        ana.returns(SHOWN, json!(["@bob"])).await?;
        press(&ana, Key::Enter + "").await?;
        bob.until("<ana> ask @bo").await?;
        ana.returns(SHOWN, json!([])).await
    })
    .await
}

#[tokio::test]
async fn a_tap_takes_one_and_an_input_method_is_left_alone() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let _bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        press(&ana, "/jo").await?;
        ana.returns(SHOWN, json!(["/join"])).await?;
        ana.driver().find(By::Id("suggestion-0")).await?.click().await?;
        ana.returns(WRITTEN, "/join ").await?;
        ana.returns(FOCUS, "composer").await?;
        press(&ana, Key::Backspace + Key::Backspace).await?;
        ana.returns(SHOWN, json!(["/join"])).await?;
        press(&ana, Key::Escape + "").await?;
        ana.returns(SHOWN, json!([])).await?;
        press(&ana, Key::Control + "a").await?;

        let compose = json!({ "text": "@bo", "selectionStart": 3, "selectionEnd": 3 });
        ana.cdp("Input.imeSetComposition", compose).await?;
        ana.returns(WRITTEN, "@bo").await?;
        ana.returns(SHOWN, json!([])).await?;
        ana.cdp("Input.insertText", json!({ "text": "@b" })).await?;
        ana.returns(WRITTEN, "@b").await?;
        press(&ana, "o").await?;
        ana.returns(SHOWN, json!(["@bob"])).await
    })
    .await
}

#[tokio::test]
async fn in_a_low_window_the_chosen_one_is_in_sight() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        page.resize(360, 400).await?;
        press(&page, "/").await?;
        page.returns(IN_SIGHT, false).await?;
        press(&page, Key::Up + "").await?;
        page.returns(IN_SIGHT, true).await?;
        page.returns("return document.querySelector('[aria-selected=true]').textContent", "/help").await
    })
    .await
}

async fn press(page: &Page, keys: impl Into<thirtyfour::TypingData>) -> Result<()> {
    Ok(page.driver().find(By::Id("composer")).await?.send_keys(keys).await?)
}
