//! The page works without a complaint of the browser.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Terminal, browse, eventually};

#[tokio::test]
async fn the_page_loads_and_chats_without_an_error_or_a_violation() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let ana = browser.blank("en-US").await?;
        ana.keep_blame().await?;
        ana.driver().goto(server.url("/r/ops")).await?;
        ana.call_me("ana").await?;
        ana.say("/me waves").await?;
        ana.say("/nick operator").await?;
        ana.say("/nonsense").await?;
        ana.put("two\nlines").await?;
        ana.until("all of it", |seen| seen.texts("said").len() == 2 && seen.texts("notice").len() >= 3).await?;
        assert_eq!(ana.blame().await?, Vec::<String>::new());

        // A server that goes away is no error of the page's; only the browser itself says that it could not connect.
        assert!(server.stop("TERM").await?.status.success());
        ana.say("later").await?;
        server.start_again().await?;
        ana.until("its return", |seen| seen.state == "connected" && seen.has("<ana> later")).await?;
        let blamed = ana.blame().await?;
        assert!(blamed.iter().all(|line| line.contains("WebSocket connection to")), "{blamed:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_crowded_lobby_and_a_long_replay_load_without_an_error() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        for number in 1..=120 {
            bob.say(&format!("line {number} <b>&amp; https://example.org/{number}")).await?;
        }
        bob.say("/ping").await?;
        bob.until("* pong").await?;
        let ana = browser.blank("zh-CN").await?;
        ana.keep_blame().await?;
        ana.driver().goto(server.url("/")).await?;
        ana.connected().await?;
        ana.until("the replay", |seen| seen.texts("said").len() == 50).await?;
        ana.run("document.querySelector('#older').click()").await?;
        ana.until("the older ones", |seen| seen.texts("said").len() == 120).await?;
        assert_eq!(ana.blame().await?, Vec::<String>::new());
        Ok(())
    })
    .await
}

/// Without this the other tests would prove nothing.
#[tokio::test]
async fn what_a_page_may_not_do_is_noticed() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.blank("en-US").await?;
        page.keep_blame().await?;
        page.driver().goto(server.url("/")).await?;
        page.connected().await?;
        page.run(
            r#"const image = document.body.appendChild(document.createElement("img"));
            image.setAttribute("onerror", "alert(1)");
            image.src = "http://127.0.0.1:1/x.png";
            document.body.appendChild(document.createElement("style")).textContent = "body { color: red }";
            console.error("on purpose");"#,
        )
        .await?;
        let blamed = eventually("the blame", async || {
            let blamed = page.blame().await?;
            ensure!(blamed.iter().filter(|line| line.starts_with("policy: ")).count() >= 3, "{blamed:?}");
            Ok(blamed)
        })
        .await?;
        for directive in ["policy: img-src", "policy: style-src", "policy: script-src", "error: on purpose", "SEVERE"] {
            assert!(blamed.iter().any(|line| line.starts_with(directive)), "no {directive} in {blamed:#?}");
        }
        assert!(page.driver().get_alert_text().await.is_err());
        Ok(())
    })
    .await
}
