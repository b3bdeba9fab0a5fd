//! The end: a goodbye to everyone, nothing lost, and a port that is taken.

use clap::Parser;
use commonroom::config::Config;
use commonroom::server::Server;
use commonroom_protocol::{ByeCode, Code, ServerFrame};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, hello, messages};

const RESTART: ServerFrame = ServerFrame::Bye { code: ByeCode::Restart, after_ms: Some([500, 5000]) };

#[tokio::test]
async fn everyone_gets_a_goodbye() {
    let server = TestServer::start();
    let mut person = LinePeer::person(&server).await;
    let mut program = LinePeer::program(&server).await;
    let mut peers = Vec::new();
    for (way, nick) in Way::ALL.into_iter().zip(["a", "b", "c"]) {
        peers.push((way, JsonPeer::join(&server, way, nick).await));
    }
    // Who has not said hello gets one, too.
    peers.push((Way::Web, JsonPeer::connect(&server, Way::Web).await));
    let ended = server.shut_down();
    for (way, peer) in &mut peers {
        let (frames, code) = peer.rest().await;
        assert_eq!(frames.last(), Some(&RESTART), "{way:?}");
        assert_eq!(code, if *way == Way::Lines { None } else { Some(1012) }, "{way:?}");
    }
    let goodbye = "* restarting; come back in a moment".to_owned();
    assert_eq!(person.rest().await.last(), Some(&goodbye));
    assert_eq!(program.rest().await, [goodbye]);
    drop((person, program, peers));
    ended.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_told_to_everyone_first() {
    let server = TestServer::start();
    let mut peers = Vec::new();
    for i in 0..20 {
        peers.push(JsonPeer::join(&server, Way::ALL[i % 3], &format!("p{i}")).await);
    }
    let mut terminal = LinePeer::program(&server).await;
    for (i, peer) in peers.iter_mut().enumerate() {
        for j in 0..20 {
            peer.say(&format!("k{j}"), &format!("{i} says {j}")).await;
        }
    }
    let ended = server.shut_down();
    let readers = peers.into_iter().map(|mut peer| tokio::spawn(async move { peer.rest().await.0 }));
    let mut seen = Vec::new();
    for reader in readers.collect::<Vec<_>>() {
        seen.push(reader.await.unwrap());
    }
    let all = seen.iter().map(|frames| messages(frames)).max_by_key(Vec::len).unwrap();
    for (i, frames) in seen.iter().enumerate() {
        let said = messages(frames);
        assert_eq!(said.len(), all.len(), "p{i} was told as much as the others: {:?}", frames.last());
        assert_eq!(said, all);
        let own = said.iter().filter(|said| said.from == format!("p{i}")).count();
        let refused = frames.iter().filter(|frame| matches!(frame, ServerFrame::Refused { code: Code::Closing, .. }));
        assert!(own + refused.count() <= 20);
    }
    let lines = terminal.rest().await;
    assert_eq!(lines.len(), all.len() + 1, "the goodbye comes after all that was said");
    drop(terminal);
    ended.await;
}

#[tokio::test]
async fn while_the_server_drains_nothing_new_is_taken() {
    let server = TestServer::start();
    let (tcp, http) = (server.tcp, server.http);
    let mut peers = Vec::new();
    // Goodbyes are some milliseconds apart: with so many, the last one is still there when the first one has gone.
    for i in 0..60 {
        peers.push(JsonPeer::join(&server, Way::Web, &format!("p{i}")).await);
    }
    let mut waiting = LinePeer::person(&server).await;
    let ended = server.shut_down();
    peers[0].until("the first goodbye", |frame| *frame == RESTART).await;
    waiting.say("too late").await;
    assert_eq!(waiting.until("! not sent: the server is restarting; try again in a moment").await, [""; 0]);
    let mut late = LinePeer::over(connect(tcp).await);
    assert_eq!(late.rest().await, ["* restarting; come back in a moment"]);
    let mut late = LinePeer::over(connect(http).await);
    late.send(format!("GET / HTTP/1.1\r\nhost: {http}\r\nconnection: close\r\n\r\n")).await;
    let answer = String::from_utf8(late.rest_of_bytes().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: "), "{answer}");
    let last = peers.last_mut().unwrap();
    last.say("k1", "too late").await;
    let frames = last.until("the goodbye", |frame| *frame == RESTART).await;
    let refused = frames.iter().find_map(|frame| match frame {
        ServerFrame::Refused { cid, code, retry_ms, .. } => Some((cid.as_deref(), *code, retry_ms.is_some())),
        _ => None,
    });
    assert_eq!(refused, Some((Some("k1"), Code::Closing, true)));
    for peer in &mut peers {
        assert_eq!(messages(&peer.rest().await.0), []);
    }
    drop((waiting, late, peers));
    ended.await;
}

#[tokio::test]
async fn a_silent_peer_does_not_hold_up_the_end() {
    let server = TestServer::start();
    let mut sleeper = JsonPeer::connect_narrow(&server, Way::Web).await;
    sleeper.greet(hello("sleeper")).await;
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    ana.fill(1000, &"x".repeat(1000)).await;
    drop(ana);
    server.shut_down().await;
    drop(sleeper);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_flag_that_changes_it() {
    let server = TestServer::start();
    let bind = |tcp: &str, http: &str| {
        let config = Config::parse_from(["commonroom", "--tcp", tcp, "--http", http]);
        Server::bind(&config).map(drop).unwrap_err().to_string()
    };
    let taken = bind(&server.tcp.to_string(), "127.0.0.1:0");
    assert!(taken.contains(&format!("port {} is taken", server.tcp.port())) && taken.contains("--tcp"), "{taken}");
    let taken = bind("127.0.0.1:0", &server.http.to_string());
    assert!(taken.contains(&format!("port {} is taken", server.http.port())) && taken.contains("--http"), "{taken}");
}

#[tokio::test]
async fn the_ports_of_a_server_that_has_ended_are_free() {
    let server = TestServer::start();
    let (tcp, http) = (server.tcp.to_string(), server.http.to_string());
    LinePeer::person(&server).await;
    server.shut_down().await;
    let config = Config::parse_from(["commonroom", "--tcp", &tcp, "--http", &http]);
    assert_eq!(Server::bind(&config).map(drop).map_err(|fault| fault.to_string()), Ok(()));
}
