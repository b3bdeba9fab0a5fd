//! Who is let in: how many, from where, by which name, and who says so on whose behalf.

use tokio_tungstenite::tungstenite::Message;

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, hello};

/// The head of an upgrade, with these headers beside what it needs.
fn upgrade(server: &TestServer, headers: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nhost: {}\r\n{headers}connection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.http
    )
}

/// The first line of what is answered to an upgrade on behalf of an address, and the connection.
async fn come_from(server: &TestServer, ip: &str) -> (LinePeer, String) {
    let mut stream = LinePeer::over(connect(server.http).await);
    stream.send(upgrade(server, &format!("x-forwarded-for: {ip}\r\n"))).await;
    let status = stream.line().await;
    (stream, status)
}

const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r";
const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r";

#[tokio::test]
async fn more_than_there_is_place_for_are_told_so_at_both_doors() {
    let server = TestServer::with(&["--max-connections", "3"]);
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::program(&server).await;
    let carol = JsonPeer::join(&server, Way::Lines, "carol").await;

    let mut late = LinePeer::over(connect(server.tcp).await);
    assert_eq!(late.line().await, "! this server is full (3 connections); try again in a minute");
    assert!(late.rest().await.is_empty());
    let answer = server.http("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(answer.starts_with(UNAVAILABLE.trim_end()) && answer.contains("Retry-After: 60\r\n"), "{answer}");
    assert!(answer.ends_with("this server is full (3 connections); try again in a minute\n"), "{answer}");

    bob.send("still here\n").await;
    assert_eq!(ana.said().await.text, "still here");
    drop(carol);
    // Its place is free once the server has seen it go.
    let mut dan = loop {
        let mut dan = LinePeer::over(connect(server.tcp).await);
        dan.send("{\"t\":\"hello\",\"v\":1,\"client\":\"client-dan\",\"nick\":\"dan\"}\n").await;
        if dan.line().await.starts_with("{\"t\":\"welcome\"") {
            break dan;
        }
    };
    dan.send("{\"t\":\"say\",\"cid\":\"k1\",\"text\":\"in after all\"}\n").await;
    assert_eq!(ana.said().await.text, "in after all");
}

#[tokio::test]
async fn however_many_find_no_place_all_are_told() {
    let server = TestServer::with(&["--max-connections", "1"]);
    let bob = LinePeer::person(&server).await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(LinePeer::over(connect(server.tcp).await));
    }
    for late in &mut crowd {
        assert_eq!(late.line().await, "! this server is full (1 connections); try again in a minute");
    }
    drop(bob);
}

#[tokio::test]
async fn a_request_is_no_longer_than_it_need_be_and_for_one_host() {
    let server = TestServer::start();
    let long = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "x".repeat(20_000));
    let answer = server.http(&long).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer =
        server.http("GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("one Host"), "{answer}");
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_others_have_theirs() {
    let server = TestServer::with(&["--trusted-proxy", "127.0.0.0/8", "--max-per-address", "2"]);
    let (first, status) = come_from(&server, "203.0.113.7").await;
    assert_eq!(status, SWITCHING);
    let (_second, status) = come_from(&server, "203.0.113.7").await;
    assert_eq!(status, SWITCHING);
    let (mut third, status) = come_from(&server, "203.0.113.7").await;
    assert_eq!(status, UNAVAILABLE);
    let head = third.until("\r").await.join("\n");
    assert!(head.contains("retry-after: 10"), "{head}");
    assert_eq!(third.line().await, "2 connections from your address are open, which is the limit; close one first");
    assert_eq!(come_from(&server, "203.0.113.8").await.1, SWITCHING);
    drop(first);
    while come_from(&server, "203.0.113.7").await.1 != SWITCHING {}
}

#[tokio::test]
async fn an_address_comes_so_often_in_a_minute() {
    let server = TestServer::with(&["--trusted-proxy", "127.0.0.1", "--max-new-per-minute", "3"]);
    for _ in 0..3 {
        assert_eq!(come_from(&server, "2001:db8::1").await.1, SWITCHING);
    }
    let (mut fourth, status) = come_from(&server, "2001:db8::2").await;
    assert_eq!(status, UNAVAILABLE, "the same network");
    fourth.until("\r").await;
    let words = fourth.line().await;
    assert!(words.starts_with("3 connections came from your address within a minute"), "{words}");
    assert_eq!(come_from(&server, "2001:db8:0:1::1").await.1, SWITCHING);
}

#[tokio::test]
async fn nobody_is_believed_who_is_no_trusted_proxy() {
    let server = TestServer::with(&["--max-per-address", "1"]);
    let mut all = Vec::new();
    for _ in 0..5 {
        let (stream, status) = come_from(&server, "203.0.113.7").await;
        assert_eq!(status, SWITCHING, "this machine's own are not counted");
        all.push(stream);
    }
}

#[tokio::test]
async fn another_sites_name_that_leads_here_is_not_answered() {
    let server = TestServer::with(&["--host", "chat.example.org"]);
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    for path in ["/", "/ws", "/healthz", "/r/lobby", "/nothing"] {
        let answer = server.http(&get(path, "evil.example:3000")).await;
        assert!(answer.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{path}: {answer}");
        assert!(answer.contains("--host evil.example\n"), "{path}: {answer}");
    }
    for host in ["chat.example.org", "localhost:3000", "192.168.1.20", "chat.local"] {
        let answer = server.http(&get("/healthz", host)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{host}: {answer}");
    }
    let absolute = "GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(server.http(absolute).await.starts_with("HTTP/1.1 421 "));
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let server = TestServer::start();
    for path in ["/", "/nothing", "/healthz", "/ws", "/favicon.svg"] {
        let get = |host: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = server.http(&get("192.168.1.20:3000")).await;
        assert!(answer.contains("x-content-type-options: nosniff\r\n"), "{path}: {answer}");
        assert!(answer.contains("referrer-policy: no-referrer\r\n"), "{path}: {answer}");
        assert!(!answer.contains("cross-origin-opener-policy"), "browsers log an error: {path}: {answer}");
        let answer = server.http(&get("localhost:3000")).await;
        assert!(answer.contains("cross-origin-opener-policy: same-origin\r\n"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_flood_of_pings_or_of_pieces_ends_in_a_close_that_says_policy() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let ping = [0x89, 0x80, 0, 0, 0, 0].repeat(1000);
    let (first, piece) = ([0x01, 0x80, 0, 0, 0, 0], [0x00, 0x80, 0, 0, 0, 0]);
    let pieces = [first.to_vec(), piece.repeat(30_000)].concat();
    for (flood, nick) in [(ping, "pia"), (pieces, "pit")] {
        let mut eve = JsonPeer::connect(&server, Way::Api).await;
        eve.greet(hello(nick)).await;
        eve.until_live().await;
        eve.send_bytes(&flood).await;
        assert_eq!(eve.rest().await.1, Some(1008), "{nick}");
    }
    ana.say_and_see("k1", "undisturbed").await;
}

#[tokio::test]
async fn how_many_pings_are_a_flood_is_the_operators_choice() {
    let ping = [0x89, 0x80, 0, 0, 0, 0];
    for (most, sent, fault) in [("5", 5, None), ("5", 6, Some(1008)), ("0", 1000, None)] {
        let server = TestServer::with(&["--max-pings", most]);
        let mut eve = JsonPeer::join(&server, Way::Api, "eve").await;
        eve.send_bytes(&ping.repeat(sent)).await;
        match fault {
            Some(_) => assert_eq!(eve.rest().await.1, fault, "{sent} of {most}"),
            None => drop(eve.say_and_see("k1", "still here").await),
        }
    }
}

#[tokio::test]
async fn a_ping_now_and_then_costs_nobody_a_message() {
    let server = TestServer::with(&["--burst", "5", "--per-second", "1"]);
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    for _ in 0..100 {
        ana.send_message(Message::Ping(Vec::new().into())).await;
    }
    ana.say_and_see("k1", "at once").await;
}
