//! What an operator's machines are told: `/healthz` and `/metrics`.

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello, soon};

async fn metrics(server: &TestServer) -> String {
    server.http("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await
}

/// The value of one of them.
fn value(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.trim().parse().unwrap()
}

#[tokio::test]
async fn what_happens_is_counted() {
    let server = TestServer::with(&["--per-second", "0", "--max-connections", "5"]);
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::program(&server).await;
    let mut ci = JsonPeer::join(&server, Way::Lines, "ci").await;
    for number in 1..=3 {
        ana.say_and_see(&format!("k{number}"), "counted").await;
    }
    bob.send("x".repeat(5000) + "\n").await;
    while !bob.line().await.starts_with("! not sent: ") {}
    ci.say("k1", " ").await;
    ci.until("a refusal", |frame| matches!(frame, commonroom_protocol::ServerFrame::Refused { .. })).await;

    let text = metrics(&server).await;
    assert!(text.contains("content-type: application/openmetrics-text"), "{text}");
    assert_eq!(value(&text, "commonroom_messages_total"), 3);
    assert_eq!(value(&text, "commonroom_refusals_total{code=\"too_long\"}"), 1);
    assert_eq!(value(&text, "commonroom_refusals_total{code=\"empty\"}"), 1);
    assert_eq!(value(&text, "commonroom_connections{via=\"web\"}"), 1);
    assert_eq!(value(&text, "commonroom_connections{via=\"tcp\"}"), 1);
    assert_eq!(value(&text, "commonroom_connections{via=\"api\"}"), 1);
    assert_eq!(value(&text, "commonroom_sockets"), 4, "three in the room, and who asks");
    assert_eq!(value(&text, "commonroom_commit_seconds_count"), 3);
    assert_eq!(value(&text, "commonroom_told_seconds_count"), 3);
    assert!(value(&text, "commonroom_open_files") > 5);
    assert!(value(&text, "commonroom_memory_bytes") > 1_000_000);
    assert_eq!(value(&text, "commonroom_turned_away_total"), 0);
}

#[tokio::test]
async fn who_finds_no_place_is_counted() {
    let server = TestServer::with(&["--max-connections", "1"]);
    let bob = LinePeer::person(&server).await;
    for _ in 0..3 {
        let mut late = LinePeer::over(crate::common::connect(server.tcp).await);
        assert!(late.line().await.starts_with("! this server is full"));
    }
    drop(bob);
    let text = loop {
        let text = metrics(&server).await;
        if text.starts_with("HTTP/1.1 200") {
            break text;
        }
    };
    assert!(value(&text, "commonroom_turned_away_total") >= 3);
}

#[tokio::test]
async fn who_reads_on_in_the_history_is_counted() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.fill(4500, "more than the ring holds").await;
    let before = value(&metrics(&server).await, "commonroom_ring_misses_total");
    let mut late = JsonPeer::connect(&server, Way::Api).await;
    let mut from_the_start = hello("late");
    from_the_start.since = Some(commonroom_protocol::Seq(0));
    late.greet(from_the_start).await;
    late.until_live().await;
    // Figures may be a moment old.
    let counted = async { while value(&metrics(&server).await, "commonroom_ring_misses_total") == before {} };
    soon("the count", counted).await;
}
