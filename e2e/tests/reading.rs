//! How messages read on the page.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Terminal, browse, eventually};

#[tokio::test]
async fn markup_from_any_terminal_is_drawn() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.connected().await?;
        bob.say("see https://wiki.lan/disks, *now* or `rm -r x`; javascript:alert(1) **bold**").await?;
        ana.until("the words without their marks", |seen| {
            seen.has("<bob> see https://wiki.lan/disks, now or rm -r x; javascript:alert(1) bold")
        })
        .await?;
        let drawn = ana
            .run(
                r#"const what = [...document.querySelectorAll('[data-row="said"] .what')].at(-1);
                return [...what.querySelectorAll("a, i, b, code")].map((node) =>
                    [node.localName, node.textContent, node.getAttribute("href"), node.rel ?? ""].join(" "));"#,
            )
            .await?;
        let rel = "noopener noreferrer nofollow ugc";
        let link = format!("a https://wiki.lan/disks https://wiki.lan/disks {rel}");
        assert_eq!(drawn, serde_json::json!([link, "i now  ", "code rm -r x  ", "b bold  "]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_reads_further_up_is_told_of_news_and_taken_to_them() -> Result<()> {
    const TO_END: &str =
        "const log = document.querySelector('.log'); return log.scrollHeight - log.scrollTop - log.clientHeight;";
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.connected().await?;
        for number in 1..=80 {
            bob.say(&format!("line {number}")).await?;
        }
        ana.until("all lines", |seen| seen.has("<bob> line 80")).await?;
        assert!(ana.run(TO_END).await?.as_i64() < Some(100));
        ana.run("const log = document.querySelector('.log'); log.scrollTop = 200;").await?;
        let up = async || {
            // The first scroll event after the jump tells the page where its reader is.
            ensure!(ana.run(TO_END).await?.as_i64() > Some(100));
            ana.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));").await
        };
        eventually("the reader to be further up", up).await?;
        for word in ["one", "two", "three"] {
            bob.say(word).await?;
        }
        ana.until("three words", |seen| seen.has("<bob> three")).await?;
        let told = async || {
            let words = ana.run("return document.querySelector('#news')?.textContent ?? '';").await?;
            ensure!(words == "3 new", "it says {words}");
            Ok(())
        };
        eventually("the page to tell of three", told).await?;
        assert_eq!(ana.run("return document.querySelector('.log').scrollTop;").await?, 200);
        ana.run("document.querySelector('#news').click();").await?;
        let at_end = async || {
            ensure!(ana.run(TO_END).await?.as_i64() < Some(2));
            ensure!(ana.run("return document.querySelector('#news');").await?.is_null());
            Ok(())
        };
        eventually("the end, without news", at_end).await
    })
    .await
}
