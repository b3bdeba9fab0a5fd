//! What one chooses and writes on the page stays, and is not sent before it is meant to be.

use anyhow::Result;
use commonroom_e2e::{Binary, Page, Terminal, browse};
use serde_json::json;
use thirtyfour::{By, Key};

/// What the root element says of the page's looks, and what a button says of its language.
const LOOKS: &str = "const { dataset, lang } = document.documentElement;
    return [dataset.theme ?? '', lang, document.querySelector('#send').textContent].join(' ');";
const WRITTEN: &str = "return document.querySelector('#composer').value";

#[tokio::test]
async fn colours_and_language_stay_over_a_reload() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        page.returns(LOOKS, " en Send").await?;
        click(&page, "theme").await?;
        page.driver().find(By::Css("#language option[lang=zh-CN]")).await?.click().await?;
        page.returns(LOOKS, "dark zh-CN 发送").await?;
        page.driver().refresh().await?;
        page.connected().await?;
        page.returns(LOOKS, "dark zh-CN 发送").await?;
        let paper = page.run("return getComputedStyle(document.body).backgroundColor").await?;
        assert_eq!(paper, "rgb(19, 20, 22)");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_draft_stays_over_a_reload_and_goes_when_it_is_sent() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        let composer = page.driver().find(By::Id("composer")).await?;
        composer.send_keys("half a tho").await?;
        page.driver().refresh().await?;
        page.connected().await?;
        page.returns(WRITTEN, "half a tho").await?;
        page.say("ught").await?;
        page.until("the whole thought", |seen| seen.texts("said") == ["half a thought"]).await?;
        page.driver().refresh().await?;
        page.connected().await?;
        page.returns(WRITTEN, "").await?;
        page.driver().find(By::Id("composer")).await?.send_keys(Key::Up + "").await?;
        page.returns(WRITTEN, "half a thought").await
    })
    .await
}

#[tokio::test]
async fn tab_completes_a_name_and_leaves_the_composer_where_there_is_none() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let _bob = Terminal::join(server.tcp, "bob").await?;
        let page = browser.open(&server.url("/")).await?;
        page.until("bob", |seen| seen.people.contains(&"bob nc".to_owned())).await?;
        let composer = page.driver().find(By::Id("composer")).await?;
        composer.send_keys("bo" + Key::Tab).await?;
        page.returns(WRITTEN, "bob: ").await?;
        composer.send_keys(Key::Tab + "").await?;
        page.returns("return document.activeElement.id", "send").await
    })
    .await
}

/// An input method takes Enter for itself while it composes: what it composes is not sent by it.
#[tokio::test]
async fn enter_while_composing_does_not_send() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        click(&page, "composer").await?;
        let tools = page.driver().cdp();
        let compose = json!({ "text": "ni hao", "selectionStart": 6, "selectionEnd": 6 });
        tools.send_raw("Input.imeSetComposition", compose).await?;
        page.returns(WRITTEN, "ni hao").await?;
        for kind in ["rawKeyDown", "keyUp"] {
            let enter = json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13 });
            tools.send_raw("Input.dispatchKeyEvent", enter).await?;
        }
        tools.send_raw("Input.insertText", json!({ "text": "你好" })).await?;
        page.returns(WRITTEN, "你好").await?;
        // Had it been sent, it would be before this.
        page.say("!").await?;
        page.until("one message", |seen| seen.texts("said") == ["你好!"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_name_is_changed_in_its_place_and_a_refusal_is_said_there() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let _bob = Terminal::join(server.tcp, "bob").await?;
        let page = browser.open(&server.url("/")).await?;
        let seen = page.connected().await?;
        click(&page, "me").await?;
        rename(&page, "bob").await?;
        let error = "return document.querySelector('#nick-error')?.textContent ?? ''";
        page.returns(error, "somebody here has that name").await?;
        assert_eq!(page.see().await?.texts("notice"), seen.texts("notice"), "the log says it too");
        rename(&page, "ana").await?;
        page.until("the new name", |seen| seen.people.contains(&"ana you".to_owned())).await?;
        page.returns("return document.querySelector('#me')?.textContent ?? ''", "ana").await?;

        click(&page, "me").await?;
        page.driver().find(By::Id("nick")).await?.send_keys("zed" + Key::Escape).await?;
        page.returns("return document.activeElement.id", "me").await?;
        assert!(page.see().await?.people.contains(&"ana you".to_owned()));
        Ok(())
    })
    .await
}

async fn rename(page: &Page, nick: &str) -> Result<()> {
    let field = page.driver().find(By::Id("nick")).await?;
    field.clear().await?;
    Ok(field.send_keys(nick + Key::Enter).await?)
}

async fn click(page: &Page, id: &str) -> Result<()> {
    Ok(page.driver().find(By::Id(id)).await?.click().await?)
}
