//! Everybody in a room gets the same words in the same order, whatever they speak.

use std::collections::HashMap;
use std::sync::Arc;

use commonroom_protocol::{ClientFrame, Said, Seq, ServerFrame, Via};
use tokio::sync::Barrier;
use tokio::task::yield_now;

use crate::common::{JsonPeer, LinePeer, Order, TestServer, Way, messages, prev_chain};

#[tokio::test]
async fn a_word_reaches_every_dialect() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bot = JsonPeer::join(&server, Way::Lines, "bot").await;
    tom.say("from the terminal").await;
    let heard = ana.said().await;
    assert_eq!((heard.from.as_str(), heard.text.as_str(), heard.via), ("tom", "from the terminal", Via::Tcp));
    assert_eq!(bot.said().await, heard);
    ana.say("k1", "from the browser").await;
    assert_eq!(tom.said().await, "<ana> from the browser");
    let heard = bot.said().await;
    assert_eq!((heard.text.as_str(), heard.via, heard.cid.as_str()), ("from the browser", Via::Web, "k1"));
    assert_eq!(ana.said().await, heard, "its own said is the answer");
    bot.say("k1", "from the program").await;
    assert_eq!(tom.said().await, "<bot> from the program");
    assert_eq!(ana.said().await.via, Via::Api);
}

#[tokio::test]
async fn a_terminal_is_not_told_its_own_lines() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let mut pipe = LinePeer::program(&server).await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    for peer in [&mut tom, &mut pipe] {
        peer.say("mine").await;
        peer.say("mine, too").await;
        assert_eq!(ana.said().await.text, "mine");
        assert_eq!(ana.said().await.text, "mine, too");
    }
    ana.say("k1", "the end").await;
    assert_eq!(pipe.until("<ana> the end").await, ["<tom> mine", "<tom> mine, too"]);
    let told = tom.until("<ana> the end").await;
    let said: Vec<_> = told.iter().filter(|line| line.starts_with('<')).collect();
    assert!(said.len() == 2 && said.iter().all(|line| !line.starts_with("<tom>")), "{told:?}");
}

#[tokio::test]
async fn a_text_of_many_lines_is_one_message_and_many_terminal_lines() {
    let server = TestServer::start();
    let mut tom = LinePeer::program(&server).await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.say("k1", "one\r\ntwo\rthree\n\n* tom left\n-- live --").await;
    ana.say("k2", "the end").await;
    let said = ana.said().await;
    assert_eq!((said.seq, said.text.as_str()), (Seq(1), "one\ntwo\nthree\n\n* tom left\n-- live --"));
    let expected = ["<ana> one", "<ana> two", "<ana> three", "<ana> ", "<ana> * tom left", "<ana> -- live --"];
    assert_eq!(tom.until("<ana> the end").await, expected);
}

#[tokio::test]
async fn what_a_terminal_would_obey_reaches_nobody() {
    let server = TestServer::start();
    let mut tom = LinePeer::person(&server).await;
    let mut eve = LinePeer::program(&server).await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let bad = "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{9b}31m\u{8}\u{7f}\r* the server says\u{2028}so\u{85}\u{202e}!";
    eve.say(&bad.replace('\r', "\u{b}")).await;
    ana.say("k1", bad).await;
    ana.say("k2", "the end").await;
    // Besides what is said, a name and a mistyped command are echoed.
    eve.say("/nick \u{1b}[31mroot").await;
    eve.say("/\u{1b}[2J\u{9b}").await;
    let answers = eve.until("! no /^[[2J<9b>; /help tells what there is").await;
    assert!(answers.iter().any(|line| line.starts_with("! a name can't have U+001B there")), "{answers:?}");
    let mut told = tom.until("<ana> the end").await;
    told.extend(answers);
    let harmful = |c: char| c.is_control() || "\u{2028}\u{202e}".contains(c);
    for line in &told {
        assert!(!line.contains(harmful), "{line:?}");
        assert!(!line.starts_with("* the server"), "{line:?}");
    }
    assert!(told.contains(&"<ana> ^[[2J^[]0;pwned^G<9b>31m^H^?".to_owned()), "{told:?}");
    assert!(told.contains(&"<ana> * the server says so !".to_owned()), "{told:?}");
    let said = ana.said().await;
    assert!(!said.text.contains(harmful), "{said:?}");
}

#[tokio::test]
async fn a_whisper_reaches_the_two_alone() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let mut ann = LinePeer::named(&server, "ann").await;
    let mut eve = JsonPeer::join(&server, Way::Web, "eve").await;
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    let whisper = |cid: &str, to: &str| ClientFrame::Whisper {
        cid: cid.to_owned(),
        to: to.to_owned(),
        text: "psst".to_owned(),
        me: false,
    };
    ana.send(&whisper("k1", "TOM")).await;
    tom.say("/msg ana pssst!").await;
    tom.until("(ana whispers) psst").await;
    let whispered =
        ana.until("two whispers", |frame| matches!(frame, ServerFrame::Whispered(w) if w.to == "ana")).await;
    let texts = whispered.iter().filter_map(|frame| match frame {
        ServerFrame::Whispered(w) => Some((w.from.as_str(), w.to.as_str(), w.text.as_str(), w.cid.as_str())),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), [("ana", "tom", "psst", "k1"), ("tom", "ana", "pssst!", "1")]);
    ana.send(&whisper("k2", "nobody")).await;
    let refused = ana.settle().await;
    assert!(matches!(&refused[..], [ServerFrame::Refused { cid: Some(cid), .. }] if cid == "k2"), "{refused:?}");
    ana.say("k3", "the end").await;
    let seen = eve.until_said("the end").await;
    assert!(!format!("{seen:?}").contains("psst"), "{seen:?}");
    let seen = ann.until("<ana> the end").await;
    assert!(!format!("{seen:?}").contains("psst"), "{seen:?}");
    // Nor is it kept.
    let mut late = JsonPeer::connect(&server, Way::Web).await;
    late.greet(crate::common::hello("late")).await;
    let (replayed, _) = late.until_live().await;
    assert_eq!(messages(&replayed).len(), 1, "{replayed:?}");
}

#[tokio::test]
async fn an_action_is_shown_as_one() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    tom.say("/me waves").await;
    let said = ana.said().await;
    assert_eq!((said.text.as_str(), said.me), ("waves", true));
    ana.send(&ClientFrame::Say { cid: "k1".to_owned(), text: "waves back".to_owned(), me: true }).await;
    assert_eq!(tom.until("*ana* waves back").await, ["* ana joined (web)"]);
    tom.say("//me is typed like this").await;
    ana.said().await;
    let said = ana.said().await;
    assert_eq!((said.text.as_str(), said.me), ("/me is typed like this", false));
}

/// What one peer of the crowd is.
#[derive(Clone, Copy)]
enum Kind {
    Json(Way),
    Lines,
}

const CROWD: usize = 20;
const EACH: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_speak_at_once_see_one_order() {
    let server = Arc::new(TestServer::start());
    let start = Arc::new(Barrier::new(CROWD));
    let kinds = [Kind::Json(Way::Web), Kind::Lines, Kind::Json(Way::Lines), Kind::Json(Way::Api)];
    let peers: Vec<_> = (0..CROWD)
        .map(|i| tokio::spawn(speak_and_listen(Arc::clone(&server), Arc::clone(&start), kinds[i % 4], format!("p{i}"))))
        .collect();
    let mut frames = Vec::new();
    let mut terminals = Vec::new();
    for (i, peer) in peers.into_iter().enumerate() {
        match peer.await.unwrap() {
            Seen::Frames(said) => frames.push(said),
            Seen::Lines(lines) => terminals.push((format!("p{i}"), lines)),
        }
    }
    let order = Order::of(frames.swap_remove(0), Seq(0));
    order.assert_is_all_of(&(0..CROWD).map(|i| (format!("p{i}"), texts())).collect::<HashMap<_, _>>());
    for said in &frames {
        order.assert_same(said);
    }
    for (own, lines) in &terminals {
        order.assert_same_lines(own, lines);
    }
    assert_eq!((frames.len(), terminals.len()), (14, 5));
}

enum Seen {
    Frames(Vec<Said>),
    Lines(Vec<String>),
}

fn texts() -> Vec<String> {
    (0..EACH).map(|i| format!("text {i}")).collect()
}

async fn speak_and_listen(server: Arc<TestServer>, start: Arc<Barrier>, kind: Kind, nick: String) -> Seen {
    match kind {
        Kind::Json(way) => {
            let mut peer = JsonPeer::join(&server, way, &nick).await;
            start.wait().await;
            for text in texts() {
                peer.say(&text, &text).await;
                yield_now().await;
            }
            let mut seen = Vec::new();
            while seen.len() < CROWD * EACH {
                seen.push(peer.said().await);
            }
            Seen::Frames(seen)
        }
        Kind::Lines => {
            let mut peer = LinePeer::program(&server).await;
            peer.say(&format!("/nick {nick}")).await;
            peer.settle().await;
            start.wait().await;
            for text in texts() {
                peer.say(&text).await;
                yield_now().await;
            }
            let mut seen = Vec::new();
            while seen.len() < (CROWD - 1) * EACH {
                seen.push(peer.line().await);
            }
            Seen::Lines(seen)
        }
    }
}

#[test]
fn the_checker_finds_what_is_lost_doubled_swapped_or_made_up() {
    let said = |seq: u64| Said {
        seq: Seq(seq),
        prev: Seq(seq - 1),
        at: 0,
        from: "ana".to_owned(),
        via: Via::Api,
        text: String::new(),
        by: String::new(),
        cid: String::new(),
        me: false,
    };
    let chain = |seqs: &[u64]| prev_chain(&seqs.iter().map(|seq| said(*seq)).collect::<Vec<_>>(), Seq(0)).is_ok();
    assert!(chain(&[1, 2, 3]));
    for broken in [&[1, 3][..], &[1, 2, 2], &[2, 1], &[1, 1, 2], &[2]] {
        assert!(!chain(broken), "{broken:?}");
    }
    let holes = [said(1), Said { seq: Seq(7), prev: Seq(1), ..said(1) }];
    assert_eq!(prev_chain(&holes, Seq(0)), Ok(()), "seqs need not be dense");
}
