//! Names: what may be one, whose it is, and for how long.

use commonroom_protocol::{ClientFrame, Code, Hello, ServerFrame};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello};

/// Asks for a name and gives the code it is refused with.
async fn refused(peer: &mut JsonPeer, nick: &str) -> Code {
    peer.send(&ClientFrame::Nick { nick: nick.to_owned() }).await;
    let frames = peer.until("a refusal", |frame| matches!(frame, ServerFrame::Refused { .. })).await;
    match frames.last() {
        Some(ServerFrame::Refused { code, .. }) => *code,
        _ => unreachable!("the last one is a refusal"),
    }
}

/// Waits until the server has noticed that somebody has dropped: then nobody can whisper to them.
async fn until_away(peer: &mut JsonPeer, nick: &str) {
    let whisper =
        ClientFrame::Whisper { cid: "away".to_owned(), to: nick.to_owned(), text: "there?".to_owned(), me: false };
    let is_answer = |frame: &ServerFrame| matches!(frame, ServerFrame::Refused { .. } | ServerFrame::Whispered(_));
    for _ in 0..1000 {
        peer.send(&whisper).await;
        let frames = peer.until("an answer", is_answer).await;
        if let Some(ServerFrame::Refused { code: Code::NoSuchNick, .. }) = frames.last() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{nick} is not away");
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_taken() {
    let server = TestServer::start();
    let mut mike = JsonPeer::join(&server, Way::Web, "mike").await;
    let mut eve = JsonPeer::join(&server, Way::Api, "eve").await;
    for alike in ["MIKE", "rnike", "Міke", "ｍike", "mіke"] {
        assert_eq!(refused(&mut eve, alike).await, Code::NickTaken, "{alike}");
        let mut late = JsonPeer::connect(&server, Way::Lines).await;
        assert!(late.greet(hello(alike)).await.you.starts_with("guest-"), "{alike}");
    }
    assert_eq!(refused(&mut mike, "Eve").await, Code::NickTaken);
    let mut terminal = LinePeer::named(&server, "tom").await;
    terminal.say("/nick rnike").await;
    terminal.until("! rnike is taken; you are still tom").await;
    terminal.say("/nick Міke").await;
    assert_eq!(terminal.line().await, "! Міke is taken; you are still tom");
    // What looks like one's own name is one's own.
    mike.send(&ClientFrame::Nick { nick: "rnike".to_owned() }).await;
    let renamed = ServerFrame::Renamed { from: "mike".to_owned(), to: "rnike".to_owned() };
    mike.until("a name of one's own", |frame| *frame == renamed).await;
}

#[tokio::test]
async fn a_name_of_many_bytes_is_refused_in_words() {
    let server = TestServer::start();
    // 32 columns, 480 bytes.
    let long = "\u{1000}\u{102d}\u{102f}\u{1036}\u{1037}".repeat(32);
    let mut eve = JsonPeer::join(&server, Way::Api, "eve").await;
    assert_eq!(refused(&mut eve, &long).await, Code::NickBad);
    let mut late = JsonPeer::connect(&server, Way::Lines).await;
    assert!(late.greet(hello(&long)).await.you.starts_with("guest-"));
    let mut tom = LinePeer::named(&server, "tom").await;
    tom.say(&format!("/nick {long}")).await;
    tom.until("! a name has at most 128 bytes, with the marks on its letters; you are still tom").await;
    tom.say("/lang zh").await;
    tom.line().await;
    tom.say(&format!("/nick {long}")).await;
    let line = tom.line().await;
    assert!(line.starts_with("! 名字最多 128 字节"), "{line}");
}

#[tokio::test]
async fn the_servers_own_names_are_nobodys_in_any_dress() {
    let server = TestServer::start();
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    for name in ["server", "Admin", "аdmin", "sеrver", "r00t", "C0NSOLE", "ѕystem", "operat0r", "ｒｏｏｔ", "ADMlN"]
    {
        assert_eq!(refused(&mut eve, name).await, Code::NickBad, "{name}");
    }
    let mut terminal = LinePeer::named(&server, "tom").await;
    terminal.say("/nick r00t").await;
    assert_eq!(terminal.line().await, "! that name is the server's own; you are still tom");
}

#[tokio::test]
async fn what_hides_or_reorders_is_refused_and_not_removed() {
    let server = TestServer::start();
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let names = [
        "e\u{200b}ve",
        "\u{202e}eve",
        "e\u{ad}ve",
        "eve\u{200d}",
        "eve\u{fe0f}",
        "\u{2800}",
        "evaمريم",
        "ev a",
        "e：v",
    ];
    for name in names {
        assert_eq!(refused(&mut eve, name).await, Code::NickBad, "{name:?}");
    }
    let mut terminal = LinePeer::named(&server, "tom").await;
    for (name, why) in [
        ("a\u{200b}b", "a name can't have U+200B there"),
        ("ab\u{200d}", "a name can't have U+200D there"),
        ("a‹b", "a name can't have ‹ there"),
        ("anaمريم", "a name runs in one direction, and its digits come last"),
    ] {
        terminal.say(&format!("/nick {name}")).await;
        assert_eq!(terminal.line().await, format!("! {why}; you are still tom"), "{name:?}");
    }
}

#[tokio::test]
async fn names_of_every_script_and_emoji_are_carried_as_they_are() {
    let server = TestServer::start();
    let mut terminal = LinePeer::named(&server, "tom").await;
    for name in
        ["Ольга", "老王", "한글", "ㅇㅇ", "น้ำ", "श्रीमती", "محمد", "שרה", "ញ៉ាំ", "👨‍👩‍👧", "👍🏽", "🇳🇴", "1️⃣", "❤️", "سارة🌸"]
    {
        let mut peer = JsonPeer::join(&server, Way::Web, name).await;
        peer.say_and_see("k1", "hi").await;
        terminal.until(&format!("<{name}> hi")).await;
        peer.close().await;
    }
}

#[tokio::test]
async fn a_dropped_client_keeps_its_name_and_has_it_back() {
    let server = TestServer::start();
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let client = hello("ana");
    let mut ana = JsonPeer::connect(&server, Way::Web).await;
    ana.greet(client.clone()).await;
    ana.until_live().await;
    drop(ana);
    until_away(&mut eve, "ana").await;
    let left = ServerFrame::Left { nick: "ana".to_owned() };
    // The others are told after 15 s. Then she is gone, and her name is still hers.
    while !eve.settle().await.contains(&left) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(refused(&mut eve, "Ana").await, Code::NickTaken);
    let mut terminal = LinePeer::named(&server, "tom").await;
    terminal.say("/nick ana").await;
    assert_eq!(terminal.line().await, "! ana is taken; you are still tom");
    let mut back = JsonPeer::connect(&server, Way::Lines).await;
    assert_eq!(back.greet(Hello { nick: None, ..client }).await.you, "ana");
}

#[tokio::test]
async fn a_name_that_is_given_up_is_free_at_once() {
    let server = TestServer::start();
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.close().await;
    let left = ServerFrame::Left { nick: "ana".to_owned() };
    eve.until("her leaving", |frame| *frame == left).await;
    JsonPeer::join(&server, Way::Api, "ana").await;
}

#[tokio::test]
async fn a_terminal_that_drops_finds_its_name_free() {
    let server = TestServer::start();
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let tom = LinePeer::named(&server, "tom").await;
    drop(tom);
    let left = ServerFrame::Left { nick: "tom".to_owned() };
    eve.until("his leaving", |frame| *frame == left).await;
    LinePeer::named(&server, "tom").await;
}

#[tokio::test]
async fn coming_back_under_another_name_is_a_change_of_name() {
    let server = TestServer::start();
    let client = hello("ana");
    let mut first = JsonPeer::connect(&server, Way::Web).await;
    assert_eq!(first.greet(client.clone()).await.you, "ana");
    let mut second = JsonPeer::connect(&server, Way::Api).await;
    assert_eq!(second.greet(Hello { nick: Some("anna".to_owned()), ..client.clone() }).await.you, "anna");
    let mut third = JsonPeer::connect(&server, Way::Lines).await;
    assert_eq!(third.greet(Hello { nick: Some("anja".to_owned()), ..client }).await.you, "anna");
    match third.next().await {
        ServerFrame::Refused { code: Code::Rate, retry_ms: Some(wait), .. } => assert!(wait <= 5000),
        other => panic!("not refused: {other:?}"),
    }
}
