//! What a terminal and a script can do beyond talking, and who has come to the wrong door.

use std::time::Instant;

use commonroom_protocol::{ClientFrame, Hello, ServerFrame};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello};

/// What other protocols say first, and how the answer begins.
const STRANGERS: [(&[u8], &[u8]); 9] = [
    (b"GET /r/ops HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://"),
    (b"HEAD / HTTP/1.0\r\n\r\n", b"HTTP/1.1 302 Found\r\n"),
    (b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nhello\n", b"HTTP/1.1 421 Misdirected Request\r\n"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\x04\0\0\0\0\0\0"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", b"This is Commonroom, a chat room, and no SSH. Come in with: nc "),
    // STUN, as browsers send it by TCP for TURN and for ICE: of who is there nobody hears of it.
    (b"\0\x03\0\x08!\x12\xa4B0123456789ab\0\x19\0\x04\x11\0\0\0", b"! this is a port for lines of text"),
    (b"\0\x0a\0\x01\0\x0a!\x12\xa4Bhello\n", b"! this is a port for lines of text"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x15\x03\x03\x00\x02"),
    (b"BREW /pot HTTP/1.1\r\n\r\n", b"HTTP/1.1 421 Misdirected Request\r\n"),
];

/// Everything that the room has been told since it was joined, up to a message of one's own.
async fn told(ana: &mut JsonPeer, cid: &str) -> Vec<ServerFrame> {
    ana.say(cid, cid).await;
    let mut told = ana.until_said(cid).await;
    told.retain(|frame| !matches!(frame, ServerFrame::Live { .. } | ServerFrame::Welcome(_)));
    told
}

#[tokio::test]
async fn who_speaks_another_protocol_is_answered_in_it_and_never_comes_in() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    told(&mut ana, "begin").await;
    for (opening, answer) in STRANGERS {
        let mut whole = LinePeer::connect(&server).await;
        whole.send(opening).await;
        let got = whole.rest_of_bytes().await;
        assert!(got.starts_with(answer), "{opening:?}: {:?}", String::from_utf8_lossy(&got));

        // A byte at a time, until the server has heard enough.
        let mut slow = LinePeer::connect(&server).await;
        for byte in opening {
            slow.send([*byte]).await;
            tokio::task::yield_now().await;
        }
        let got = slow.rest_of_bytes().await;
        assert!(got.starts_with(answer), "{opening:?}, slowly: {:?}", String::from_utf8_lossy(&got));
    }
    assert_eq!(told(&mut ana, "end").await, [], "something came of it");
}

#[tokio::test]
async fn a_browsers_spare_connection_and_a_look_at_the_port_are_nobody() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    told(&mut ana, "begin").await;
    drop(LinePeer::connect(&server).await);
    let mut looks = LinePeer::connect(&server).await;
    looks.say_no_more().await;
    assert_eq!(looks.rest().await, [""; 0]);

    let mut spare = LinePeer::connect(&server).await;
    let mut browser = LinePeer::connect(&server).await;
    browser.send(b"GET / HTTP/1.1\r\n\r\n").await;
    browser.rest_of_bytes().await;
    // Longer than it takes to be a person: what shall not come can't be waited for otherwise.
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(told(&mut ana, "end").await, [], "somebody came");
    // It may be a person all the same, who has something to say.
    spare.say("hello").await;
    assert_eq!(ana.said().await.text, "hello");
}

#[tokio::test]
async fn the_spare_connection_of_a_browser_that_took_its_time_is_nobody() {
    let server = TestServer::start();
    let mut browser = LinePeer::person(&server).await;
    browser.send(b"GET / HTTP/1.1\r\n\r\n").await;
    browser.rest_of_bytes().await;
    let mut spare = LinePeer::connect(&server).await;
    // Longer than it takes to be a person: what shall not come can't be waited for otherwise.
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(spare.settle().await, [""; 0], "it was welcomed");
}

#[tokio::test]
async fn a_request_that_comes_after_the_banner_is_no_message_either() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut late = LinePeer::person(&server).await;
    late.send(b"POST / HT").await;
    late.send(b"TP/1.1\r\nContent-Length: 6\r\n\r\nhello\n").await;
    assert!(late.rest_of_bytes().await.starts_with(b"HTTP/1.1 421 "));
    let told = told(&mut ana, "end").await;
    assert!(!told.iter().any(|frame| matches!(frame, ServerFrame::Said(_))), "{told:?}");
}

#[tokio::test]
async fn from_the_second_line_on_a_request_is_just_words() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::connect(&server).await;
    bob.send(b"hi\nGET / HTTP/1.1\n").await;
    assert_eq!([ana.said().await.text, ana.said().await.text], ["hi", "GET / HTTP/1.1"]);
}

#[tokio::test]
async fn a_script_says_one_line_and_is_sent_home() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    told(&mut ana, "begin").await;
    let start = Instant::now();
    let mut script = LinePeer::connect(&server).await;
    script.say("/say disk 91%").await;
    // It never closes its side: the server does.
    assert_eq!(script.rest().await, ["ok #2"]);
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    let said = ana.said().await;
    assert_eq!((said.text.as_str(), said.via), ("disk 91%", commonroom_protocol::Via::Api));
    assert!(said.from.starts_with("guest-"), "{}", said.from);
    assert_eq!(told(&mut ana, "end").await, [], "it took a place in the roster");
}

#[tokio::test]
async fn a_script_names_itself_and_the_room() {
    let server = TestServer::start();
    let mut ops = join(&server, "ops", "ana").await;
    let mut script = LinePeer::connect(&server).await;
    script.send("/as ci\n/say@Ops main is green\n/say in the lobby\nand so is this\n").await;
    assert_eq!(script.rest().await, ["ok #1", "ok #1", "ok #2"]);
    let said = ops.said().await;
    assert_eq!((said.from.as_str(), said.text.as_str()), ("ci", "main is green"));
    let lobby = LinePeer::person(&server).await;
    let words: Vec<&str> =
        lobby.banner.iter().filter_map(|line| line.split_once(' ').map(|(_, words)| words)).collect();
    assert!(words.contains(&"<ci> in the lobby") && words.contains(&"<ci> and so is this"), "{words:?}");
}

#[tokio::test]
async fn a_script_that_cannot_be_obeyed_is_told_why_by_code() {
    let server = TestServer::start();
    let _bob = LinePeer::named(&server, "bob").await;
    let only = ["err unknown no", "in a script: its lines are /say TEXT and /as NAME"];
    for (lines, answer) in [
        ("/as bob\n/say hi\n", "err nick_taken bob is taken"),
        ("/as root\n/say hi\n", "err nick_bad that name is the server's own"),
        ("/say   \n", "err empty there is nothing to see in it"),
        ("/say@a/b hi\n", "err room_bad a room's name is 1 to 32 letters, digits, - _ or ."),
        ("/say hi\n/shout\nand on\n", &format!("ok #1|{} /shout {}|ok #2", only[0], only[1])),
        ("/say hi\n/me waves\n", &format!("ok #3|{} /me {}", only[0], only[1])),
        ("/say\n", "err empty there is nothing to see in it"),
        ("/as\n/say hi\n", "err nick_bad a name has at least one character"),
        ("/as \n/say hi\n", "err nick_bad a name has at least one character"),
        ("/as@ops ci\n/say hi\n", &format!("{} /as@ops {}", only[0], only[1])),
        ("/AS bob\n/SAY hi\n", "err nick_taken bob is taken"),
        ("/SAY hi\n", "ok #4"),
        ("/say\thi\n", "ok #5"),
        ("\n\r\n/say hi\n", "ok #6"),
        (&format!("/say {}\n", "x".repeat(4096)), "ok #7"),
        (&format!("/say {}\n", "x".repeat(4097)), "err too_long 4,097 bytes, the limit is 4,096"),
    ] {
        let mut script = LinePeer::connect(&server).await;
        script.send(lines).await;
        assert_eq!(script.rest().await.join("|"), answer, "{lines:?}");
    }
}

#[tokio::test]
async fn a_script_whose_name_cannot_be_read_says_nothing() {
    let server = TestServer::start();
    for name in [b"caf\xe9".to_vec(), vec![b'x'; 5000]] {
        let mut script = LinePeer::connect(&server).await;
        script.send([b"/as ", &name[..], b"\n/say hi\n"].concat()).await;
        let told = script.rest().await;
        assert!(told.len() == 1 && told[0].starts_with("err "), "{told:?}");
    }
}

#[tokio::test]
async fn say_in_a_session_is_confirmed_and_stays() {
    let server = TestServer::start();
    let mut bob = LinePeer::named(&server, "bob").await;
    bob.say("/say one").await;
    assert_eq!(bob.line().await, "* saved #1");
    bob.say("two").await;
    assert_eq!(bob.settle().await, [""; 0]);
    bob.say("/ack on").await;
    bob.line().await;
    bob.say("three").await;
    assert_eq!(bob.line().await, "* saved #3");
}

#[tokio::test]
async fn one_goes_to_another_room_and_keeps_the_name() {
    let server = TestServer::start();
    let mut ops = join(&server, "ops", "ana").await;
    ops.say("k1", "anybody?").await;
    ops.until_said("anybody?").await;
    let mut lobby = LinePeer::person(&server).await;
    let mut bob = LinePeer::named(&server, "bob").await;
    bob.say("/join lobby").await;
    assert_eq!(bob.line().await, "* you are in lobby");
    bob.say("/join #Ops").await;
    let banner = bob.until("-- live --").await;
    assert!(banner[0].starts_with("* Welcome to ops on ") && banner[0].contains("You are bob; 2 here: "), "{banner:?}");
    assert!(banner.last().is_some_and(|line| line.ends_with(" <ana> anybody?")), "{banner:?}");
    lobby.until("* bob left").await;
    bob.say("here I am").await;
    let said = ops.said().await;
    assert_eq!((said.from.as_str(), said.text.as_str()), ("bob", "here I am"));
    bob.say("/join a/b").await;
    assert_eq!(bob.line().await, "! a room's name is 1 to 32 letters, digits, - _ or .");
}

#[tokio::test]
async fn the_rooms_are_told_with_how_many_are_in_each() {
    let server = TestServer::start();
    let mut ana = join(&server, "ops", "ana").await;
    let _cy = join(&server, "ops", "cy").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    bob.say("/rooms").await;
    assert_eq!(bob.line().await, "* rooms: ops(2) lobby(1)");
    ana.send(&ClientFrame::Rooms { n: Some(4) }).await;
    let frames = ana.until("the rooms", |frame| matches!(frame, ServerFrame::Rooms { .. })).await;
    let Some(ServerFrame::Rooms { n, rooms }) = frames.last() else { panic!("{frames:?}") };
    let rooms: Vec<_> = rooms.iter().map(|room| (room.room.as_str(), room.here)).collect();
    assert_eq!((*n, rooms), (Some(4), vec![("ops", 2), ("lobby", 1)]));
}

#[tokio::test]
async fn a_port_may_lead_to_a_room_of_its_own() {
    let server = TestServer::with(&["--tcp", "127.0.0.1:0=ops"]);
    let mut ana = join(&server, "ops", "ana").await;
    let mut script = LinePeer::connect(&server).await;
    script.say("/say from the side door").await;
    assert_eq!(script.rest().await, ["ok #1"]);
    assert_eq!(ana.said().await.text, "from the side door");
    let bob = LinePeer::person(&server).await;
    assert!(bob.banner[0].starts_with("* Welcome to ops on "), "{:?}", bob.banner);
}

#[tokio::test]
async fn what_was_said_is_told_again_by_number() {
    let server = TestServer::start();
    let mut bob = LinePeer::named(&server, "bob").await;
    for number in 1..=5 {
        bob.say(&format!("line {number}")).await;
    }
    bob.settle().await;
    let words = |lines: Vec<String>| -> Vec<String> {
        let said = lines.into_iter().filter(|line| line.contains("<bob>"));
        said.filter_map(|line| line.split_once("<bob> ").map(|(_, words)| words.to_owned())).collect()
    };
    bob.say("/last 2").await;
    assert_eq!(words(bob.until("-- live --").await), ["line 4", "line 5"]);
    assert_eq!(bob.settle().await, [""; 0], "there is nothing after the last");
    bob.say("/since #3").await;
    assert_eq!(words(bob.until("-- live --").await), ["line 4", "line 5"]);
    bob.say("/since 0").await;
    assert_eq!(words(bob.until("-- live --").await).len(), 5);
    for (line, usage) in [
        ("/last", "! it is /last N, with N from 1 to 200"),
        ("/last 0", "! it is /last N, with N from 1 to 200"),
        ("/since yesterday", "! it is /since #SEQ, such as /since #1303, or /since 10m"),
    ] {
        bob.say(line).await;
        assert_eq!(bob.line().await, usage);
    }
}

#[tokio::test]
async fn a_name_rings_the_bell_of_whoever_wants_it() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    ana.say_and_see("k1", "bob?").await;
    assert_eq!(bob.said().await, "<ana> bob?");
    bob.say("/bell on").await;
    assert_eq!(bob.line().await, "* your name rings the bell from now on");
    for (cid, text, line) in
        [("k2", "bobby and kebob", "<ana> bobby and kebob"), ("k3", "see you, Bob!", "\u{7}<ana> see you, Bob!")]
    {
        ana.say_and_see(cid, text).await;
        assert_eq!(bob.line().await, line);
    }
    bob.say("I am bob").await;
    assert_eq!(bob.settle().await, [""; 0], "one's own words ring");
    bob.say("/bell off").await;
    bob.line().await;
    ana.say_and_see("k4", "bob!").await;
    assert_eq!(bob.line().await, "<ana> bob!");
}

#[tokio::test]
async fn a_terminal_becomes_a_program_by_a_word() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    ana.until("bob", |frame| matches!(frame, ServerFrame::Renamed { to, .. } if to == "bob")).await;
    bob.say("/json").await;
    ana.until("the end of bob", |frame| *frame == ServerFrame::Left { nick: "bob".to_owned() }).await;
    bob.say(r#"{"t":"hello","v":1,"client":"the-new-bob","nick":"rob"}"#).await;
    let welcome = bob.line().await;
    assert!(welcome.starts_with(r#"{"t":"welcome""#) && welcome.contains(r#""you":"rob""#), "{welcome}");
}

async fn join(server: &TestServer, room: &str, nick: &str) -> JsonPeer {
    let mut peer = JsonPeer::connect(server, Way::Web).await;
    peer.greet(Hello { room: Some(room.to_owned()), nick: Some(nick.to_owned()), ..hello(nick) }).await;
    peer.until_live().await;
    peer
}
