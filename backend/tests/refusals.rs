//! Bad input is told to whoever sent it, and harms nobody else.

use commonroom_protocol::{ByeCode, ClientFrame, Code, Hello, Said, Seq, ServerFrame};
use tokio_tungstenite::tungstenite::Message;

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello};

/// Somebody who sees everything that reaches the room: it must be nothing but what was meant.
struct Witness {
    frames: JsonPeer,
    lines: LinePeer,
    rounds: usize,
}

impl Witness {
    async fn new(server: &TestServer) -> Witness {
        let lines = LinePeer::program(server).await;
        Witness { frames: JsonPeer::join(server, Way::Web, "witness").await, lines, rounds: 0 }
    }

    /// The server lives, and nothing has been said since the last time.
    async fn heard_nothing(&mut self) {
        assert_eq!(self.heard().await, [""; 0]);
    }

    /// What has been said since the last time.
    async fn heard(&mut self) -> Vec<String> {
        self.rounds += 1;
        let end = format!("round {}", self.rounds);
        self.frames.say(&end, &end).await;
        let lines = self.lines.until(&format!("<witness> {end}")).await;
        let frames = self.frames.until_said(&end).await;
        let said: Vec<Said> = crate::common::messages(&frames);
        assert_eq!(said.len(), lines.len(), "{said:?} and {lines:?}");
        said.into_iter().map(|said| said.text).collect()
    }
}

/// The next frame refuses with this code, and names these.
async fn assert_refused(peer: &mut JsonPeer, cid: Option<&str>, n: Option<u64>, code: Code) -> String {
    match peer.next().await {
        ServerFrame::Refused { cid: cid_told, n: n_told, code: code_told, message, .. } => {
            assert_eq!((cid_told.as_deref(), n_told, code_told), (cid, n, code), "{message}");
            assert!(!message.is_empty());
            message
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn frames_that_are_none_are_refused_and_the_connection_lives() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    for way in Way::ALL {
        let mut eve = JsonPeer::connect(&server, way).await;
        eve.greet(Hello { nick: None, ..hello("") }).await;
        eve.until_live().await;
        for bad in ["{", "{]", "{\"t\":", "{}", "{\"t\":7}", "nonsense", "[1,2]", "null", "\"say\"", "{\"t\":\"say\"}"]
        {
            eve.send_text(bad).await;
            assert_refused(&mut eve, None, None, Code::BadFrame).await;
        }
        eve.send_text(r#"{"t":"dance","n":4}"#).await;
        assert_refused(&mut eve, None, Some(4), Code::Unknown).await;
        eve.send_text(r#"{"t":"say","cid":"k1","text":7}"#).await;
        assert_refused(&mut eve, Some("k1"), None, Code::BadFrame).await;
        eve.send_text(&format!("{}{}", "[".repeat(5000), "]".repeat(5000))).await;
        assert_refused(&mut eve, None, None, Code::BadFrame).await;
        eve.send(&ClientFrame::Hello(hello("eve"))).await;
        assert_refused(&mut eve, None, None, Code::BadFrame).await;
        witness.heard_nothing().await;
        eve.say("k2", "still here").await;
        eve.until_said("still here").await;
        assert_eq!(witness.heard().await, ["still here"]);
    }
}

#[tokio::test]
async fn texts_that_cannot_be_said_are_refused_by_their_cid() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    eve.say("k1", &"x".repeat(4097)).await;
    let message = assert_refused(&mut eve, Some("k1"), None, Code::TooLong).await;
    assert_eq!(message, "4,097 bytes, the limit is 4,096");
    // Bytes, not characters.
    eve.say("k2", &"天".repeat(1366)).await;
    assert_refused(&mut eve, Some("k2"), None, Code::TooLong).await;
    for empty in ["", " ", "\n\n", "\u{200b}\u{2060}"] {
        eve.say("k3", empty).await;
        assert_refused(&mut eve, Some("k3"), None, Code::Empty).await;
    }
    eve.say("k4", &"x\n".repeat(100)).await;
    assert_refused(&mut eve, Some("k4"), None, Code::BadText).await;
    for cid in ["", "\u{7}", "é", "0123456789012345678901234567890123456"] {
        eve.say(cid, "a bad cid").await;
        assert_refused(&mut eve, Some(cid), None, Code::BadFrame).await;
    }
    witness.heard_nothing().await;
    // What was refused has not used up its cid, and what just fits is not refused.
    let longest = "天".repeat(1365);
    let said = eve.say_and_see("k1", &longest).await;
    assert_eq!(said.text, longest);
    assert_eq!(witness.heard().await, [longest]);
}

#[tokio::test]
async fn before_hello_nothing_else_is_taken() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    for way in Way::ALL {
        let mut eve = JsonPeer::connect(&server, way).await;
        eve.say("k1", "too early").await;
        assert_refused(&mut eve, Some("k1"), None, Code::NotJoined).await;
        eve.send(&ClientFrame::Who { n: Some(3) }).await;
        assert_refused(&mut eve, None, Some(3), Code::NotJoined).await;
        eve.send_text("{nonsense").await;
        assert_refused(&mut eve, None, None, Code::BadFrame).await;
        for client in ["", "short", "white space", &"x".repeat(65)] {
            eve.send(&ClientFrame::Hello(Hello { client: client.to_owned(), ..hello("eve") })).await;
            assert_refused(&mut eve, None, None, Code::BadFrame).await;
        }
        for room in ["", "a b", "../etc", "#ops", &"x".repeat(33)] {
            eve.send(&ClientFrame::Hello(Hello { room: Some(room.to_owned()), ..hello("eve") })).await;
            assert_refused(&mut eve, None, None, Code::RoomBad).await;
        }
        witness.heard_nothing().await;
        let welcome = eve.greet(Hello { nick: None, ..hello("") }).await;
        assert_eq!(welcome.room, "lobby", "a hello that is refused may be said again");
    }
}

#[tokio::test]
async fn another_version_is_sent_away() {
    let server = TestServer::start();
    for way in Way::ALL {
        let mut old = JsonPeer::connect(&server, way).await;
        old.send(&ClientFrame::Hello(Hello { v: 2, ..hello("old") })).await;
        let (frames, code) = old.rest().await;
        assert_eq!(frames, [ServerFrame::Bye { code: ByeCode::Version, after_ms: None }]);
        assert_eq!(code, if way == Way::Lines { None } else { Some(4003) });
    }
    Witness::new(&server).await.heard_nothing().await;
}

#[tokio::test]
async fn a_name_that_cannot_be_had_is_replaced_by_a_guests() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let names = [("TOM", Code::NickTaken), ("a b", Code::NickBad), ("<ana>", Code::NickBad), ("Server", Code::NickBad)];
    for (nick, code) in names {
        let mut eve = JsonPeer::connect(&server, Way::Web).await;
        let welcome = eve.greet(hello(nick)).await;
        assert!(welcome.you.starts_with("guest-"), "{nick} became {}", welcome.you);
        assert_refused(&mut eve, None, None, code).await;
        eve.until_live().await;
        eve.send(&ClientFrame::Nick { nick: nick.to_owned() }).await;
        assert_refused(&mut eve, None, None, code).await;
    }
    let mut eve = LinePeer::person(&server).await;
    let you = eve.banner[0].split("You are ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    eve.say("/nick Tom").await;
    assert_eq!(eve.line().await, format!("! Tom is taken; you are still {you}"));
    eve.say("/nick admin").await;
    assert_eq!(eve.line().await, format!("! that name is the server's own; you are still {you}"));
    eve.say("/nick eve").await;
    assert_eq!(eve.line().await, "* you are now eve");
    eve.say("/nick eva").await;
    assert_eq!(eve.line().await, "! too soon; try again in 5 s");
    tom.until(&format!("* {you} is now eve")).await;
}

#[tokio::test]
async fn a_terminal_is_told_why_a_line_is_not_sent() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let mut eve = LinePeer::program(&server).await;
    eve.say(&"x".repeat(5312)).await;
    assert_eq!(eve.line().await, "! not sent: 5,312 bytes, the limit is 4,096");
    eve.send(b"caf\xe9 \xff\n").await;
    assert_eq!(eve.line().await, "! not sent: not valid UTF-8 (byte 0xE9 at 3)");
    eve.say("   ").await;
    assert_eq!(eve.line().await, "! not sent: there is nothing to see in it");
    eve.say("/shutdown now").await;
    assert_eq!(eve.line().await, "! no /shutdown; /help tells what there is");
    eve.say("/quti").await;
    assert_eq!(eve.line().await, "! no /quti; did you mean /quit?");
    eve.say("/msg nobody psst").await;
    assert_eq!(eve.line().await, "! not sent: nobody here is called nobody");
    eve.say("\n\r").await;
    assert_eq!(eve.settle().await, [""; 0], "empty lines are not messages, and no fault");
    witness.heard_nothing().await;
    let longest = "x".repeat(4096);
    eve.say(&longest).await;
    assert_eq!(witness.heard().await, [longest]);
}

#[tokio::test]
async fn a_megabyte_without_an_end_is_told_and_closed() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let mut eve = LinePeer::program(&server).await;
    eve.send(vec![b'x'; (1 << 20) + 64 * 1024]).await;
    let told = eve.rest().await;
    assert!(matches!(&told[..], [why, bye] if why.starts_with("! not sent: 1,0") && bye.starts_with("* ")), "{told:?}");
    let mut eve = JsonPeer::join(&server, Way::Lines, "eve").await;
    eve.send_bytes(&vec![b'{'; (1 << 20) + 64 * 1024]).await;
    let (told, _) = eve.rest().await;
    assert_eq!(told.last(), Some(&ServerFrame::Bye { code: ByeCode::Policy, after_ms: None }));
    witness.heard_nothing().await;
}

#[tokio::test]
async fn frames_over_16_kib_are_too_big() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let mut eve = JsonPeer::join(&server, Way::Lines, "eve").await;
    eve.send_text(&format!("{{\"t\":\"ping\",\"pad\":\"{}\"}}", "x".repeat(16 * 1024))).await;
    let message = assert_refused(&mut eve, None, None, Code::TooLong).await;
    assert!(message.ends_with("the limit is 16,384"), "{message}");
    eve.settle().await;
    let mut eve = JsonPeer::join(&server, Way::Web, "web-eve").await;
    eve.send_text(&" ".repeat(16 * 1024)).await;
    assert_refused(&mut eve, None, None, Code::BadFrame).await;
    eve.send_text(&" ".repeat(16 * 1024 + 1)).await;
    assert_closed(&mut eve, 1009).await;
    // The same in many small fragments.
    let mut eve = JsonPeer::join(&server, Way::Api, "eve-api").await;
    eve.send_bytes(&masked(0x01, &[b' '; 100])).await;
    for _ in 0..170 {
        eve.send_bytes(&masked(0x00, &[b' '; 100])).await;
    }
    assert_closed(&mut eve, 1009).await;
    witness.heard_nothing().await;
}

/// A client's WebSocket frame with this first byte and a mask of zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    assert!(len < 126);
    [&[first, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

async fn assert_closed(peer: &mut JsonPeer, code: u16) {
    let (frames, closed) = peer.rest().await;
    assert_eq!(closed, Some(code), "{frames:?}");
}

#[tokio::test]
async fn whoever_breaks_the_rules_of_websockets_is_closed_with_the_right_code() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let say = br#"{"t":"say","cid":"k1","text":"forged"}"#;
    let unmasked = [&[0x81, u8::try_from(say.len()).unwrap()], &say[..]].concat();
    let bad: [(&str, Vec<u8>, u16); 8] = [
        ("unmasked", unmasked, 1002),
        ("a reserved bit", masked(0xc1, say), 1002),
        ("a reserved opcode", masked(0x83, say), 1002),
        ("a fragmented ping", masked(0x09, b"x"), 1002),
        ("a continuation of nothing", masked(0x80, say), 1002),
        ("not UTF-8", masked(0x81, b"{\"t\":\"say\",\"cid\":\"k1\",\"text\":\"caf\xe9\"}"), 1007),
        ("cut UTF-8", masked(0x81, b"\xe5\xa4"), 1007),
        ("a length with the top bit", vec![0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
    ];
    for joined in [true, false] {
        for (what, bytes, code) in &bad {
            let mut eve = JsonPeer::connect(&server, Way::Web).await;
            if joined {
                eve.greet(Hello { nick: None, ..hello("") }).await;
                eve.until_live().await;
            }
            eve.send_bytes(bytes).await;
            let (frames, closed) = eve.rest().await;
            assert_eq!(closed, Some(*code), "{what}: {frames:?}");
        }
        let mut eve = JsonPeer::connect(&server, Way::Web).await;
        eve.send_message(Message::binary(&say[..])).await;
        assert_closed(&mut eve, 1003).await;
    }
    witness.heard_nothing().await;
}

#[tokio::test]
async fn not_utf8_in_a_json_line_is_refused() {
    let server = TestServer::start();
    let mut witness = Witness::new(&server).await;
    let mut eve = JsonPeer::join(&server, Way::Lines, "eve").await;
    eve.send_bytes(b"{\"t\":\"say\",\"cid\":\"k1\",\"text\":\"caf\xe9\"}\n").await;
    assert!(matches!(eve.next().await, ServerFrame::Refused { code: Code::BadFrame | Code::BadText, .. }));
    assert_eq!(eve.say_and_see("k1", "café").await.prev, Seq(0));
    assert_eq!(witness.heard().await, ["café"]);
}

#[tokio::test]
async fn only_our_own_pages_may_open_the_websocket() {
    let server = TestServer::with(&["--allow-origin", "https://chat.example.org"]);
    let upgrade = |origin: &str| {
        let origin = if origin.is_empty() { String::new() } else { format!("origin: {origin}\r\n") };
        format!(
            "GET /ws HTTP/1.1\r\nhost: {}\r\n{origin}connection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            server.http
        )
    };
    let port = server.http.port();
    let others = ["http://evil.example", &format!("http://localhost:{port}"), "http://127.0.0.1:1"];
    let others = others.map(|origin| (origin, format!("--allow-origin {origin}")));
    let nobodys = ["null", "file://"].map(|origin| (origin, format!("pages of no site ({origin})")));
    for (origin, words) in others.into_iter().chain(nobodys) {
        let answer = server.http(&upgrade(origin).replace("connection: upgrade", "connection: upgrade, close")).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{origin}: {answer}");
        assert!(answer.contains(&words), "{origin}: {answer}");
    }
    for origin in ["", "https://chat.example.org", &format!("http://{}", server.http)] {
        let mut stream = LinePeer::over(crate::common::connect(server.http).await);
        stream.send(upgrade(origin)).await;
        assert_eq!(stream.line().await, "HTTP/1.1 101 Switching Protocols\r", "{origin:?}");
    }
    Witness::new(&server).await.heard_nothing().await;
}

#[tokio::test]
async fn what_is_no_upgrade_is_told_so() {
    let server = TestServer::start();
    let get = format!("GET /ws HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.http);
    let answer = server.http(&get).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("this is a WebSocket"), "{answer}");
    let answer = server.http(&get.replace("/ws", "/healthz")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok\n"), "{answer}");
}
