//! Connections break and servers restart: nothing is lost, nothing is doubled.

use std::time::Duration;

use anyhow::Result;
use commonroom_e2e::{Binary, Page, Proxy, Seen, Terminal, browse};
use tokio::time::sleep;

/// Whether the browser would ask before it closed the page.
const ASKS_BEFORE_IT_GOES: &str = "
    const event = document.createEvent('BeforeUnloadEvent');
    event.initEvent('beforeunload', false, true);
    return !dispatchEvent(event)";

#[tokio::test]
async fn what_is_written_during_a_restart_arrives_once() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        ana.say("before").await?;
        ana.until("its own words", |seen| seen.has("<ana> before")).await?;
        ana.watch_states().await?;

        let ended = server.stop("TERM").await?;
        assert!(ended.status.success(), "{ended:?}");
        write_while_it_is_away(&ana).await?;
        server.start_again().await?;
        let seen = arrived(&ana).await?;

        // This server's history ends with it, and the page says so.
        assert_eq!(seen.texts("gap").len(), 1, "{seen:#?}");
        assert_eq!(seen.said(), ["<ana> before", "<ana> away 1", "<ana> away 2"]);
        assert!(seen.people.contains(&"ana you".to_owned()), "the name is kept: {:?}", seen.people);
        came_back_as_it_should(&ana.states().await?);
        said_once(&server).await
    })
    .await
}

#[tokio::test]
async fn what_is_written_after_a_crash_arrives_once() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        ana.watch_states().await?;

        server.kill().await?;
        write_while_it_is_away(&ana).await?;
        server.start_again().await?;
        arrived(&ana).await?;
        came_back_as_it_should(&ana.states().await?);
        said_once(&server).await
    })
    .await
}

#[tokio::test]
async fn what_waits_to_be_sent_survives_a_reload() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let proxy = Proxy::to(server.http).await?;
        let ana = browser.open(&format!("http://{}/", proxy.addr)).await?;
        ana.call_me("ana").await?;
        proxy.lose_everything();
        ana.say("away 1").await?;
        ana.say("away 2").await?;
        ana.until("both waiting", |seen| seen.texts("pending") == ["away 1", "away 2"]).await?;
        ana.returns(ASKS_BEFORE_IT_GOES, true).await?;
        proxy.mend();
        ana.driver().refresh().await?;
        arrived(&ana).await?;
        ana.returns(ASKS_BEFORE_IT_GOES, false).await?;
        said_once(&server).await
    })
    .await
}

/// While an nc goes on talking, the page's connection is cut again and again, and what the page says is lost and said anew.
#[tokio::test]
async fn a_connection_that_breaks_loses_and_doubles_nothing() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let proxy = Proxy::to(server.http).await?;
        let mut dan = Terminal::join(server.tcp, "dan").await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&format!("http://{}/", proxy.addr)).await?;
        ana.call_me("ana").await?;

        let talk = async {
            for number in 1..=150 {
                bob.say(&format!("bob {number}")).await?;
                sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        let breaks = async {
            for number in 1..=3 {
                proxy.cut();
                ana.until("the break", |seen| seen.state != "connected").await?;
                ana.say(&format!("ana {number}")).await?;
                proxy.mend();
                ana.until("the way back", |seen| seen.state == "connected").await?;
            }
            anyhow::Ok(())
        };
        tokio::try_join!(talk, breaks)?;
        bob.say("the end").await?;
        let seen = ana.until("all", |seen| seen.has("<bob> the end") && seen.texts("pending").is_empty()).await?;

        let read: Vec<String> = dan.until("<bob> the end").await?;
        let read: Vec<String> = read.into_iter().filter(|line| line.starts_with('<')).collect();
        assert_eq!(read.len(), 154);
        assert_eq!(seen.said(), read);
        let seqs: Vec<u64> = seen.rows.iter().filter_map(|row| row.seq).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
        assert_eq!(seen.texts("gap").len(), 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_not_said_twice() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let proxy = Proxy::to(server.http).await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&format!("http://{}/", proxy.addr)).await?;
        ana.call_me("ana").await?;

        proxy.lose_answers();
        ana.say("once").await?;
        bob.until("<ana> once").await?;
        ana.until("no answer", |seen| seen.texts("pending") == ["once"]).await?;
        proxy.cut();
        ana.until("the break", |seen| seen.state != "connected").await?;
        proxy.mend();
        let seen = ana.until("the answer", |seen| seen.state == "connected" && seen.has("<ana> once")).await?;
        assert_eq!((seen.said().len(), seen.texts("pending").len()), (1, 0), "{seen:#?}");
        assert!(seen.rows.iter().any(|row| row.own && row.text == "once"));

        ana.say("twice").await?;
        bob.until("<ana> twice").await?;
        assert_eq!(bob.count("<ana> once"), 1);
        Ok(())
    })
    .await
}

/// Writes two messages, which wait.
async fn write_while_it_is_away(page: &Page) -> Result<Seen> {
    page.until("the end of the connection", |seen| seen.state == "waiting").await?;
    page.say("away 1").await?;
    page.say("away 2").await?;
    page.until("both waiting", |seen| seen.texts("pending") == ["away 1", "away 2"]).await
}

/// Waits until both have been said.
async fn arrived(page: &Page) -> Result<Seen> {
    page.until("both said", |seen| {
        seen.state == "connected" && seen.texts("pending").is_empty() && seen.has("<ana> away 2")
    })
    .await
}

/// What somebody finds who joins afterwards: each message once, in its order.
async fn said_once(server: &Binary) -> Result<()> {
    let mut bob = Terminal::nc(server.tcp)?;
    let lines = bob.until("-- live --").await?;
    let said: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once("<ana> ")?.1)).collect();
    assert_eq!(said, ["away 1", "away 2"]);
    Ok(())
}

/// From connected over as many attempts as it took to connected.
fn came_back_as_it_should(states: &[String]) {
    let [first, attempts @ .., last] = states else { panic!("{states:?}") };
    assert_eq!((first.as_str(), last.as_str()), ("connected", "connected"), "{states:?}");
    let (waits, tries): (Vec<_>, Vec<_>) = attempts.iter().partition(|state| *state == "waiting");
    assert!(!waits.is_empty() && tries.iter().all(|state| *state == "connecting"), "{states:?}");
}
