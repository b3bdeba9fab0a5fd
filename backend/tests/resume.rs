//! Join, replay, live, and coming back: nothing lost, nothing doubled, and what is not told is named.

use commonroom_protocol::{ClientFrame, Code, GapWhy, Hello, Seq, ServerFrame, Welcome};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello, messages, prev_chain};

/// Somebody who has seen all up to a message comes in.
async fn come_back(server: &TestServer, way: Way, since: u64, epoch: Option<&str>) -> (Welcome, Vec<ServerFrame>) {
    let mut peer = JsonPeer::connect(server, way).await;
    let hello = Hello { since: Some(Seq(since)), epoch: epoch.map(str::to_owned), nick: None, ..hello("") };
    let welcome = peer.greet(hello).await;
    let (replayed, head) = peer.until_live().await;
    assert_eq!(head, welcome.head, "live names the head that welcome named");
    (welcome, replayed)
}

/// The replay is the messages after `from`, up to and with `to`, and nothing else.
fn assert_replays(frames: &[ServerFrame], from: u64, to: u64) {
    let said = messages(frames);
    assert_eq!(said.len(), frames.len(), "presence is not replayed");
    assert_eq!(prev_chain(&said, Seq(from)), Ok(()));
    assert_eq!(said.last().map_or(from, |said| said.seq.0), to);
    assert_eq!(said.len() as u64, to - from);
}

fn assert_gap(frame: &ServerFrame, from: u64, to: u64, why: GapWhy) {
    assert_eq!(*frame, ServerFrame::Gap { from: Seq(from), to: Seq(to), why });
}

#[tokio::test]
async fn a_first_join_replays_the_last_fifty() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.fill(20, "text ").await;
    let mut early = JsonPeer::connect(&server, Way::Lines).await;
    assert_eq!(early.greet(hello("early")).await.head, Seq(20));
    assert_replays(&early.until_live().await.0, 0, 20);
    ana.fill(77, "text ").await;
    for way in Way::ALL {
        let mut new = JsonPeer::connect(&server, way).await;
        let welcome = new.greet(Hello { nick: None, ..hello("") }).await;
        assert_eq!((welcome.head, welcome.oldest), (Seq(97), Seq(1)));
        assert_replays(&new.until_live().await.0, 47, 97);
    }
}

#[tokio::test]
async fn a_person_is_shown_the_last_twenty() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.fill(70, "text ").await;
    let tom = LinePeer::person(&server).await;
    let [welcome, hint, day, said @ ..] = &tom.banner[..] else { panic!("{:?}", tom.banner) };
    assert!(welcome.starts_with("* Welcome to lobby on "), "{welcome}");
    assert!(hint.starts_with("* /nick NAME"), "{hint}");
    assert!(day.starts_with("-- 20") && day.ends_with(" --"), "{day}");
    let texts: Vec<_> = said.iter().filter_map(|line| line.split_once(' ')).map(|(_, said)| said.to_owned()).collect();
    assert_eq!(texts, (50..70).map(|i| format!("<ana> text {i}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_resume_replays_just_what_came_after() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.fill(120, "text ").await;
    for way in Way::ALL {
        let (welcome, replayed) = come_back(&server, way, 30, None).await;
        assert_replays(&replayed, 30, 120);
        let (_, replayed) = come_back(&server, way, 119, Some(&welcome.epoch)).await;
        assert_replays(&replayed, 119, 120);
        let (_, replayed) = come_back(&server, way, 120, Some(&welcome.epoch)).await;
        assert_eq!(replayed, []);
        let (_, replayed) = come_back(&server, way, 0, Some(&welcome.epoch)).await;
        assert_replays(&replayed, 0, 120);
    }
}

#[tokio::test]
async fn another_history_is_named_and_its_end_replayed() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let (_, replayed) = come_back(&server, Way::Api, 7, None).await;
    let [gap] = &replayed[..] else { panic!("{replayed:?}") };
    assert_gap(gap, 1, 0, GapWhy::Rewound);
    ana.fill(120, "text ").await;
    for (since, epoch) in [(121, None), (30, Some("another")), (u64::MAX, None)] {
        let (_, replayed) = come_back(&server, Way::Web, since, epoch).await;
        assert_gap(&replayed[0], 1, 70, GapWhy::Rewound);
        assert_replays(&replayed[1..], 70, 120);
    }
}

#[tokio::test]
async fn resuming_from_behind_the_ring() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    let total = 5300;
    ana.fill(total, "").await;
    let total = total as u64;
    for way in Way::ALL {
        // The ring holds 4,096 at most: the journal's pages come first.
        let (welcome, replayed) = come_back(&server, way, total - 4900, None).await;
        assert_replays(&replayed, total - 4900, total);
        // More than 5,000 are too many.
        let (_, replayed) = come_back(&server, way, 100, Some(&welcome.epoch)).await;
        assert_gap(&replayed[0], 101, total - 200, GapWhy::Limit);
        assert_replays(&replayed[1..], total - 200, total);
    }
}

/// Somebody who joins and then reads nothing for a while.
async fn sleeper(server: &TestServer, way: Way) -> JsonPeer {
    let mut sleeper = JsonPeer::connect_narrow(server, way).await;
    sleeper.greet(Hello { nick: None, ..hello("") }).await;
    sleeper.until_live().await;
    sleeper
}

/// What a sleeper is told on waking, up to and with this message.
async fn wake(sleeper: &mut JsonPeer, last: u64) -> Vec<ServerFrame> {
    let is_last = |frame: &ServerFrame| matches!(frame, ServerFrame::Said(said) if said.seq.0 == last);
    sleeper.until("the last message", is_last).await
}

#[tokio::test]
async fn a_reader_that_slept_is_told_everything() {
    let server = TestServer::start();
    let mut sleepers = Vec::new();
    for way in Way::ALL {
        sleepers.push(sleeper(&server, way).await);
    }
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    // Three megabytes fit into no socket, and are more than the ring holds: who comes within them is off it again.
    ana.fill(1000, &"x".repeat(1000)).await;
    let _zoe = JsonPeer::join(&server, Way::Web, "zoe").await;
    ana.fill(2000, &"x".repeat(1000)).await;
    for sleeper in &mut sleepers {
        let mut told = wake(sleeper, 3000).await;
        let said = messages(&told);
        assert_eq!((said.len(), prev_chain(&said, Seq(0))), (3000, Ok(())));
        ana.say("the end", "the very end").await;
        told.extend(sleeper.until_said("the very end").await);
        let names_zoe = |frame: &ServerFrame| match frame {
            ServerFrame::Joined { nick, .. } => nick == "zoe",
            ServerFrame::Roster { roster, .. } => roster.iter().any(|one| one.nick == "zoe"),
            _ => false,
        };
        assert!(told.iter().any(names_zoe), "who came meanwhile is told, too");
        assert!(!told.iter().any(|frame| matches!(frame, ServerFrame::Gap { .. })));
    }
}

#[tokio::test]
async fn a_reader_that_slept_too_long_is_told_what_it_missed() {
    for way in [Way::Lines, Way::Web] {
        let server = TestServer::start();
        let mut sleeper = sleeper(&server, way).await;
        let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
        let before = ana.say_and_see("k1", "here we go").await.seq;
        ana.fill(6500, &"x".repeat(200)).await;
        let last = before.0 + 6500;
        let told = wake(&mut sleeper, last).await;
        let at = told.iter().position(|frame| matches!(frame, ServerFrame::Gap { .. })).expect("a gap");
        let (early, late) = (messages(&told[..at]), messages(&told[at..]));
        assert_eq!(prev_chain(&early, Seq(before.0 - 1)), Ok(()));
        let seen = early.last().map_or(before.0 - 1, |said| said.seq.0);
        let ServerFrame::Gap { from, to, why } = told[at] else { unreachable!("that is the gap") };
        assert_eq!((from, why), (Seq(seen + 1), GapWhy::Limit), "the gap starts where the reader is");
        assert_eq!(prev_chain(&late, to), Ok(()));
        assert_eq!(late.last().map(|said| said.seq.0), Some(last));
    }
}

/// The same client again, as after a reload.
async fn again(server: &TestServer, client: &Hello) -> JsonPeer {
    let mut peer = JsonPeer::connect(server, Way::Web).await;
    let welcome = peer.greet(Hello { since: Some(Seq(u64::MAX >> 11)), ..client.clone() }).await;
    assert_eq!(welcome.you, "ana");
    peer.until_live().await;
    peer
}

#[tokio::test]
async fn the_same_cid_is_said_once() {
    let server = TestServer::start();
    let mut tom = JsonPeer::join(&server, Way::Lines, "tom").await;
    let client = hello("ana");
    let mut ana = again(&server, &client).await;
    let first = ana.say_and_see("k1", "once").await;
    assert_eq!(ana.say_and_see("k1", "once").await, first);
    ana.say("k1", "other").await;
    assert_refused(&mut ana, "k1", Code::CidReuse).await;
    ana.send(&ClientFrame::Say { cid: "k1".to_owned(), text: "once".to_owned(), me: true }).await;
    assert_refused(&mut ana, "k1", Code::CidReuse).await;
    let mut ana = again(&server, &client).await;
    assert_eq!(ana.say_and_see("k1", "once").await, first, "also after a reconnect");
    tom.say("k1", "somebody else's k1").await;
    let (once, elses) = (tom.said().await, tom.said().await);
    assert_eq!((once, elses.text.as_str(), elses.prev), (first.clone(), "somebody else's k1", first.seq));
}

#[tokio::test]
async fn a_cid_that_was_used_in_another_room_is_refused() {
    let server = TestServer::start();
    let client = hello("ana");
    let mut ana = again(&server, &client).await;
    ana.say_and_see("k1", "in the lobby").await;
    let mut ops = JsonPeer::connect(&server, Way::Lines).await;
    ops.greet(Hello { room: Some("ops".to_owned()), ..client }).await;
    ops.until_live().await;
    for text in ["in the lobby", "in ops"] {
        ops.say("k1", text).await;
        assert_refused(&mut ops, "k1", Code::CidReuse).await;
    }
    assert_eq!(ops.say_and_see("k2", "in ops").await.prev, Seq(0));
}

async fn assert_refused(peer: &mut JsonPeer, cid: &str, code: Code) {
    match peer.next().await {
        ServerFrame::Refused { cid: Some(refused), code: why, .. } => assert_eq!((refused.as_str(), why), (cid, code)),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_answer_said_again_does_not_overtake_the_room() {
    let server = TestServer::start();
    let mut sleepers = Vec::new();
    for way in Way::ALL {
        sleepers.push(sleeper(&server, way).await);
    }
    let mut tom = JsonPeer::join(&server, Way::Lines, "tom").await;
    tom.fill(3000, &"x".repeat(1000)).await;
    for ana in &mut sleepers {
        // All of this is read while much of what tom said has not been told.
        for i in 0..40 {
            ana.say(&format!("k{}", i / 2), "twice").await;
        }
        let (mut last, mut answers) = (Seq(0), 0);
        while answers < 20 {
            let said = ana.said().await;
            if said.seq <= last {
                answers += 1;
            } else {
                assert_eq!(said.prev, last, "{} {}", said.from, said.cid);
                last = said.seq;
            }
        }
    }
}

async fn history(peer: &mut JsonPeer, question: &str) -> (Vec<u64>, bool) {
    peer.send_text(&format!(r#"{{"t":"history","n":9,{question}}}"#)).await;
    match peer.next().await {
        ServerFrame::Page { n: Some(9), said, more, .. } => (said.iter().map(|said| said.seq.0).collect(), more),
        other => panic!("no page: {other:?}"),
    }
}

#[tokio::test]
async fn history_is_read_in_pages() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    ana.fill(300, "text ").await;
    assert_eq!(history(&mut ana, r#""before":41,"limit":3"#).await, (vec![38, 39, 40], true));
    assert_eq!(history(&mut ana, r#""before":4,"limit":3"#).await, (vec![1, 2, 3], false));
    assert_eq!(history(&mut ana, r#""before":1"#).await, (vec![], false));
    assert_eq!(history(&mut ana, r#""after":41,"limit":2"#).await, (vec![42, 43], true));
    assert_eq!(history(&mut ana, r#""after":298,"limit":2"#).await, (vec![299, 300], false));
    assert_eq!(history(&mut ana, r#""after":300"#).await, (vec![], false));
    assert_eq!(history(&mut ana, r#""around":41,"limit":3"#).await, (vec![40, 41, 42], true));
    assert_eq!(history(&mut ana, r#""before":300"#).await.0.len(), 50);
    assert_eq!(history(&mut ana, r#""before":9007199254740991,"limit":5000"#).await.0.len(), 200);
}
