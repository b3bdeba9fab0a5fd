//! A server that asks for a password, as somebody at a browser has it.

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Door, Page, Pipe, Terminal, browse, eventually};
use commonroom_protocol::{ClientFrame, Hello, NoticeCode, ServerFrame};
use serde_json::json;

const CLOSED: [&str; 6] = ["--password", "open sesame", "--room-password", "ops=for ops", "--op-token", "operator's"];

/// Types a word where the page asks for one.
async fn give(page: &Page, word: &str) -> Result<()> {
    const GIVE: &str = "
        const [word] = arguments, field = document.querySelector('#password');
        field.value = word;
        field.form.requestSubmit();";
    eventually("a field for the password", async || asks(page).await?.then_some(()).context("it is not there")).await?;
    page.driver().execute(GIVE, vec![json!(word)]).await?;
    Ok(())
}

async fn asks(page: &Page) -> Result<bool> {
    Ok(page.run("return !!document.querySelector('#password')").await? == true)
}

async fn shows(page: &Page, words: &str) -> Result<()> {
    eventually(words, async || {
        let shown = page.run("return document.body.innerText").await?;
        ensure!(shown.as_str().unwrap_or_default().contains(words), "{shown}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_asks_until_it_is_right_and_a_reload_does_not_ask_again() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&CLOSED).await?;
        let page = browser.open(&server.url("/")).await?;
        shows(&page, "This server wants a password.").await?;
        ensure!(!page.run("return document.body.innerText").await?.to_string().contains("wrong password"));
        give(&page, "sesame").await?;
        shows(&page, "wrong password").await?;
        page.returns("return document.activeElement.id", "password").await?;
        let composer = "return document.querySelector('#composer').checkVisibility({ visibilityProperty: true })";
        page.returns(composer, false).await?;
        give(&page, "open sesame").await?;
        page.returns("return document.activeElement.id", "composer").await?;
        page.call_me("ana").await?;
        page.returns(composer, true).await?;
        ensure!(!asks(&page).await?, "it asks still");
        page.driver().refresh().await?;
        page.say("in again").await?;
        shows(&page, "in again").await?;
        // Another room with the server's password, and one with its own.
        page.say("/join garden").await?;
        page.say("in the garden").await?;
        shows(&page, "in the garden").await?;
        page.say("/join ops").await?;
        give(&page, "for ops").await?;
        page.say("in ops").await?;
        shows(&page, "in ops").await
    })
    .await
}

#[tokio::test]
async fn a_token_makes_an_operator_of_who_sits_at_a_browser() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--op-token", "operator's"]).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let page = browser.open(&server.url("/")).await?;
        page.call_me("ana").await?;
        page.say("/kick bob").await?;
        shows(&page, "only the operator").await?;
        page.say("/op operator's").await?;
        shows(&page, "you may moderate now").await?;
        page.say("/invite").await?;
        shows(&page, "anybody may come in: http://localhost").await?;
        page.say("/kick bob").await?;
        bob.until("* the operator has sent you away").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_log_says_who_has_moderated_and_has_no_secret_however_much_is_asked_of_it() -> Result<()> {
    let mut server =
        Binary::start_below(&["env", "RUST_LOG=warn,audit=info,tungstenite=trace,tokio_tungstenite=trace"], &CLOSED)
            .await?;
    let hello = Hello {
        client: "secret-of-the-client".to_owned(),
        nick: Some("olga".to_owned()),
        password: Some("open sesame".to_owned()),
        ..Hello::default()
    };
    let mut olga = Pipe::join(Door::Web(server.http), hello).await?;
    for line in ["/op operator's", "/lock", "/announce nobody's business"] {
        olga.send(&ClientFrame::Command { n: None, line: line.to_owned() }).await?;
        olga.until(|frame| matches!(frame, ServerFrame::Notice { code: NoticeCode::Done, .. })).await?;
    }
    let log = server.stop("TERM").await?.stderr;
    let line = log.lines().find(|line| line.contains("audit: lock room=lobby")).context("no lock in the log")?;
    for words in ["operator{nick=olga", "client=", "ip=127.0.0.1"] {
        ensure!(line.contains(words), "no {words} in {line}");
    }
    for secret in ["open sesame", "secret-of-the-client", "operator's", "business"] {
        ensure!(!log.contains(secret), "{secret:?} in {log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_room_has_one_password_and_the_print_says_which_have_their_own() -> Result<()> {
    let twice = [&CLOSED[..], &["--room-password", "ops=another"]].concat();
    let fault = Binary::start_with(&twice).await.err().context("it starts")?;
    ensure!(format!("{fault:#}").contains("--room-password is given twice for ops"), "{fault:#}");
    let server = Binary::start_with(&[&CLOSED[..], &["--room-password", "dev=for dev"]].concat()).await?;
    ensure!(server.print.contains("; rooms with a password of their own: dev, ops\n"), "{}", server.print);
    // A variable that says no is none.
    Binary::start_below(&["env", "COMMONROOM_TLS_ONLY=false"], &[]).await.map(drop)
}

#[tokio::test]
async fn an_invitation_is_a_link_that_opens_its_room() -> Result<()> {
    opens_its_room(&CLOSED, "/r/ops").await
}

#[tokio::test]
async fn an_invitation_leads_below_the_path_of_the_page() -> Result<()> {
    opens_its_room(&[&CLOSED[..], &["--base-path", "/chat"]].concat(), "/chat/r/ops").await
}

async fn opens_its_room(options: &[&str], path: &str) -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(options).await?;
        let mut operator = Terminal::nc(server.tcp)?;
        operator.until("* lobby asks for a password: type it and press Enter").await?;
        operator.say("open sesame").await?;
        operator.until("-- live --").await?;
        operator.say("/op operator's").await?;
        operator.until("* you may moderate now; /help tells what there is").await?;
        operator.say("/join ops").await?;
        operator.until("-- live --").await?;
        operator.say("/invite 10m").await?;
        let told = operator.line().await?;
        let link = told.strip_prefix("* good for 10 min: ").with_context(|| told.clone())?;
        let page = browser.open(link).await?;
        page.call_me("guest").await?;
        page.say("by invitation").await?;
        operator.until("<guest> by invitation").await?;
        let url = page.driver().current_url().await?;
        assert_eq!((url.path(), url.fragment()), (path, None), "who copies the address gives nothing away");
        Ok(())
    })
    .await
}
