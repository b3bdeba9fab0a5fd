//! More than a machine has: open files, and peers that take a place and say next to nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Bystander, Door, PATIENCE, Pipe, Terminal, Witness, eventually, found, sized};
use commonroom_protocol::Hello;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};

/// Open files of the server; 64 of them are not for connections.
const FILES: usize = 256;
const PLACES: usize = FILES - 64;
/// How often who dribbles sends a byte.
const BEAT: Duration = Duration::from_millis(100);
/// The time between two words of the bystander.
const PACE: Duration = Duration::from_millis(20);

async fn hold(addr: std::net::SocketAddr, count: usize) -> Result<Vec<TcpStream>> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(TcpStream::connect(addr).await?);
    }
    Ok(held)
}

/// What a connection is told until it ends; nothing if it goes on.
async fn told(stream: &mut TcpStream) -> Option<String> {
    let mut words = Vec::new();
    let end = timeout(Duration::from_secs(5), stream.read_to_end(&mut words)).await;
    end.is_ok().then(|| String::from_utf8_lossy(&words).into_owned())
}

#[tokio::test]
async fn a_server_without_open_files_left_says_so_and_goes_on() -> Result<()> {
    let limit = format!("--nofile={FILES}:{FILES}");
    let server = Binary::start_below(&["prlimit", &limit], &[]).await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let mut held = hold(server.tcp, PLACES - 1).await?;
    for stream in &held {
        // Who is greeted is in: what comes at the other port may otherwise be let in before.
        timeout(PATIENCE, stream.readable()).await.context("somebody is not let in")??;
    }
    let mut late = hold(server.tcp, 100).await?;
    late.extend(hold(server.http, 100).await?);
    let mut full = 0;
    for stream in &mut late {
        match told(stream).await {
            Some(words) if words.contains("this server is full (192 connections)") => full += 1,
            // So many are told at once; the others are closed without a word.
            Some(words) => ensure!(words.is_empty(), "{words}"),
            None => anyhow::bail!("one more than there is place for was let in"),
        }
    }
    ensure!(full >= 32, "only {full} were told why");
    witness.say("still here").await?;
    held.truncate(PLACES / 2);
    let mut new = eventually("a place for somebody new", async || Terminal::join(server.tcp, "new").await).await?;
    new.say("in after all").await?;
    assert_eq!(witness.hear().await?["text"], "in after all");
    found(format!("{FILES} open files, {} who come: {PLACES} are let in, {full} are told why not", PLACES + 200))?;
    Ok(())
}

/// A pipe holds 64 KiB: whoever was to read it has stopped, as a pager has that waits for a key.
#[tokio::test]
async fn a_log_that_nobody_reads_stops_nobody() -> Result<()> {
    const LINES: usize = 3000;
    let mut server = Binary::start_with(&["--op-token", "correct horse", "--burst", "0"]).await?;
    let mut reader = Terminal::join(server.tcp, "reader").await?;
    let mut operator = Terminal::join(server.tcp, "olga").await?;
    operator.say("/op correct horse").await?;
    let logged: Vec<String> = (0..LINES).map(|number| format!("/announce number {number}\n")).collect();
    operator.send(logged.concat().as_bytes()).await?;
    reader.until(&format!("* the operator announces: number {}", LINES - 1)).await?;
    // The pager goes on.
    let lost = server.logs("lines since the start are not in it").await?;
    let lost = lost.split(' ').find_map(|word| word.parse::<usize>().ok()).context("no number")?;
    ensure!((1..LINES).contains(&lost), "{lost} of {LINES}");
    Ok(())
}

/// Figures are of everybody who is there, and anybody may ask for them, as often as a socket takes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_figures_again_and_again_disturbs_nobody() -> Result<()> {
    let (members, time) = (sized(1000, 5000), Duration::from_secs(3));
    let server = Binary::start_with(&["--burst", "0"]).await?;
    let mut crowd = Vec::new();
    for number in 0..members {
        let client = format!("member-{number:06}");
        crowd.push(Pipe::join(Door::Lines(server.tcp), Hello { client, ..Hello::default() }).await?);
    }
    let bystander = Bystander::join(server.tcp, "elsewhere", PACE).await?;
    let asking = async || {
        let (mut from, mut to) = TcpStream::connect(server.http).await?.into_split();
        let read = tokio::spawn(async move { tokio::io::copy(&mut from, &mut tokio::io::sink()).await });
        let many = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
        // It is asked for longer than that if it must, and not for less.
        let _ = timeout(time, async { while to.write_all(many.as_bytes()).await.is_ok() {} }).await;
        read.abort();
        anyhow::Ok(())
    };
    tokio::try_join!(asking(), asking())?;
    let waits = bystander.leave().await?;
    found(format!("{members} are there, two sockets ask for figures for {time:?}: words meanwhile: {waits}"))?;
    ensure!(waits.within(50) < Duration::from_millis(100), "{waits}");
    Ok(())
}

#[tokio::test]
async fn who_dribbles_is_sent_away_from_the_web_and_costs_the_others_nothing() -> Result<()> {
    let dribblers = sized(300, 1000);
    let server = Binary::start_with(&["--burst", "0"]).await?;
    let bystander = Bystander::join(server.tcp, "lobby", PACE).await?;
    let start = Instant::now();
    let mut web = hold(server.http, dribblers).await?;
    let mut lines = hold(server.tcp, dribblers).await?;
    let mut request = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".iter().chain(std::iter::repeat(&b'x'));
    let mut beat = interval(BEAT);
    while start.elapsed() < Duration::from_secs(9) {
        beat.tick().await;
        let byte = *request.next().context("no byte")?;
        for stream in web.iter_mut().chain(&mut lines) {
            // Some may be gone already.
            let _ = stream.write_all(&[byte]).await;
        }
    }
    for stream in &mut web {
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        ensure!(ended.is_ok(), "one was kept for {:?}", start.elapsed());
    }
    let took = start.elapsed();
    let waits = bystander.leave().await?;
    found(format!(
        "{dribblers} on each port, a byte every {BEAT:?}: those of the web closed after {took:.1?}; a bystander's words \
         meanwhile: {waits}"
    ))?;
    ensure!(waits.longest() < Duration::from_secs(1), "{waits}");
    Ok(())
}
