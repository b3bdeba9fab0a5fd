//! One writes before the program is there: index.html's own composer takes what is typed and sent, and the program goes on
//! with it.

use anyhow::Result;
use commonroom_e2e::{Binary, Browser, Page, Terminal, browse};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

/// Keeps the program from coming until `release()`.
const HELD: &str = "{
    const go = new Promise((done) => window.release = done);
    const real = fetch;
    window.fetch = async (what, ...more) => {
        if (/[.]wasm$/.test(what.url ?? what)) await go;
        return real(what, ...more);
    };
}";
/// What is being written: in whose text area, the text, the selection, and whether it has the focus.
const WRITING: &str = "const area = document.querySelector('#early textarea') ?? document.querySelector('#composer');
    return [area.id, area.value, area.selectionStart, area.selectionEnd, document.activeElement === area];";
const WAITING: &str = "return [...document.querySelectorAll('#early p')].map((row) => row.textContent)";
const DRAFT: &str = "return sessionStorage['draft/lobby']";

#[tokio::test]
async fn what_is_written_before_the_program_is_there_is_gone_on_with() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let page = held(browser, &server, "/").await?;
        type_into(&page, "/nick ana" + Key::Enter).await?;
        type_into(&page, "one" + Key::Enter).await?;
        type_into(&page, "two" + Key::Shift + Key::Enter + Key::Null + "lines" + Key::Enter).await?;
        type_into(&page, "half a thought" + Key::Left + Key::Left + Key::Shift + Key::Left + Key::Left).await?;
        page.returns(WAITING, json!(["/nick ana", "one", "two\nlines"])).await?;
        page.returns(WRITING, json!(["", "half a thought", 10, 12, true])).await?;

        page.run("release()").await?;
        page.until("what was sent, once", |seen| {
            seen.said() == ["<ana> one", "<ana> two\nlines"] && seen.texts("pending").is_empty()
        })
        .await?;
        page.returns(WRITING, json!(["composer", "half a thought", 10, 12, true])).await?;
        page.returns(DRAFT, "half a thought").await?;
        page.returns("return window.blame", json!([])).await?;
        bob.say("/ping").await?;
        bob.until("* pong").await?;
        assert_eq!((bob.count("<ana> one"), bob.count("<ana> two")), (1, 1));
        page.say("three").await?;
        bob.until("<ana> half a thothreeht").await.map(drop)
    })
    .await
}

/// The words come with the page's language, before the program.
#[tokio::test]
async fn it_has_a_name_and_words_before_the_program_is_there() -> Result<()> {
    const WORDS: &str = "const area = document.querySelector('#early textarea');
        return [area.ariaLabel, area.placeholder, document.querySelector('#early button').textContent]";
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = held(browser, &server, "/r/Ops/").await?;
        page.returns(WORDS, json!(["Message ops", "Say something to ops", "Send"])).await?;
        page.driver().find(By::Css("#early textarea")).await?.send_keys("hello").await?;
        page.driver().find(By::Css("#early button")).await?.click().await?;
        page.returns(WAITING, json!(["hello"])).await?;
        page.run("release()").await?;
        page.until("what was sent", |seen| seen.texts("said") == ["hello"]).await.map(drop)
    })
    .await
}

/// What cannot be done comes back to be mended, before what is being written, and what follows it is sent all the same.
#[tokio::test]
async fn a_mistake_comes_back_to_be_mended() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = held(browser, &server, "/").await?;
        type_into(&page, "/serch x" + Key::Enter).await?;
        type_into(&page, "one" + Key::Enter).await?;
        type_into(&page, "rest".into()).await?;
        page.run("release()").await?;
        page.until("what was sent", |seen| seen.texts("said") == ["one"]).await?;
        page.returns(WRITING, json!(["composer", "/serch x\nrest", 13, 13, true])).await
    })
    .await
}

/// An input method composes: its text area stays until it is done, and the program waits for nothing else.
#[tokio::test]
async fn a_composition_goes_on_while_the_program_starts() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = held(browser, &server, "/").await?;
        page.run("document.querySelector('#early textarea').focus()").await?;
        compose(&page, "ni").await?;
        page.run("release()").await?;
        page.connected().await?;
        compose(&page, "nihao").await?;
        page.returns(WRITING, json!(["", "nihao", 5, 5, true])).await?;
        page.cdp("Input.insertText", json!({ "text": "你好" })).await?;
        page.returns(WRITING, json!(["composer", "你好", 2, 2, true])).await?;
        type_into(&page, Key::Enter.into()).await?;
        page.until("what was composed", |seen| seen.texts("said") == ["你好"]).await.map(drop)
    })
    .await
}

/// A draft from before a reload stands there at once, and what was sent to a program that never came is not lost.
#[tokio::test]
async fn a_reload_keeps_the_draft_and_what_was_sent() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = held(browser, &server, "/").await?;
        type_into(&page, "one" + Key::Enter).await?;
        type_into(&page, "rest".into()).await?;
        page.driver().refresh().await?;
        page.returns(WRITING, json!(["", "one\nrest", 8, 8, true])).await?;
        page.run("release()").await?;
        page.connected().await?;
        page.returns(WRITING, json!(["composer", "one\nrest", 8, 8, true])).await
    })
    .await
}

/// What waits for a connection is never said in another room: it is the first room's draft.
#[tokio::test]
async fn what_waits_stays_with_its_room() -> Result<()> {
    const MUTE: &str = "WebSocket.prototype.send = () => {}";
    const GO: &str = "history.pushState(null, '', '/r/ops'); dispatchEvent(new PopStateEvent('popstate'))";
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = held(browser, &server, "/").await?;
        type_into(&page, "one" + Key::Enter).await?;
        page.run(MUTE).await?;
        page.run("release()").await?;
        page.until("a connection that is being made", |seen| seen.state == "connecting").await?;
        page.returns(WAITING, json!(["one"])).await?;
        page.run(GO).await?;
        page.in_room("ops").await?;
        page.returns(WRITING, json!(["composer", "", 0, 0, false])).await?;
        page.run("history.back()").await?;
        page.in_room("lobby").await?;
        page.returns(WRITING, json!(["composer", "one\n", 4, 4, true])).await
    })
    .await
}

/// A phone's keyboard does not come up by itself.
#[tokio::test]
async fn a_phone_has_no_focus_before_one_asks_for_it() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.cdp("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
        page.run_first(HELD).await?;
        page.driver().goto(server.url("/")).await?;
        page.returns(WRITING, json!(["", "", 0, 0, false])).await?;
        page.run("release()").await?;
        page.connected().await?;
        page.returns(WRITING, json!(["composer", "", 0, 0, false])).await
    })
    .await
}

/// A page whose program waits for `release()`.
async fn held(browser: &Browser, server: &Binary, path: &str) -> Result<Page> {
    let page = browser.blank("en-US").await?;
    page.keep_blame().await?;
    page.run_first(HELD).await?;
    page.driver().goto(server.url(path)).await?;
    Ok(page)
}

/// Presses keys where the focus is.
async fn type_into(page: &Page, keys: thirtyfour::TypingData) -> Result<()> {
    Ok(page.driver().active_element().await?.send_keys(keys).await?)
}

/// Composes this, as an input method does.
async fn compose(page: &Page, text: &str) -> Result<()> {
    let end: Value = text.len().into();
    page.cdp("Input.imeSetComposition", json!({ "text": text, "selectionStart": end, "selectionEnd": end })).await
}
