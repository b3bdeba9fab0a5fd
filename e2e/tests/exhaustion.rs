//! More than a machine has: open files, and peers that take a place and say next to nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, PATIENCE, Terminal, Witness, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Open files of the server; 64 of them are not for connections.
const FILES: usize = 256;
const PLACES: usize = FILES - 64;

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
    Ok(())
}

#[tokio::test]
async fn who_dribbles_is_sent_away_from_the_web_and_costs_the_others_nothing() -> Result<()> {
    const DRIBBLERS: usize = 300;
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let start = Instant::now();
    let mut web = hold(server.http, DRIBBLERS).await?;
    let mut lines = hold(server.tcp, DRIBBLERS).await?;
    let mut slowest = Duration::ZERO;
    let mut request = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".iter().chain(std::iter::repeat(&b'x'));
    while start.elapsed() < Duration::from_secs(9) {
        let byte = *request.next().context("no byte")?;
        for stream in web.iter_mut().chain(&mut lines) {
            // Some may be gone already.
            let _ = stream.write_all(&[byte]).await;
        }
        let said = Instant::now();
        witness.say("undisturbed").await?;
        slowest = slowest.max(said.elapsed());
    }
    ensure!(slowest < Duration::from_secs(1), "a message took {slowest:?}");
    for stream in &mut web {
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        ensure!(ended.is_ok(), "one was kept for {:?}", start.elapsed());
    }
    Ok(())
}
