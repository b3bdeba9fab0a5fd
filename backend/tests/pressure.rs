//! Fast, many and slow peers: nothing is lost, and the others feel nothing of it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use commonroom_protocol::{NoticeCode, Seq, ServerFrame};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, hello, prev_chain, soon};

/// 20 at once, then 200 a second: 200 lines take a good second.
const LIMITED: [&str; 4] = ["--burst", "20", "--per-second", "200"];

#[tokio::test]
async fn two_hundred_pasted_lines_all_arrive_and_delay_nobody() {
    let server = TestServer::with(&LIMITED);
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut pasting = LinePeer::program(&server).await;
    let start = Instant::now();
    let lines: Vec<String> = (0..200).map(|i| format!("line {i}")).collect();
    pasting.send(lines.join("\n") + "\n").await;
    let mut seen = vec![ana.said().await];
    ana.say("k1", "quick").await;
    while seen.len() < 201 {
        seen.push(ana.said().await);
    }
    let slowed = start.elapsed();
    assert_eq!(prev_chain(&seen, Seq(0)), Ok(()));
    let quick = seen.iter().position(|said| said.text == "quick").expect("what another says");
    assert!(quick < 150, "it waited behind {quick} lines");
    let pasted = seen.iter().filter(|said| said.text != "quick").map(|said| said.text.clone());
    assert_eq!(pasted.collect::<Vec<_>>(), lines);
    assert!(slowed > Duration::from_millis(800), "all came within {slowed:?}: there is no limit");
    let notice = "* that was fast: 200 a second from now on; nothing is lost";
    assert_eq!(pasting.settle().await, [notice, "<ana> quick"], "told once");
}

#[tokio::test]
async fn frames_that_come_too_fast_are_read_later() {
    let server = TestServer::with(&LIMITED);
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    for i in 0..100 {
        eve.say(&format!("k{i}"), &format!("text {i}")).await;
    }
    let frames = eve.until_said("text 99").await;
    let notices = frames.iter().filter(|frame| matches!(frame, ServerFrame::Notice { code: NoticeCode::Rate, .. }));
    assert_eq!(notices.count(), 1);
    assert_eq!(crate::common::messages(&frames).len(), 99);
}

const MIXED: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_of_all_kinds_come_and_talk() {
    let server = TestServer::start();
    let mut watch = JsonPeer::join(&server, Way::Api, "watch").await;
    let mut lines = Vec::new();
    let mut frames = Vec::new();
    for i in 0..MIXED {
        match i % 4 {
            0 => lines.push(LinePeer::connect(&server).await),
            kind => {
                let mut peer = JsonPeer::connect(&server, Way::ALL[kind - 1]).await;
                peer.greet(hello(&format!("p{i}"))).await;
                frames.push(peer);
            }
        }
    }
    for (i, peer) in lines.iter_mut().enumerate() {
        peer.say(&format!("line {i}")).await;
    }
    for (i, peer) in frames.iter_mut().enumerate() {
        peer.say("k1", &format!("frame {i}")).await;
    }
    let mut seen = Vec::new();
    while seen.len() < MIXED {
        seen.push(watch.said().await);
    }
    assert_eq!(prev_chain(&seen, Seq(0)), Ok(()));
    assert_eq!(seen.iter().map(|said| said.text.clone()).collect::<HashSet<_>>().len(), MIXED);
    watch.say("k1", "the end").await;
    for peer in &mut lines {
        peer.until("<watch> the end").await;
    }
    for peer in &mut frames {
        let said = crate::common::messages(&peer.until_said("the end").await);
        assert_eq!(said, seen);
    }
}

#[tokio::test]
async fn a_stalled_reader_costs_the_others_nothing() {
    let server = TestServer::start();
    let mut sleepers = Vec::new();
    for way in Way::ALL {
        let mut sleeper = JsonPeer::connect_narrow(&server, way).await;
        sleeper.greet(hello("")).await;
        sleepers.push(sleeper);
    }
    let mut awake = JsonPeer::join(&server, Way::Web, "awake").await;
    let mut person = LinePeer::program(&server).await;
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    let text = "x".repeat(1000);
    ana.fill(1000, &text).await;
    for i in 0..1000 {
        assert_eq!(awake.said().await.seq, Seq(i + 1));
        assert_eq!(person.line().await, format!("<ana> {text}{i}"));
    }
    // The sleepers are late, not lost: they are asked, and answer.
    for mut sleeper in sleepers {
        let frames = sleeper.settle().await;
        assert!(!crate::common::messages(&frames).is_empty());
    }
}

#[tokio::test]
async fn who_is_far_behind_is_heard_before_all_is_told() {
    let server = TestServer::start();
    let mut late = JsonPeer::connect_narrow(&server, Way::Lines).await;
    late.greet(hello("")).await;
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    ana.fill(3000, &"x".repeat(1000)).await;
    late.send_text(r#"{"t":"who","n":7}"#).await;
    let mut told = 0;
    loop {
        match late.next().await {
            ServerFrame::Said(_) => told += 1,
            ServerFrame::Roster { n: Some(7), .. } => break,
            _ => {}
        }
    }
    // What the kernel held, and a few batches.
    assert!(told < 2000, "answered after {told} messages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pauses_is_told_all_the_same() {
    let server = TestServer::with(&["--burst", "0", "--per-second", "0"]);
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    let (read, mut write) = connect(server.tcp).await.into_split();
    write.write_all(b"here\n").await.unwrap();
    assert_eq!(ana.said().await.text, "here");
    // Empty lines ask for nothing: there is always something to read, and never anything to answer.
    let empty = vec![b'\n'; 1 << 16];
    let flood = tokio::spawn(async move { while write.write_all(&empty).await.is_ok() {} });
    let mut lines = BufReader::new(read).lines();
    for i in 0..30 {
        ana.say(&i.to_string(), &format!("text {i}")).await;
        let line = soon("a line for who never pauses", lines.next_line()).await.unwrap();
        assert_eq!(line, Some(format!("<ana> text {i}")));
    }
    flood.abort();
}
