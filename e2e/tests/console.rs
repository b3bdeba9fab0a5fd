//! The page works without a complaint of the browser.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Page, Terminal, browse, eventually};
use serde_json::json;
use thirtyfour::By;

/// Keeps, from before the page's first line on, what a page is blamed for.
const HOOK: &str = r#"
    window.blame = [];
    addEventListener("error", (event) => blame.push(`error: ${event.message ?? event.target}`), true);
    addEventListener("unhandledrejection", (event) => blame.push(`rejection: ${event.reason}`));
    addEventListener("securitypolicyviolation", (event) =>
        blame.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
    for (const level of ["error", "warn"]) {
        const before = console[level];
        console[level] = (...words) => { blame.push(`${level}: ${words.join(" ")}`); before(...words); };
    }"#;

#[tokio::test]
async fn the_page_loads_and_chats_without_an_error_or_a_violation() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let ana = browser.blank("en-US").await?;
        watch(&ana).await?;
        ana.driver().goto(server.url("/r/ops")).await?;
        ana.call_me("ana").await?;
        ana.say("/me waves").await?;
        ana.say("/nick operator").await?;
        ana.say("/nonsense").await?;
        ana.put("two\nlines").await?;
        ana.until("all of it", |seen| seen.texts("said").len() == 2 && seen.texts("notice").len() >= 3).await?;
        assert_eq!(blame(&ana).await?, Vec::<String>::new());

        // A server that goes away is no error of the page's; only the browser itself says that it could not connect.
        assert!(server.stop("TERM").await?.status.success());
        ana.say("later").await?;
        server.start_again().await?;
        ana.until("its return", |seen| seen.state == "connected" && seen.has("<ana> later")).await?;
        let blamed = blame(&ana).await?;
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
        watch(&ana).await?;
        ana.driver().goto(server.url("/")).await?;
        ana.connected().await?;
        ana.until("the replay", |seen| seen.texts("said").len() == 50).await?;
        ana.driver().find(By::Id("older")).await?.click().await?;
        ana.until("the older ones", |seen| seen.texts("said").len() == 100).await?;
        assert_eq!(blame(&ana).await?, Vec::<String>::new());
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
        watch(&page).await?;
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
            let blamed = blame(&page).await?;
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

async fn watch(page: &Page) -> Result<()> {
    page.driver().cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": HOOK })).await?;
    Ok(())
}

/// What the page itself has noticed since it began, and what the browser's log has had since it was last read.
async fn blame(page: &Page) -> Result<Vec<String>> {
    let mut blamed: Vec<String> = serde_json::from_value(page.run("return window.blame").await?)?;
    let log = page.driver().browser_log().await?;
    let serious = log.into_iter().filter(|entry| ["SEVERE", "WARNING"].contains(&entry.level.as_str()));
    blamed.extend(serious.map(|entry| format!("{}: {}", entry.level, entry.message)));
    Ok(blamed)
}
