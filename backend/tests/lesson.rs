//! The client of everybody's first socket lesson: it connects, sends without a newline, and reads once.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use tokio::task::spawn_blocking;

use crate::common::{JsonPeer, LinePeer, PATIENCE, TestServer, Way, soon};

/// A blocking socket, as the lesson has it. What blocks too long fails.
fn socket(addr: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// `socket.recv(1024).decode()`
fn recv(socket: &mut TcpStream) -> String {
    let mut bytes = [0; 1024];
    let read = socket.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..read].to_vec()).unwrap()
}

/// The lesson's own thread.
async fn lesson<T: Send + 'static>(client: impl FnOnce() -> T + Send + 'static) -> T {
    soon("the end of the lesson", spawn_blocking(client)).await.unwrap()
}

#[tokio::test]
async fn a_client_that_speaks_first_is_heard_and_hears_the_answer() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    let client = spawn_blocking(move || {
        let mut socket = socket(addr);
        socket.write_all(b"hello").unwrap();
        recv(&mut socket)
    });
    let said = ana.said().await;
    assert_eq!(said.text, "hello");
    ana.say("k1", "welcome").await;
    assert_eq!(soon("the answer", client).await.unwrap(), "<ana> welcome\n", "and nothing before it: no banner");
}

#[tokio::test]
async fn a_client_that_waits_first_is_welcome() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    let client = lesson(move || {
        let mut socket = socket(addr);
        let banner = recv(&mut socket);
        socket.write_all("你好".as_bytes()).unwrap();
        (banner, socket)
    });
    let (banner, _open) = client.await;
    assert!(banner.starts_with("* Welcome to lobby on "), "{banner}");
    assert_eq!(ana.said().await.text, "你好");
}

#[tokio::test]
async fn last_words_count_though_the_answer_is_not_read() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    lesson(move || {
        let mut socket = socket(addr);
        // The banner is there, and closing with it unread resets the connection.
        assert!(socket.peek(&mut [0; 1]).unwrap() > 0);
        socket.write_all("last words\n".as_bytes()).unwrap();
    })
    .await;
    assert_eq!(ana.said().await.text, "last words");
}

#[tokio::test]
async fn each_send_of_a_chat_loop_is_a_message() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut pupil = LinePeer::connect(&server).await;
    for text in ["one", "two", "three and more"] {
        pupil.send(text).await;
        assert_eq!(ana.said().await.text, text);
        ana.say(text, &format!("I heard {text}")).await;
        assert_eq!(pupil.line().await, format!("<ana> I heard {text}"));
        ana.said().await;
    }
}

#[tokio::test]
async fn a_character_in_pieces_is_a_character() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    for ending in ["\n", "\r\n", ""] {
        let mut pupil = LinePeer::connect(&server).await;
        let text = "天气 🦊 é";
        for byte in text.as_bytes() {
            pupil.send([*byte]).await;
            // A turn of the server, so that it reads each byte on its own.
            ana.settle().await;
        }
        pupil.send(ending).await;
        if ending.is_empty() {
            pupil.say_no_more().await;
        }
        assert_eq!(ana.said().await.text, text);
    }
}

#[tokio::test]
async fn a_pipe_says_every_line_and_is_closed() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    let heard = lesson(move || {
        let mut socket = socket(addr);
        socket.write_all(b"a\nb").unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut heard = String::new();
        socket.read_to_string(&mut heard).unwrap();
        heard
    })
    .await;
    assert_eq!(heard, "", "a pipe is told nothing that it did not ask for");
    let (a, b) = (ana.said().await, ana.said().await);
    assert_eq!((a.text.as_str(), b.text.as_str(), b.prev), ("a", "b", a.seq));
}

#[tokio::test]
async fn a_long_pipe_is_saved_to_its_last_line() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    lesson(move || {
        let mut socket = socket(addr);
        for i in 0..1000 {
            writeln!(socket, "line {i}").unwrap();
        }
        // Closed at once, as a program does that ends.
    })
    .await;
    for i in 0..1000 {
        assert_eq!(ana.said().await.text, format!("line {i}"));
    }
}

#[tokio::test]
async fn a_pipe_that_does_not_wait_is_saved_though_others_talk() {
    let server = TestServer::with(&["--burst", "20", "--per-second", "200"]);
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let addr = server.tcp;
    lesson(move || {
        let mut socket = socket(addr);
        for i in 0..100 {
            writeln!(socket, "line {i}").unwrap();
        }
    })
    .await;
    // What ana says is written to a socket that is closed; most of what came from it is not read by then.
    let mut pasted = Vec::new();
    ana.say("k1", "hello?").await;
    while pasted.len() < 100 {
        let said = ana.said().await;
        if said.from != "ana" {
            pasted.push(said.text);
        }
    }
    assert_eq!(pasted, (0..100).map(|i| format!("line {i}")).collect::<Vec<_>>());
}
