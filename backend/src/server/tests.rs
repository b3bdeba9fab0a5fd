//! What a peer hears of a server without place for one more room.

use std::sync::Arc;

use clap::Parser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Server;
use crate::config::Config;
use crate::hub::{Entrance, Hub, ROOMS};
use crate::name::RoomName;

/// A server with as many rooms as there may be, into all of which somebody is just coming; and where lines come in.
async fn full() -> (Vec<Entrance>, String) {
    let options = ["commonroom", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db", ":memory:"];
    let server = Server::bind(&Config::parse_from(options)).unwrap();
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
