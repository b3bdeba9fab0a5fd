//! Passwords, invitations, operators' tokens, rooms to read.

use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, ClientFrame, Code, Hello, NoticeCode, ServerFrame};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, hello};

const CLOSED: [&str; 4] = ["--password", "open sesame", "--room-password", "ops=for ops"];

fn with(password: Option<&str>, room: &str) -> Hello {
    Hello { password: password.map(str::to_owned), room: Some(room.to_owned()), ..hello("ana") }
}

/// What a hello is answered, and how the connection ends if it does.
async fn answer(server: &TestServer, way: Way, hello: Hello) -> (Vec<Code>, Option<ByeCode>, Option<u16>) {
    let mut peer = JsonPeer::connect(server, way).await;
    peer.send(&ClientFrame::Hello(hello)).await;
    let (mut codes, mut bye) = (Vec::new(), None);
    loop {
        match peer.try_next().await {
            Ok(ServerFrame::Welcome(_)) => return (codes, None, None),
            Ok(ServerFrame::Refused { code, .. }) => codes.push(code),
            Ok(ServerFrame::Bye { code, .. }) => bye = Some(code),
            Ok(other) => panic!("{other:?}"),
            Err(close) => return (codes, bye, close),
        }
    }
}

#[tokio::test]
async fn lines_without_a_word_are_read_no_faster_than_others() {
    let limits = ["--burst", "5", "--per-second", "10"];
    let server = TestServer::with(&[&CLOSED[..], &limits].concat());
    let mut person = LinePeer::connect(&server).await;
    assert_eq!(person.line().await, "* lobby asks for a password: type it and press Enter");
    let start = Instant::now();
    person.send("\n".repeat(15) + "/quit\n").await;
    person.rest().await;
    assert!(start.elapsed() > Duration::from_millis(800), "all were read within {:?}", start.elapsed());
}

#[tokio::test]
async fn a_program_gives_the_password_in_its_hello() {
    let server = TestServer::with(&CLOSED);
    for way in [Way::Web, Way::Api] {
        let closed = (vec![Code::Password], Some(ByeCode::Password), Some(4001));
        let asked = (vec![], Some(ByeCode::Password), Some(4001));
        assert_eq!(answer(&server, way, with(None, "lobby")).await, asked, "none");
        assert_eq!(answer(&server, way, with(Some("open sesame"), "ops")).await, closed, "another room's");
        let open = (vec![], None, None);
        assert_eq!(answer(&server, way, with(Some("open sesame"), "lobby")).await, open);
        assert_eq!(answer(&server, way, with(Some("for ops"), "ops")).await, open);
    }
    let lines = answer(&server, Way::Lines, with(Some("wrong"), "lobby")).await;
    assert_eq!(lines, (vec![Code::Password], Some(ByeCode::Password), None));
}

#[tokio::test]
async fn five_wrong_words_and_then_none_is_listened_to_for_a_minute() {
    let server = TestServer::with(&CLOSED);
    let mut ana = JsonPeer::connect(&server, Way::Web).await;
    ana.greet(with(Some("open sesame"), "lobby")).await;
    ana.until_live().await;
    for guess in 0..5 {
        let (codes, ..) = answer(&server, Way::Api, with(Some(&format!("guess {guess}")), "lobby")).await;
        assert_eq!(codes, [Code::Password]);
    }
    let (codes, bye, _) = answer(&server, Way::Api, with(Some("open sesame"), "lobby")).await;
    assert_eq!((codes, bye), (vec![Code::Rate], Some(ByeCode::Password)), "not even to the right one");
    let mut person = LinePeer::connect(&server).await;
    assert_eq!(person.line().await, "* lobby asks for a password: type it and press Enter");
    person.say("open sesame").await;
    let words = person.rest().await;
    assert!(words[0].starts_with("! too many wrong passwords came from your address; try again in "), "{words:?}");
    ana.say_and_see("k1", "who is in stays in").await;
}

#[tokio::test]
async fn a_person_is_asked_until_it_is_right() {
    let server = TestServer::with(&CLOSED);
    let mut person = LinePeer::connect(&server).await;
    for wrong in ["sesame", "hello?"] {
        assert_eq!(person.line().await, "* lobby asks for a password: type it and press Enter");
        person.say(wrong).await;
        assert_eq!(person.line().await, "! wrong password");
    }
    person.line().await;
    person.say("open sesame").await;
    person.until("-- live --").await;
    person.say("/join ops").await;
    assert_eq!(person.line().await, "! it is /join ROOM PASSWORD: that room asks for one");
    person.say("/join ops for ops").await;
    person.until("-- live --").await;
    person.say("/join garden").await;
    person.until("-- live --").await;
}

#[tokio::test]
async fn a_question_for_help_is_no_guess() {
    let server = TestServer::with(&[&CLOSED[..], &["--per-second", "0"]].concat());
    let mut person = LinePeer::connect(&server).await;
    for _ in 0..9 {
        assert_eq!(person.line().await, "* lobby asks for a password: type it and press Enter");
        person.say("/help").await;
    }
    person.line().await;
    person.say("open sesame").await;
    person.until("-- live --").await;
}

#[tokio::test]
async fn a_script_gives_it_in_its_first_line() {
    let server = TestServer::with(&CLOSED);
    let mut ana = JsonPeer::connect(&server, Way::Web).await;
    ana.greet(with(Some("open sesame"), "lobby")).await;
    ana.until_live().await;
    let says = async |lines: &str| {
        let mut script = LinePeer::over(connect(server.tcp).await);
        script.send(lines).await;
        script.say_no_more().await;
        script.rest().await
    };
    assert_eq!(says("/say no\n").await, ["err password a password is needed"]);
    assert_eq!(says("/password open sesame\n/say disk 91%\n").await, ["ok #1"]);
    assert_eq!(says("/password for ops\n/say@ops disk 92%\n").await, ["ok #1"]);
    assert_eq!(says("/password for ops\n/say no\n").await, ["err password wrong password"]);
    let refused = says("piped\n").await;
    assert_eq!(refused[0], "! not sent: a password is needed");
    assert_eq!(refused[1], "* lobby asks for a password: begin with /password WORD");
    says("/password open sesame\npiped\n").await;
    let heard = [ana.said().await.text, ana.said().await.text];
    assert_eq!(heard, ["disk 91%", "piped"]);
}

#[tokio::test]
async fn a_token_makes_an_operator_of_a_terminal_and_of_a_program() {
    let server = TestServer::with(&["--per-second", "0", "--op-token", "let me", "--op-token", "me too"]);
    let mut bob = JsonPeer::join(&server, Way::Web, "bob").await;
    let mut ana = LinePeer::named(&server, "ana").await;
    ana.say("/kick bob").await;
    assert_eq!(ana.line().await, "! only the operator may do that");
    ana.say("/op wrong").await;
    assert_eq!(ana.line().await, "! wrong password");
    ana.say("/op let me").await;
    assert_eq!(ana.line().await, "* you may moderate now; /help tells what there is");
    ana.say("/lock").await;
    bob.until("the lock", |frame| matches!(frame, ServerFrame::Notice { .. })).await;
    bob.say("k1", "may I?").await;
    bob.until("a refusal", |frame| matches!(frame, ServerFrame::Refused { code: Code::Locked, .. })).await;
    bob.send(&ClientFrame::Command { n: Some(1), line: "/op me too".to_owned() }).await;
    bob.until("an answer", |frame| matches!(frame, ServerFrame::Notice { code: NoticeCode::Done, .. })).await;
    assert_eq!(bob.say_and_see("k2", "I may").await.text, "I may");
    ana.say("/quit").await;
    ana.rest().await;
    for line in ["/quit", "quit"] {
        bob.send(&ClientFrame::Command { n: Some(2), line: line.to_owned() }).await;
        bob.until("a refusal", |frame| {
            matches!(frame, ServerFrame::Refused { code: Code::NotAllowed, n: Some(2), .. })
        })
        .await;
    }
    assert_eq!(bob.say_and_see("k3", "the server is still there").await.from, "bob");
}

#[tokio::test]
async fn where_there_is_no_token_nobody_becomes_operator() {
    let server = TestServer::start();
    let mut ana = LinePeer::named(&server, "ana").await;
    ana.say("/op anything").await;
    assert_eq!(ana.line().await, "! only the operator may do that");
}

#[tokio::test]
async fn an_invitation_opens_the_room_it_was_made_in() {
    let server = TestServer::with(&["--password", "sesame", "--op-token", "op"]);
    let mut ana = LinePeer::connect(&server).await;
    ana.line().await;
    ana.say("sesame").await;
    ana.until("-- live --").await;
    ana.say("/op op").await;
    ana.line().await;
    ana.say("/invite 1h").await;
    let link = ana.line().await;
    let (page, word) = link.split_once("/r/lobby#").unwrap();
    assert_eq!(page, format!("* good for 1 h: http://localhost:{}", server.http.port()));
    assert_eq!(ana.line().await, format!("* in a terminal, as the password: {word}"));
    assert_eq!(answer(&server, Way::Web, with(Some(word), "lobby")).await.0, []);
    assert_eq!(answer(&server, Way::Web, with(Some(word), "garden")).await.0, [Code::Password]);
    let mut guest = LinePeer::connect(&server).await;
    guest.line().await;
    guest.say(word).await;
    guest.until("-- live --").await;
    guest.say("/join garden").await;
    assert_eq!(guest.line().await, "! it is /join ROOM PASSWORD: that room asks for one");
    guest.say("/join garden sesame").await;
    guest.until("-- live --").await;
    let mut script = LinePeer::over(connect(server.tcp).await);
    script.send(format!("/password {word}\n/say here\n/say@garden there\n")).await;
    script.say_no_more().await;
    assert_eq!(script.rest().await, ["ok #1", "err password wrong password"]);
}

#[tokio::test]
async fn a_room_to_read_is_spoken_in_by_operators_alone() {
    let server = TestServer::with(&["--read-only", "news", "--op-token", "op"]);
    let mut reader = JsonPeer::connect(&server, Way::Web).await;
    reader.greet(with(None, "news")).await;
    reader.until_live().await;
    reader.say("k1", "me too").await;
    reader.until("a refusal", |frame| matches!(frame, ServerFrame::Refused { code: Code::Locked, .. })).await;
    let mut script = LinePeer::over(connect(server.tcp).await);
    script.send("/say@news me three\n").await;
    assert_eq!(script.rest().await, ["err locked the operator has locked this room"]);
    let mut editor = LinePeer::person(&server).await;
    editor.say("/op op").await;
    editor.line().await;
    editor.say("/join news").await;
    editor.until("-- live --").await;
    editor.say("extra, extra").await;
    assert_eq!(reader.said().await.text, "extra, extra");
}

#[tokio::test]
async fn a_browsers_late_hello_is_taken_where_a_person_would_be_asked() {
    let server = TestServer::with(&CLOSED);
    let mut slow = LinePeer::connect(&server).await;
    assert_eq!(slow.line().await, "* lobby asks for a password: type it and press Enter");
    slow.send("{\"t\":\"hello\",\"v\":1,\"client\":\"client-slow\",\"password\":\"open sesame\"}\n").await;
    assert!(slow.line().await.starts_with("{\"t\":\"welcome\""));
}
