//! What the operator does at the console, as those see it whom it concerns.

use commonroom_protocol::{ByeCode, ClientFrame, Code, NoticeCode, ServerFrame, Via};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, hello};

const LOOPBACK: &str = "* nobody is let in from 127.0.0.1: that is this machine, and everybody who comes through a \
                        proxy on it; /unban 127.0.0.1 lifts it";

fn notice(code: NoticeCode, message: &str, about: Option<&str>) -> ServerFrame {
    ServerFrame::Notice { code, message: message.to_owned(), about: about.map(str::to_owned) }
}

/// Reads until this notice, and gives what came before it.
async fn until_notice(peer: &mut JsonPeer, expected: ServerFrame) -> Vec<ServerFrame> {
    let ServerFrame::Notice { code: wanted, .. } = expected else { panic!("no notice") };
    let is_it = |frame: &ServerFrame| matches!(frame, ServerFrame::Notice { code, .. } if *code == wanted);
    let mut frames = peer.until("a notice", is_it).await;
    assert_eq!(frames.pop(), Some(expected));
    frames
}

/// A say that must be refused with this code; gives the time to wait.
async fn refused(peer: &mut JsonPeer, cid: &str, expected: Code) -> Option<u64> {
    peer.say(cid, "may I?").await;
    let frames = peer.until("a refusal", |frame| matches!(frame, ServerFrame::Refused { .. })).await;
    match frames.last() {
        Some(ServerFrame::Refused { cid: Some(of), code, retry_ms, .. }) if of == cid => {
            assert_eq!(*code, expected);
            *retry_ms
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn banned() -> ServerFrame {
    ServerFrame::Bye { code: ByeCode::Banned, after_ms: None }
}

#[tokio::test]
async fn the_operator_talks_with_everybody() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut lesson = LinePeer::connect(&server).await;
    lesson.send("hello from the lesson").await;
    assert!(bob.said().await.ends_with("> hello from the lesson"));
    operator.say("good morning").await;
    assert_eq!(bob.said().await, "<operator> good morning");
    assert_eq!(lesson.said().await, "<operator> good morning");
    let said = loop {
        let said = ana.said().await;
        if said.from == "operator" {
            break said;
        }
    };
    assert_eq!((said.via, said.text.as_str()), (Via::Console, "good morning"));
    bob.say("morning").await;
    let seen = operator.until("<bob> morning").await;
    assert!(seen.contains(&"* ana joined (web)".to_owned()), "{seen:?}");
    assert!(
        !seen.iter().any(|line| line.contains("good morning")),
        "its own lines are on the screen already: {seen:?}"
    );
    bob.say("/msg Operator psst").await;
    operator.until("(bob whispers) psst").await;
    operator.ask("/nick bobby", "! the console always speaks as operator").await;
    bob.say("/nick operator").await;
    bob.until("! that name is the server's own; you are still bob").await;
}

#[tokio::test]
async fn the_console_begins_with_nothing_and_helps_with_what_only_it_can() {
    let (server, mut operator) = TestServer::with_operator().await;
    assert_eq!(operator.settle().await, [""; 0], "nothing but the answer to the barrier before");
    operator.ask("/kik bob", "! no /kik; did you mean /kick?").await;
    operator.ask("/kick", "! it is /kick NICK").await;
    operator.say("/help").await;
    let help = operator.until("* Ctrl-D                 close this console; the server goes on").await;
    for verb in ["/kick", "/ban", "/unban", "/mute", "/slow", "/lock, /unlock", "/announce", "/stats", "/quit"] {
        assert!(help.iter().any(|line| line.starts_with(&format!("* {verb} "))), "{verb}: {help:#?}");
    }
    let mut bob = LinePeer::named(&server, "bob").await;
    bob.say("/help").await;
    let help = bob.settle().await;
    assert!(!help.iter().any(|line| line.contains("/kick")), "{help:?}");
}

#[tokio::test]
async fn a_console_that_is_left_does_not_end_the_server() {
    let (server, operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    operator.leave().await;
    bob.until("* operator left").await;
    bob.say("still here").await;
    assert_eq!(bob.settle().await, [""; 0]);
}

#[tokio::test]
async fn whoever_is_kicked_is_told_so_and_may_come_back() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut witness = LinePeer::named(&server, "witness").await;
    let mut page = JsonPeer::join(&server, Way::Web, "page").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    operator.ask("/kick Bob", "* bob is sent away, and may come back").await;
    assert_eq!(bob.rest().await.last().unwrap(), "* the operator has sent you away");
    witness.until("* bob was sent away by the operator").await;
    let expected = notice(NoticeCode::Kicked, "bob was sent away by the operator", Some("bob"));
    let before = until_notice(&mut page, expected).await;
    assert_eq!(before.last(), Some(&ServerFrame::Left { nick: "bob".into() }));
    // Gone at once: the name is free, and nothing is told when the grace of a lost connection would be over.
    LinePeer::named(&server, "bob").await;

    for way in Way::ALL {
        let mut eve = JsonPeer::join(&server, way, "eve").await;
        operator.ask("/kick eve", "* eve is sent away, and may come back").await;
        let (frames, closed) = eve.rest().await;
        assert_eq!(frames.last(), Some(&ServerFrame::Bye { code: ByeCode::Kicked, after_ms: None }), "{way:?}");
        assert_eq!(closed, if way == Way::Lines { None } else { Some(4002) });
    }
    operator.ask("/kick eve", "! nobody here is called eve").await;
    operator.ask("/kick operator", "! nobody here is called operator").await;
}

#[tokio::test]
async fn whoever_stops_reading_can_be_kicked() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut sleeper = JsonPeer::connect_narrow(&server, Way::Web).await;
    sleeper.greet(hello("sleeper")).await;
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    ana.fill(1000, &"x".repeat(1000)).await;
    operator.ask("/kick sleeper", "* sleeper is sent away, and may come back").await;
    ana.until("the sleeper's end", |frame| *frame == ServerFrame::Left { nick: "sleeper".into() }).await;
    operator.say("/who").await;
    let here = operator.until("* 2 here: operator(console) ana(api)").await;
    assert!(!here.iter().any(|line| line.contains("sleeper(")), "{here:?}");
}

#[tokio::test]
async fn a_client_that_is_banned_is_not_let_in_until_the_ban_is_lifted() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut witness = LinePeer::named(&server, "witness").await;
    for (way, nick) in Way::ALL.into_iter().zip(["a1", "a2", "a3"]) {
        let mut eve = JsonPeer::connect(&server, way).await;
        let client = hello(nick);
        eve.greet(client.clone()).await;
        operator.ask(&format!("/ban {nick} 10m"), &format!("* {nick} is banned for 10 min; 1 connection ended")).await;
        assert_eq!(eve.rest().await.0.last(), Some(&banned()));
        witness.until(&format!("* {nick} was banned by the operator")).await;
        for room in ["lobby", "elsewhere"] {
            let mut again = JsonPeer::connect(&server, way).await;
            let other_room = commonroom_protocol::Hello { room: Some(room.into()), ..client.clone() };
            again.send(&ClientFrame::Hello(other_room)).await;
            let (frames, closed) = again.rest().await;
            assert_eq!(frames, [banned()], "{way:?}");
            assert_eq!(closed, if way == Way::Lines { None } else { Some(4002) });
        }
        // Another client from the same address is not meant.
        let other = format!("other-{nick}");
        JsonPeer::join(&server, way, &other).await;
        witness.say("/who").await;
        let told = witness.settle().await;
        assert!(told.iter().any(|line| line.contains(&format!(" {other}("))), "{told:?}");
        assert!(
            !told.iter().any(|line| line.contains(&format!("* {nick} joined"))),
            "who is not let in is told of: {told:?}"
        );
        operator.ask("/unban", &format!("* banned: {nick} for 10 min")).await;
        operator.ask(&format!("/unban {nick}"), &format!("* {nick} may come back")).await;
        JsonPeer::connect(&server, way).await.greet(client).await;
    }
    operator.ask("/unban nobody", "* nobody is banned as nobody").await;
    operator.ask("/unban", "* nobody is banned").await;
}

#[tokio::test]
async fn a_terminal_is_banned_by_its_address_and_the_operator_is_told_who_else_that_is() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    operator.ask("/ban bob", "* bob is banned; 2 connections ended").await;
    assert_eq!(operator.line().await, LOOPBACK);
    assert_eq!(bob.rest().await.last().unwrap(), "* the operator does not let you in");
    assert_eq!(ana.rest().await.0.last(), Some(&banned()));
    let mut again = LinePeer::over(connect(server.tcp).await);
    assert_eq!(again.rest().await, ["* the operator does not let you in"]);
    let mut script = LinePeer::over(connect(server.tcp).await);
    script.say("/say hi").await;
    assert_eq!(script.rest().await, ["err not_allowed the operator does not let you in"]);
    operator.ask("/unban 127.0.0.1", "* 127.0.0.1 may come back").await;
    LinePeer::named(&server, "bob").await;

    operator.ask("/ban ::ffff:127.0.0.1 2h", "* 127.0.0.1 is banned for 2 h; 1 connection ended").await;
    assert_eq!(operator.line().await, LOOPBACK);
    let mut again = LinePeer::over(connect(server.tcp).await);
    assert_eq!(again.rest().await, ["* the operator does not let you in"]);
    operator.ask("/ban 203.0.113.9", "* 203.0.113.9 is banned; 0 connections ended").await;
    assert_eq!(operator.line().await, "* nobody is let in from 203.0.113.9");
}

#[tokio::test]
async fn whoever_is_muted_is_told_so_and_not_heard() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut witness = LinePeer::named(&server, "witness").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let mut program = LinePeer::program(&server).await;
    program.say("/nick script").await;
    program.until("* you are now script").await;
    operator.ask("/mute bob", "* bob is muted").await;
    bob.until("* the operator has muted you").await;
    for line in ["hello", "/me waves"] {
        bob.say(line).await;
        bob.until("! not sent: the operator has muted you").await;
    }
    bob.say("/msg witness psst").await;
    bob.until("! not sent: the operator has muted you").await;
    bob.say("/nick hello").await;
    bob.until("! the operator has muted you").await;

    operator.ask("/mute eve 10m", "* eve is muted for 10 min").await;
    until_notice(&mut eve, notice(NoticeCode::Muted, "the operator has muted you for 10 min", Some("600"))).await;
    let wait = refused(&mut eve, "k1", Code::Muted).await.unwrap();
    assert!((590_000..=600_000).contains(&wait), "{wait}");
    operator.ask("/mute script", "* script is muted").await;
    program.until("* the operator has muted you").await;

    operator.ask("/unmute bob", "* bob may speak again").await;
    bob.until("* you may speak again").await;
    bob.say("thanks").await;
    let told = witness.until("<bob> thanks").await;
    assert!(
        !told.iter().any(|line| line.contains("muted") || line.contains("speak") || line.contains("hello")),
        "{told:?}"
    );
}

#[tokio::test]
async fn slow_mode_lets_each_say_one_message_in_its_time() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    operator.ask("/slow 30", "* slow mode: one message in 30 s from each").await;
    let words = "slow mode: everybody may say one message in 30 s";
    bob.until(&format!("* {words}")).await;
    until_notice(&mut eve, notice(NoticeCode::Slow, words, Some("30"))).await;
    bob.say("one").await;
    eve.until_said("one").await;
    bob.say("two").await;
    bob.until("! not sent: slow mode; try again in 30 s").await;
    eve.say_and_see("k1", "mine").await;
    let wait = refused(&mut eve, "k2", Code::Rate).await.unwrap();
    assert!((20_000..=30_000).contains(&wait), "{wait}");
    for text in ["I am", "not slowed"] {
        operator.say(text).await;
        eve.until_said(text).await;
    }
    operator.ask("/slow 0", "* slow mode is over").await;
    bob.until("* slow mode is over").await;
    bob.say("three").await;
    eve.until_said("three").await;
}

#[tokio::test]
async fn in_a_locked_room_only_the_operator_speaks() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    operator.ask("/lock", "* the room is locked: only you can speak").await;
    let words = "the operator has locked the room: nobody else can say anything now";
    bob.until(&format!("* {words}")).await;
    until_notice(&mut eve, notice(NoticeCode::Locked, words, None)).await;
    bob.say("hello?").await;
    bob.until("! not sent: the operator has locked this room").await;
    assert_eq!(refused(&mut eve, "k1", Code::Locked).await, None);
    operator.say("quiet, please").await;
    assert_eq!(bob.said().await, "<operator> quiet, please");
    // Another room is another matter.
    let mut ana = JsonPeer::connect(&server, Way::Api).await;
    ana.greet(commonroom_protocol::Hello { room: Some("ops".into()), ..hello("ana") }).await;
    ana.say_and_see("k1", "here one may").await;
    operator.ask("/unlock", "* the room is unlocked").await;
    bob.until("* the operator has unlocked the room").await;
    eve.say_and_see("k1", "may I?").await;
}

#[tokio::test]
async fn an_announcement_is_told_to_everybody_and_not_kept() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut program = LinePeer::program(&server).await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    bob.say("/lang zh").await;
    bob.until("* 现在说中文").await;
    operator.ask("/announce tea at \u{1b}[31mfive", "* the room has been told").await;
    let text = "tea at ^[[31mfive";
    bob.until(&format!("* 管理员公告：{text}")).await;
    program.until(&format!("* the operator announces: {text}")).await;
    let words = format!("the operator announces: {text}");
    until_notice(&mut eve, notice(NoticeCode::Announce, &words, Some(text))).await;
    let late = LinePeer::person(&server).await;
    assert!(!late.banner.iter().any(|line| line.contains("tea")), "{:?}", late.banner);
}

#[tokio::test]
async fn nobody_else_may_moderate_and_nothing_of_it_is_said() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let verbs = ["/kick eve", "/ban eve", "/ban", "/unban", "/mute eve", "/slow 9", "/lock", "/announce x", "/stats"];
    for line in verbs {
        bob.say(line).await;
        bob.until("! only the operator may do that").await;
    }
    for (n, line) in ["/kick bob", "kick bob", "/quit", "/dance", ""].into_iter().enumerate() {
        let n = Some(n as u64);
        eve.send(&ClientFrame::Command { n, line: line.to_owned() }).await;
        let frames = eve.until("a refusal", |frame| matches!(frame, ServerFrame::Refused { .. })).await;
        match frames.last() {
            Some(ServerFrame::Refused { cid: None, n: of, code: Code::NotAllowed, .. }) => assert_eq!(*of, n),
            other => panic!("{other:?}"),
        }
    }
    bob.say("barrier").await;
    let frames = eve.until_said("barrier").await;
    assert_eq!(frames, [], "nothing was said or done");
    let seen = operator.until("<bob> barrier").await;
    assert!(seen.iter().all(|line| line.starts_with("* ")), "{seen:?}");
}

#[tokio::test]
async fn the_operator_is_told_what_the_server_does() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    bob.say("one").await;
    eve.say_and_see("k1", "two").await;
    let mut ana = JsonPeer::connect(&server, Way::Api).await;
    ana.greet(commonroom_protocol::Hello { room: Some("ops".into()), ..hello("ana") }).await;
    operator.ask("/stats", "* connections: 4 (web 1, tcp 1, api 1, console 1) in rooms: 2").await;
    assert_eq!(operator.line().await, "* messages since the start: 2");
    let up = operator.line().await;
    assert!(up.starts_with("* up for ") && up.ends_with(" MiB of memory"), "{up}");
}

#[tokio::test]
async fn quit_ends_the_server_with_a_goodbye_to_everybody() {
    let (server, mut operator) = TestServer::with_operator().await;
    let mut bob = LinePeer::named(&server, "bob").await;
    operator.ask("/quit", "* saying goodbye to everybody").await;
    assert_eq!(bob.rest().await.last().unwrap(), "* restarting; come back in a moment");
    drop(bob);
    assert_eq!(operator.leave().await, [""; 0]);
    server.ended().await;
}
