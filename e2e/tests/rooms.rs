//! A room is a place of its own, and its address is its name.

use anyhow::Result;
use commonroom_e2e::{Binary, Terminal, browse};

#[tokio::test]
async fn what_is_said_in_one_room_is_not_seen_in_another() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let mut ci = program(&server, "ops", "ci").await?;
        let ops = browser.open(&server.url("/r/ops")).await?;
        let lobby = browser.open(&server.url("/")).await?;
        ops.call_me("ana").await?;
        lobby.call_me("ana").await?;

        ops.say("deploy?").await?;
        ci.say(r#"{"t":"say","cid":"1","text":"deployed"}"#).await?;
        let seen = ops.until("the answer", |seen| seen.has("<ci> deployed")).await?;
        assert_eq!((seen.title.as_str(), seen.texts("said")), ("ops · Commonroom", vec!["deploy?", "deployed"]));
        assert_eq!(seen.people, ["ci bot", "ana you"]);

        // Whatever had strayed into the lobby would stand before this.
        bob.say("anybody?").await?;
        let seen = lobby.until("bob's words", |seen| seen.has("<bob> anybody?")).await?;
        assert_eq!((seen.title.as_str(), seen.texts("said")), ("lobby · Commonroom", vec!["anybody?"]));
        lobby.say("me").await?;
        bob.until("<ana> me").await?;
        assert_eq!((bob.count("deploy"), bob.count("joined (api)")), (0, 0));
        assert_eq!(ops.see().await?.texts("said").len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_room_may_have_a_chinese_name() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let typed = browser.open(&server.url("/r/上课")).await?;
        typed.call_me("老王").await?;
        let copied = browser.open(&server.url("/r/%E4%B8%8A%E8%AF%BE")).await?;
        copied.call_me("小李").await?;
        typed.say("下课了").await?;
        let seen = copied.until("the words", |seen| seen.has("<老王> 下课了")).await?;
        assert_eq!(seen.title, "上课 · Commonroom");
        assert_eq!(seen.people, ["老王 web", "小李 you"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_in_capitals_or_with_a_slash_leads_to_the_same_room() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut ci = program(&server, "ops", "ci").await?;
        let page = browser.open(&server.url("/r/OPS/")).await?;
        ci.say(r#"{"t":"say","cid":"1","text":"here"}"#).await?;
        page.until("the words", |seen| seen.has("<ci> here") && seen.title == "ops · Commonroom").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_that_names_no_room_says_so() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/r/a%20b")).await?;
        page.until("the end of its attempts", |seen| seen.state == "stopped").await?;
        let said = page.run("return document.querySelector('[role=alert]').textContent").await?;
        assert!(said.as_str().is_some_and(|said| said.contains("does not name a room")), "{said}");
        Ok(())
    })
    .await
}

/// A program that speaks JSON lines through nc, and is in the room.
async fn program(server: &Binary, room: &str, nick: &str) -> Result<Terminal> {
    let mut nc = Terminal::nc(server.tcp)?;
    let client = format!("{nick}-of-the-tests");
    nc.say(&format!(r#"{{"t":"hello","v":1,"room":"{room}","nick":"{nick}","client":"{client}"}}"#)).await?;
    nc.until(r#"{"t":"live","head":0}"#).await?;
    Ok(nc)
}
