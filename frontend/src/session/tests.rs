//! A session against frames as the server would send them.

use commonroom_protocol::{GapWhy, Join, Limits, Via};

use super::*;
use crate::backoff::{Backoff, Next, Stop};
use crate::outbox::Fate;

fn session() -> Session {
    Session::new(RoomName::from_path("/r/ops"), "secret-of-this-tab".into(), Some("ana".into()), Outbox::default())
}

fn welcome(epoch: &str, head: u64) -> ServerFrame {
    ServerFrame::Welcome(Box::new(Welcome {
        v: VERSION,
        build: String::new(),
        room: "ops".into(),
        you: "ana".into(),
        by: "me".into(),
        epoch: epoch.into(),
        head: Seq(head),
        oldest: Seq(1),
        durable: "disk".into(),
        here: 1,
        roster: Vec::new(),
        ping_ms: 25_000,
        limits: Limits { text: 4096, nick: 32, burst: 20, per_second: 10 },
        join: Join::default(),
    }))
}

fn said(seq: u64, by: &str, cid: &str) -> ServerFrame {
    linked(seq, seq - 1, by, cid)
}

fn linked(seq: u64, prev: u64, by: &str, cid: &str) -> ServerFrame {
    ServerFrame::Said(Said {
        seq: Seq(seq),
        prev: Seq(prev),
        at: 0,
        from: "ana".into(),
        via: Via::Web,
        text: "hi".into(),
        by: by.into(),
        cid: cid.into(),
        me: false,
    })
}

fn live(head: u64) -> ServerFrame {
    ServerFrame::Live { head: Seq(head) }
}

fn gap(to: u64, why: GapWhy) -> ServerFrame {
    ServerFrame::Gap { from: Seq(1), to: Seq(to), why }
}

/// Feeds frames that must be in order.
fn feed(session: &mut Session, frames: impl IntoIterator<Item = ServerFrame>) -> Turn {
    let mut turn = Turn::default();
    for frame in frames {
        session.receive(frame, &mut turn).unwrap();
    }
    turn
}

fn say(session: &mut Session, cid: &str) -> Turn {
    let mut turn = Turn::default();
    session.command(Command::Say { text: "hi".into(), me: false }, cid.into(), &mut turn);
    turn
}

fn sent(turn: &Turn) -> Vec<&str> {
    let cids = turn.send.iter().filter_map(|frame| match frame {
        ClientFrame::Say { cid, .. } => Some(cid.as_str()),
        _ => None,
    });
    cids.collect()
}

fn resumes_from(session: &mut Session) -> (Option<u64>, Option<String>) {
    match session.hello() {
        ClientFrame::Hello(hello) => (hello.since.map(|seq| seq.0), hello.epoch),
        other => panic!("{other:?}"),
    }
}

fn fates(session: &Session) -> Vec<&Fate> {
    session.outbox().entries().iter().map(|entry| &entry.fate).collect()
}

#[test]
fn a_first_hello_asks_for_no_resume() {
    let ClientFrame::Hello(hello) = session().hello() else { panic!() };
    assert_eq!((hello.v, hello.room.as_deref(), hello.nick.as_deref()), (VERSION, Some("ops"), Some("ana")));
    assert_eq!((hello.since, hello.epoch), (None, None));
}

#[test]
fn a_resume_names_the_last_message_seen_and_its_epoch() {
    let mut session = session();
    feed(&mut session, [welcome("e", 9), said(8, "x", "1"), said(9, "x", "2"), live(9), said(10, "x", "3")]);
    assert_eq!(resumes_from(&mut session), (Some(10), Some("e".into())));
}

#[test]
fn an_empty_room_is_resumed_from_its_head() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    assert_eq!(resumes_from(&mut session), (Some(0), Some("e".into())));
}

#[test]
fn nothing_is_sent_before_live() {
    let mut session = session();
    assert_eq!(sent(&say(&mut session, "a")), [""; 0]);
    let turn = feed(&mut session, [welcome("e", 0)]);
    assert_eq!(sent(&turn), [""; 0]);
    assert_eq!(sent(&feed(&mut session, [live(0)])), ["a"]);
    assert_eq!(sent(&say(&mut session, "b")), ["b"]);
}

#[test]
fn what_came_back_in_the_replay_is_not_sent_again() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    say(&mut session, "a");
    say(&mut session, "b");
    session.hello();
    let turn = feed(&mut session, [welcome("e", 1), said(1, "me", "a"), live(1)]);
    assert_eq!(sent(&turn), ["b"]);
}

#[test]
fn anothers_message_with_our_cid_is_not_ours() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    say(&mut session, "a");
    feed(&mut session, [said(1, "somebody", "a")]);
    assert_eq!(fates(&session), [&Fate::Sent]);
}

#[test]
fn an_answer_to_an_old_message_confirms_it_and_is_not_shown_twice() {
    let mut session = session();
    feed(&mut session, [welcome("e", 9), said(9, "x", "1"), live(9)]);
    say(&mut session, "a");
    let turn = feed(&mut session, [linked(3, 1, "me", "a")]);
    assert_eq!(turn.events, []);
    assert!(turn.outbox && session.outbox().entries().is_empty());
    feed(&mut session, [said(10, "x", "2")]);
}

#[test]
fn a_message_that_does_not_follow_ends_the_connection_and_keeps_the_place() {
    let mut session = session();
    feed(&mut session, [welcome("e", 9), said(9, "x", "1"), live(9)]);
    assert!(session.receive(said(11, "x", "3"), &mut Turn::default()).is_err());
    assert_eq!(resumes_from(&mut session).0, Some(9));
}

#[test]
fn a_hole_in_the_seqs_is_no_loss_where_prev_follows() {
    let mut session = session();
    feed(&mut session, [welcome("e", 9), said(9, "x", "1"), live(9), linked(40, 9, "x", "2")]);
    assert_eq!(resumes_from(&mut session).0, Some(40));
}

#[test]
fn the_message_after_a_gap_follows_the_gap() {
    let mut session = session();
    feed(&mut session, [welcome("e", 9), said(9, "x", "1"), live(9)]);
    session.hello();
    feed(&mut session, [welcome("e", 9000), gap(8800, GapWhy::Limit), said(8801, "x", "2")]);
}

#[test]
fn a_rewound_room_is_followed_from_its_new_beginning() {
    let mut session = session();
    feed(&mut session, [welcome("old", 900), said(900, "x", "1"), live(900)]);
    session.hello();
    feed(&mut session, [welcome("new", 7), gap(5, GapWhy::Rewound), said(6, "x", "2"), said(7, "x", "3"), live(7)]);
    assert_eq!(resumes_from(&mut session), (Some(7), Some("new".into())));
}

#[test]
fn a_new_epoch_without_a_gap_is_followed_too() {
    let mut session = session();
    feed(&mut session, [welcome("old", 900), said(900, "x", "1"), live(900)]);
    session.hello();
    let turn = feed(&mut session, [welcome("new", 1), said(1, "x", "2"), live(1)]);
    assert_eq!(turn.events.len(), 3);
}

#[test]
fn a_refusal_fails_the_message_and_a_retry_has_a_new_cid() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    say(&mut session, "a");
    let (cid, n, retry_ms) = (Some("a".into()), None, None);
    let turn = feed(&mut session, [ServerFrame::Refused { cid, n, code: Code::Locked, message: "m".into(), retry_ms }]);
    assert!(turn.outbox && turn.events.is_empty());
    assert!(fates(&session)[0].failed());
    let mut turn = Turn::default();
    session.command(Command::Retry("a".into()), "a2".into(), &mut turn);
    assert_eq!(sent(&turn), ["a2"]);
}

#[test]
fn a_newer_tab_takes_the_client_id_but_not_the_messages_that_waited() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    say(&mut session, "a");
    session.ended(4004);
    say(&mut session, "b");
    session.renew("another-secret".into(), &mut Turn::default());
    assert_eq!(fates(&session), [&Fate::Unsure, &Fate::Waiting]);
    let ClientFrame::Hello(hello) = session.hello() else { panic!() };
    assert_eq!(hello.client, "another-secret");
}

#[test]
fn a_name_is_kept_once_the_server_has_given_it() {
    let mut session = session();
    assert_eq!(feed(&mut session, [welcome("e", 0), live(0)]).nick.as_deref(), Some("ana"));
    let mut turn = Turn::default();
    session.command(Command::Nick("anna".into()), String::new(), &mut turn);
    assert_eq!((turn.send, turn.nick), (vec![ClientFrame::Nick { nick: "anna".into() }], None));
    let others = feed(&mut session, [ServerFrame::Renamed { from: "bob".into(), to: "rob".into() }]);
    assert_eq!(others.nick, None);
    let ours = feed(&mut session, [ServerFrame::Renamed { from: "ana".into(), to: "anna".into() }]);
    assert_eq!(ours.nick.as_deref(), Some("anna"));
}

#[test]
fn a_name_asked_for_without_a_connection_is_wished_for_in_the_next() {
    let mut session = session();
    session.command(Command::Nick("anna".into()), String::new(), &mut Turn::default());
    let ClientFrame::Hello(hello) = session.hello() else { panic!() };
    assert_eq!(hello.nick.as_deref(), Some("anna"));
}

#[test]
fn a_bye_is_remembered_for_one_end() {
    let mut session = session();
    feed(&mut session, [ServerFrame::Bye { code: ByeCode::Banned, after_ms: None }]);
    assert_eq!(Backoff::default().after(&session.ended(4002), 0.0), Next::Stop(Stop::Banned));
    assert_eq!(Backoff::default().after(&session.ended(1006), 0.0), Next::Wait(0));
}

#[test]
fn an_address_that_is_no_room_stops() {
    let mut session = session();
    let (code, message) = (Code::RoomBad, String::new());
    let refused = ServerFrame::Refused { cid: None, n: None, code, message, retry_ms: None };
    assert_eq!(session.receive(refused, &mut Turn::default()), Err(Broken::Room));
    assert_eq!(Backoff::default().after(&session.ended(0), 0.0), Next::Stop(Stop::Room));
}

#[test]
fn a_question_is_asked_where_there_is_a_connection_and_bears_a_number_of_its_own() {
    let older = |seq| Command::Ask(Question::History(Reach::Older(Seq(seq))));
    let mut session = session();
    let mut turn = Turn::default();
    session.command(older(8), String::new(), &mut turn);
    assert_eq!(turn, Turn::default());
    feed(&mut session, [welcome("e", 9), said(9, "x", "1"), live(9)]);
    session.command(older(9), String::new(), &mut turn);
    let query = || Question::Search { query: "rain".into(), before: Some(Seq(7)) };
    session.command(Command::Ask(query()), String::new(), &mut turn);
    let history = |n, before| ClientFrame::History { n, before, after: None, around: None, limit: Some(PAGE) };
    let search = ClientFrame::Search {
        n: Some(2),
        query: "rain".into(),
        before: Some(Seq(7)),
        limit: None,
        neighbours: Some(NEIGHBOURS),
    };
    assert_eq!(turn.send, [history(Some(1), Some(Seq(9))), search]);
    let asked = [Question::History(Reach::Older(Seq(9))), query()];
    assert_eq!(turn.events, (1..).zip(asked).map(|(n, question)| Event::Asked(n, question)).collect::<Vec<_>>());
}

#[test]
fn the_end_of_the_room_is_asked_for_with_its_newest_message() {
    let question = Question::History(Reach::Latest(Seq(9)));
    let frame = asked(1, &question);
    assert!(matches!(frame, ClientFrame::History { before: Some(Seq(10)), .. }), "{frame:?}");
}

#[test]
fn what_is_not_kept_is_not_asked_for_without_a_connection() {
    let commands = || {
        let whisper = Command::Whisper { to: "bob".into(), text: "psst".into() };
        [whisper, Command::Moderate("/kick bob".into()), Command::Rooms]
    };
    let mut session = session();
    for command in commands() {
        let mut turn = Turn::default();
        session.command(command, "k".into(), &mut turn);
        assert_eq!((turn.events, turn.send), (vec![Mistake::NotConnected.into()], Vec::new()));
    }
    feed(&mut session, [welcome("e", 0), live(0)]);
    let mut turn = Turn::default();
    for command in commands() {
        session.command(command, "k".into(), &mut turn);
    }
    let whisper = ClientFrame::Whisper { cid: "k".into(), to: "bob".into(), text: "psst".into(), me: false };
    let command = ClientFrame::Command { n: None, line: "/kick bob".into() };
    assert_eq!(turn.send, [whisper, command, ClientFrame::Rooms { n: None }]);
}

#[test]
fn nothing_is_sent_after_the_end() {
    let mut session = session();
    feed(&mut session, [welcome("e", 0), live(0)]);
    session.ended(1006);
    assert_eq!(sent(&say(&mut session, "a")), [""; 0]);
}

#[test]
fn a_crowd_is_asked_for_its_names() {
    let mut session = session();
    let mut turn = Turn::default();
    let crowd = ServerFrame::Crowd { joined: 12, left: 3, here: 214 };
    assert_eq!(session.receive(crowd, &mut turn), Ok(()));
    assert_eq!(turn.send, [ClientFrame::Who { n: None }]);
}
