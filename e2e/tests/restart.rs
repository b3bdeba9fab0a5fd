//! The server goes away and comes back while people write: what they are writing stays as it is, and what they said
//! arrives once.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Browser, Database, Page, Proxy, Terminal, browse, eventually};
use serde_json::json;
use thirtyfour::{By, Key};

/// What is being written: the same text area all along, its text, the selection, and whether it has the focus.
const WRITING: &str = "const area = document.querySelector('#composer');
    return [area.stays ?? false, area.value, area.selectionStart, area.selectionEnd, document.activeElement === area];";
const MARK: &str = "document.querySelector('#composer').stays = true";
/// A browser whose dice fall so high that each wait before another attempt is longer than a test's patience.
const UNLUCKY: &str = "Math.random = () => 60;";

#[tokio::test]
async fn a_server_that_is_stopped_and_one_that_is_killed_leave_everybody_as_they_were() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let [ana, eve] = [open(browser, &server, "ana").await?, open(browser, &server, "eve").await?];
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let mut said: Vec<String> = Vec::new();
        for (round, signal) in ["TERM", "KILL"].into_iter().enumerate() {
            ana.say(&format!("ana {round}")).await?;
            bob.until(&format!("<ana> ana {round}")).await?;
            bob.say(&format!("bob {round}")).await?;
            said.extend([format!("<ana> ana {round}"), format!("<bob> bob {round}")]);
            reads(&[&ana, &eve], &said).await?;
            write_half(&ana).await?;

            end(&mut server, signal).await?;
            ana.until("the break", |seen| seen.state != "connected").await?;
            let away = write_meanwhile(&eve, round).await?;
            server.start_again().await?;
            let dan = Terminal::nc(server.tcp)?;
            said.extend(away.iter().map(|text| format!("<eve> {text}")));
            reads(&[&ana, &eve], &said).await?;

            ensure!(ana.run(WRITING).await? == json!([true, "half a thought", 6, 6, true]), "ana's draft is another");
            ensure!(eve.run(WRITING).await? == json!([true, "eve's dra", 9, 9, true]), "eve's draft is another");
            ana.driver().find(By::Id("composer")).await?.send_keys("-baked").await?;
            ensure!(ana.run(WRITING).await? == json!([true, "half a-baked thought", 12, 12, true]));
            clear(&[&ana, &eve]).await?;
            hears_once(&server, dan, &away).await?;
            bob = Terminal::join(server.tcp, "bob").await?;
        }
        Ok(())
    })
    .await
}

/// On disk it is the same history: the page goes on where it was, and says nothing of a beginning.
#[tokio::test]
async fn a_history_on_disk_goes_on_after_a_kill() -> Result<()> {
    browse(async |browser| {
        let database = Database::new()?;
        let mut server = Binary::start_with(&["--db", database.path()]).await?;
        let ana = open(browser, &server, "ana").await?;
        let mut said = Vec::new();
        for round in 0..3 {
            ana.say(&format!("before {round}")).await?;
            said.extend([format!("<ana> before {round}"), format!("<ana> away {round}")]);
            ana.until("it is said", |seen| seen.has(&format!("<ana> before {round}"))).await?;
            server.kill().await?;
            ana.until("the break", |seen| seen.state != "connected").await?;
            ana.say(&format!("away {round}")).await?;
            server.start_again().await?;
            reads(&[&ana], &said).await?;
        }
        assert_eq!(ana.see().await?.texts("gap"), [""; 0], "nothing begins anew");
        let eve = open(browser, &server, "eve").await?;
        reads(&[&eve], &said).await?;
        database.remove()
    })
    .await
}

/// The page would wait half a minute before its next attempt: the browser's word that the network is back ends that.
#[tokio::test]
async fn a_network_that_is_back_is_used_at_once() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let proxy = Proxy::to(server.http).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.blank("en-US").await?;
        ana.run_first(UNLUCKY).await?;
        ana.driver().goto(format!("http://{}/", proxy.addr)).await?;
        ana.call_me("ana").await?;
        ana.run(MARK).await?;
        ana.watch_states().await?;

        // Browsers do not end a WebSocket when their network goes; the network does.
        network(&ana, false).await?;
        proxy.cut();
        ana.until("the break", |seen| seen.state == "offline").await?;
        ana.say("away 1").await?;
        ana.say("away 2").await?;
        bob.say("meanwhile").await?;
        write_half(&ana).await?;
        ana.until("both waiting", |seen| seen.texts("pending") == ["away 1", "away 2"]).await?;
        proxy.mend();
        network(&ana, true).await?;
        let seen = ana.until("both said", |seen| seen.has("<ana> away 2") && seen.texts("pending").is_empty()).await?;
        assert_eq!(seen.said(), ["<bob> meanwhile", "<ana> away 1", "<ana> away 2"]);
        let states = ana.states().await?;
        assert_eq!(states[..2], ["connected", "offline"]);
        assert!(!states.contains(&"waiting".to_owned()), "it is offline, and says so: {states:?}");
        assert_eq!(ana.run(WRITING).await?, json!([true, "half a thought", 6, 6, true]));

        bob.say("the end").await?;
        ana.until("bob", |seen| seen.has("<bob> the end")).await?;
        bob.until("<ana> away 2").await?;
        assert_eq!((bob.count("<ana> away 1"), bob.count("<ana> away 2")), (1, 1));
        Ok(())
    })
    .await
}

async fn open(browser: &Browser, server: &Binary, nick: &str) -> Result<Page> {
    let page = browser.open(&server.url("/")).await?;
    page.call_me(nick).await?;
    page.run(MARK).await?;
    Ok(page)
}

async fn end(server: &mut Binary, signal: &str) -> Result<()> {
    if signal == "KILL" {
        return server.kill().await;
    }
    let ended = server.stop(signal).await?;
    ensure!(ended.status.success(), "{ended:?}");
    Ok(())
}

/// Writes a thought and goes back into it with the caret.
async fn write_half(page: &Page) -> Result<()> {
    let composer = page.driver().find(By::Id("composer")).await?;
    composer.send_keys("half a thought").await?;
    for _ in " thought".chars() {
        composer.send_keys(Key::Left + "").await?;
    }
    Ok(())
}

/// Says three things that wait, and begins a fourth.
async fn write_meanwhile(page: &Page, round: usize) -> Result<[String; 3]> {
    page.until("the break", |seen| seen.state != "connected").await?;
    let texts = ["one", "two", "three"].map(|word| format!("away {round} {word}"));
    for text in &texts {
        page.say(text).await?;
    }
    page.driver().find(By::Id("composer")).await?.send_keys("eve's dra").await?;
    page.until("all waiting", |seen| seen.texts("pending") == texts).await?;
    Ok(texts)
}

/// Waits until the pages show exactly this, and nothing waits any more.
async fn reads(pages: &[&Page], said: &[String]) -> Result<()> {
    for page in pages {
        page.until("what was said, once and in order", |seen| {
            seen.state == "connected" && seen.said() == said && seen.texts("pending").is_empty()
        })
        .await?;
    }
    Ok(())
}

/// What somebody at an nc reads of eve, who was there when she came back or joins afterwards: each message once, in its
/// order.
async fn hears_once(server: &Binary, there: Terminal, away: &[String]) -> Result<()> {
    for mut nc in [there, Terminal::nc(server.tcp)?] {
        let mut heard = eves(&nc.until("-- live --").await?);
        eventually("eve's words", async || {
            nc.say("/ping").await?;
            heard.extend(eves(&nc.until("* pong").await?));
            ensure!(heard == away, "an nc hears {heard:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

fn eves(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| Some(line.split_once("<eve> ")?.1.to_owned())).collect()
}

async fn clear(pages: &[&Page]) -> Result<()> {
    for page in pages {
        page.driver().find(By::Id("composer")).await?.send_keys(Key::Control + "a").await?;
        page.driver().find(By::Id("composer")).await?.send_keys(Key::Delete + "").await?;
        page.returns("return document.querySelector('#composer').value", "").await?;
    }
    Ok(())
}

/// Takes the browser's network away or gives it back; it tells the page.
async fn network(page: &Page, online: bool) -> Result<()> {
    let conditions = json!({ "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    page.cdp("Network.emulateNetworkConditions", conditions).await?;
    page.returns("return navigator.onLine", online).await
}
