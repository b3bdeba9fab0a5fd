//! What a peer hears that wants one more room than there may be.

use std::sync::Arc;

use clap::Parser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::Server;
use crate::config::Config;
use crate::ending::Ending;
use crate::hub::{Entrance, Hub, ROOMS};
use crate::moderation::Caller;
use crate::name::RoomName;
use crate::session::{self, Site};

fn server() -> Server {
    let places = ["--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db", ":memory:", "--per-second", "0"];
    Server::bind(&Config::parse_from(["commonroom"].iter().chain(&places))).unwrap()
}

/// A server with as many rooms as there may be, into all of which somebody is just coming; and where lines come in.
async fn full() -> (Vec<Entrance>, String) {
    let server = server();
    let (hub, tcp) = (Arc::clone(&server.site.hub), server.addresses().join().tcp[0].clone());
    tokio::spawn(server.run(std::future::pending()));
    (fill(&hub).await, tcp)
}

async fn fill(hub: &Hub) -> Vec<Entrance> {
    let mut coming = vec![hub.enter(RoomName::lobby()).await.unwrap()];
    for number in 1..ROOMS {
        coming.push(hub.enter(RoomName::parse(&format!("room{number}")).unwrap()).await.unwrap());
    }
    coming
}

#[tokio::test]
async fn who_cannot_join_one_room_more_stays_in_the_own() {
    let (mut coming, tcp) = full().await;
    let mut ana = BufReader::new(TcpStream::connect(tcp).await.unwrap()).lines();
    for (line, answer) in [
        ("/join new", "! the server has no place for one more room; try again later"),
        ("/join lobby", "* you are in lobby"),
    ] {
        ana.get_mut().write_all(format!("{line}\n").as_bytes()).await.unwrap();
        while ana.next_line().await.unwrap().unwrap() != answer {}
    }
    coming.pop();
    ana.get_mut().write_all(b"/join new\n/join new\n").await.unwrap();
    while ana.next_line().await.unwrap().unwrap() != "* you are in new" {}
}

#[tokio::test]
async fn a_script_that_finds_no_place_for_its_room_is_told_so() {
    let (_coming, tcp) = full().await;
    let mut script = TcpStream::connect(tcp).await.unwrap();
    script.write_all(b"/say@new x\n").await.unwrap();
    let mut answer = String::new();
    script.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "err overloaded the server has no place for one more room; try again later retry=5\n");
}

/// Somebody who comes from an address that is not this machine's.
fn come_from(ip: &str, site: &Arc<Site>) -> DuplexStream {
    let (near, far) = duplex(1 << 16);
    let (caller, ending) = (Caller::from(ip.parse().unwrap()), Ending::of(&CancellationToken::new()));
    tokio::spawn(session::lines(far, session::PERSON, RoomName::lobby(), caller, Arc::clone(site), ending));
    near
}

/// All that is answered to some lines, up to one that begins so.
async fn answer(mut peer: DuplexStream, lines: &str, last: &str) -> String {
    peer.write_all(lines.as_bytes()).await.unwrap();
    let mut answers = BufReader::new(peer).lines();
    loop {
        let answer = answers.next_line().await.unwrap().unwrap();
        if answer.contains(last) {
            return answer;
        }
    }
}

#[tokio::test]
async fn an_address_that_has_begun_many_rooms_waits_whatever_it_speaks() {
    let server = server();
    let site = Arc::clone(&server.site);
    tokio::spawn(server.run(std::future::pending()));
    let shots: Vec<_> = (0..101).map(|room| format!("/say@new{room} x\n")).collect();
    let ana = "203.0.113.7";
    let refused = answer(come_from(ana, &site), &shots.concat(), "err ").await;
    assert!(refused.starts_with("err rate your address has begun many rooms; begin one more in "), "{refused}");
    assert!(refused.contains(" retry="), "{refused}");
    let line = answer(come_from(ana, &site), "/join more\nx\n", "! ").await;
    assert!(line.starts_with("! not sent: your address has begun many rooms; "), "{line}");
    let hello = r#"{"t":"hello","v":1,"client":"client-ana","room":"more"}"#;
    let say = r#"{"t":"say","cid":"k1","text":"x"}"#;
    let frame = answer(come_from(ana, &site), &format!("{hello}\n{say}\n"), "refused").await;
    assert!(frame.contains(r#""cid":"k1""#) && frame.contains(r#""code":"rate""#), "{frame}");
    assert!(frame.contains(r#""retry_ms":"#) && !frame.contains(r#""retry_ms":null"#), "{frame}");
    // Where something was said it goes on, and others begin what they like.
    assert_eq!(answer(come_from(ana, &site), "/say@new7 y\n", "#").await, "ok #2");
    assert_eq!(answer(come_from("203.0.113.8", &site), "/say@more x\n", "#").await, "ok #1");
}
