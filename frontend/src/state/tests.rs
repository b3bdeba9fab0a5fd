//! The room's view against what happens in it.

use commonroom_protocol::{Code, Join, Limits, PageOf, VERSION, Via};

use super::*;

const NOW: i64 = 1000;

fn here(nick: &str) -> Present {
    Present { nick: nick.into(), via: Via::Tcp }
}

fn welcome(oldest: u64) -> Event {
    Event::Frame(ServerFrame::Welcome(Box::new(Welcome {
        v: VERSION,
        build: String::new(),
        room: "ops".into(),
        you: "ana".into(),
        by: "me".into(),
        epoch: "e".into(),
        head: Seq(9),
        oldest: Seq(oldest),
        durable: "disk".into(),
        here: 2,
        roster: vec![here("ana"), here("bob")],
        ping_ms: 25_000,
        limits: Limits { text: 100, nick: 32, burst: 20, per_second: 10 },
        join: Join::default(),
    })))
}

fn message(seq: u64, by: &str) -> Said {
    Said {
        seq: Seq(seq),
        prev: Seq(seq - 1),
        at: 0,
        from: by.into(),
        via: Via::Web,
        text: format!("message {seq}"),
        by: by.into(),
        cid: "c".into(),
        me: false,
    }
}

fn said(seq: u64, by: &str) -> Event {
    Event::Frame(ServerFrame::Said(message(seq, by)))
}

fn page(seqs: std::ops::RangeInclusive<u64>) -> Event {
    let said = seqs.map(|seq| message(seq, "x")).collect();
    Event::Frame(ServerFrame::Page { n: None, of: PageOf::History, said, more: true, hits: None })
}

fn gap(from: u64, to: u64, why: GapWhy) -> Event {
    Event::Frame(ServerFrame::Gap { from: Seq(from), to: Seq(to), why })
}

fn room(events: impl IntoIterator<Item = Event>) -> Rc<RoomView> {
    let name = RoomName::from_path("/r/ops");
    let mut state = ChatState::default();
    state.apply(&name, events.into_iter().collect(), NOW);
    state.room(&name)
}

fn seqs(room: &RoomView) -> Vec<u64> {
    room.rows.iter().filter_map(|row| row.said()).map(|row| row.said.seq.0).collect()
}

fn nicks(room: &RoomView) -> Vec<&str> {
    room.people.iter().map(|person| person.nick.as_str()).collect()
}

#[test]
fn rooms_are_apart() {
    let (ops, lobby) = (RoomName::from_path("/r/ops"), RoomName::from_path("/"));
    let mut state = ChatState::default();
    state.apply(&ops, vec![welcome(1), said(8, "x")], NOW);
    assert_eq!(seqs(&state.room(&ops)), [8]);
    assert_eq!(seqs(&state.room(&lobby)), [0; 0]);
}

#[test]
fn one_is_connected_when_the_replay_is_over() {
    let replaying = room([Event::Link(Link::Connecting), welcome(1), said(9, "x")]);
    assert_eq!(replaying.link, Link::Connecting);
    let live = room([Event::Link(Link::Connecting), welcome(1), Event::Frame(ServerFrame::Live { head: Seq(9) })]);
    assert_eq!(live.link, Link::Connected);
}

#[test]
fn own_messages_are_known_by_the_public_id() {
    let room = room([welcome(1), said(8, "me"), said(9, "x")]);
    let own: Vec<_> = room.rows.iter().filter_map(|row| row.said()).map(|row| row.own).collect();
    assert_eq!(own, [true, false]);
}

#[test]
fn what_one_said_last_can_be_brought_back() {
    assert_eq!(room([welcome(1), said(8, "x")]).last_own(), None);
    let mut own = vec![welcome(1), said(7, "me"), said(8, "me"), said(9, "x")];
    assert_eq!(room(own.clone()).last_own().as_deref(), Some("message 8"));
    let mut outbox = crate::outbox::Outbox::default();
    outbox.push("c".into(), "waves".into(), true);
    own.push(Event::Outbox(outbox.entries().into()));
    assert_eq!(room(own).last_own().as_deref(), Some("/me waves"));
}

#[test]
fn a_name_refused_in_its_place_is_no_row_and_a_new_one_ends_the_wish() {
    let refused = || {
        let message = "bob is taken".to_owned();
        Event::Frame(ServerFrame::Refused { cid: None, n: None, code: Code::NickTaken, message, retry_ms: None })
    };
    let in_place = room([welcome(1), Event::NameAsked, refused()]);
    assert_eq!(in_place.naming, Naming::Refused(Code::NickTaken, "bob is taken".into()));
    assert_eq!(in_place.rows.len(), 0);
    let by_command = room([welcome(1), refused()]);
    assert_eq!((by_command.naming.clone(), by_command.rows.len()), (Naming::Idle, 1));
    let renamed = Event::Frame(ServerFrame::Renamed { from: "ana".into(), to: "anna".into() });
    assert_eq!(room([welcome(1), Event::NameAsked, refused(), Event::NameAsked, renamed]).naming, Naming::Idle);
}

#[test]
fn the_roster_follows_who_comes_and_goes() {
    let joined = |nick: &str| Event::Frame(ServerFrame::Joined { nick: nick.into(), via: Via::Tcp });
    let room = room([
        welcome(1),
        joined("cy"),
        joined("cy"),
        Event::Frame(ServerFrame::Left { nick: "bob".into() }),
        Event::Frame(ServerFrame::Renamed { from: "ana".into(), to: "anna".into() }),
    ]);
    assert_eq!(nicks(&room), ["anna", "cy"]);
    assert_eq!((room.here, &*room.you), (2, "anna"));
    assert_eq!(room.rows.len(), 3);
}

#[test]
fn a_new_roster_replaces_the_old() {
    let room = room([welcome(1), Event::Frame(ServerFrame::Roster { n: None, here: 700, roster: vec![here("dan")] })]);
    assert_eq!((nicks(&room), room.here), (vec!["dan"], 700));
}

#[test]
fn older_rows_go_above_and_none_twice() {
    let room = room([welcome(1), said(8, "x"), said(9, "x"), Event::OlderAsked, page(5..=8)]);
    assert_eq!(seqs(&room), [5, 6, 7, 8, 9]);
    assert!(!room.loading);
    let mut ids: Vec<_> = room.rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn there_is_more_until_the_oldest_kept_message() {
    assert_eq!(room([welcome(1), said(8, "x")]).older_than(), Some(Seq(8)));
    assert_eq!(room([welcome(1), said(1, "x")]).older_than(), None);
    assert_eq!(room([welcome(8), said(8, "x")]).older_than(), None);
    assert_eq!(room([welcome(7), said(8, "x")]).older_than(), Some(Seq(8)));
    assert_eq!(room([welcome(1)]).older_than(), None);
}

#[test]
fn a_rewind_marks_what_was_there_and_nothing_after() {
    let room = room([welcome(1), said(900, "x"), gap(1, 5, GapWhy::Rewound), said(6, "x")]);
    let rewound: Vec<_> = room.rows.iter().filter_map(|row| row.said()).map(|row| row.rewound).collect();
    assert_eq!(rewound, [true, false]);
    assert_eq!(room.older_than(), None);
}

#[test]
fn a_gap_is_a_row() {
    let room = room([welcome(1), said(1, "x"), gap(2, 43, GapWhy::Limit), said(44, "x")]);
    let gap = Note::Gap { from: Seq(2), to: Seq(43), why: GapWhy::Limit };
    assert_eq!(room.rows[1].kind, RowKind::Note(gap));
}

#[test]
fn the_rows_are_bounded_and_the_newest_stay() {
    let room = room((1..=ROWS as u64 + 10).map(|seq| said(seq, "x")));
    assert_eq!(room.rows.len(), ROWS);
    assert_eq!(seqs(&room).last(), Some(&(ROWS as u64 + 10)));
}

#[test]
fn a_refused_question_is_a_note_and_ends_the_wait() {
    let refused =
        ServerFrame::Refused { cid: None, n: None, code: Code::Rate, message: "later".into(), retry_ms: Some(5000) };
    let room = room([welcome(1), said(9, "x"), Event::OlderAsked, Event::Frame(refused)]);
    assert!(!room.loading);
    assert!(matches!(room.rows[1].kind, RowKind::Note(Note::Refused { code: Code::Rate, .. })));
}

#[test]
fn a_connection_is_lost_until_it_is_live_again() {
    let lost = |links: &[Link]| room(links.iter().map(|link| Event::Link(*link))).lost;
    assert!(!lost(&[Link::Connecting]));
    assert!(lost(&[Link::Connecting, Link::Waiting(3), Link::Connecting]));
    let live = Event::Frame(ServerFrame::Live { head: Seq(1) });
    assert!(!room([Event::Link(Link::Offline), Event::Link(Link::Connecting), welcome(1), live]).lost);
}

#[test]
fn what_is_no_message_is_as_old_as_it_is_and_never_older_than_what_it_follows() {
    let left = |nick: &str| Event::Frame(ServerFrame::Left { nick: nick.into() });
    let ahead = Said { at: NOW + 5, ..message(9, "x") };
    let room = room([welcome(1), said(8, "x"), left("bob"), Event::Frame(ServerFrame::Said(ahead)), left("ana")]);
    let times: Vec<_> = room.rows.iter().map(|row| row.at).collect();
    assert_eq!(times, [0, NOW, NOW + 5, NOW + 5]);
}
