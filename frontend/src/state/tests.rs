//! The room's view against what happens in it.

use commonroom_protocol::{Code, GapWhy, Join, Limits, PageOf, Present, Said, VERSION, Via, Welcome};

use super::*;
use crate::outbox::Outbox;

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

pub(super) fn message(seq: u64, by: &str) -> Said {
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
    Event::Frame(ServerFrame::Page { n: Some(1), of: PageOf::History, said, more: true, hits: None })
}

/// A search is asked for, and finds message 5.
fn searched() -> [Event; 2] {
    let hits = Some(vec![Seq(5)].into_boxed_slice());
    let answer = ServerFrame::Page { n: Some(1), of: PageOf::Search, said: vec![message(5, "x")], more: false, hits };
    [Event::Asked(1, Question::Search { query: "rain".into(), before: None }), Event::Frame(answer)]
}

fn older(before: u64) -> Event {
    Event::Asked(1, Question::History(Reach::Older(Seq(before))))
}

fn gap(from: u64, to: u64, why: GapWhy) -> Event {
    Event::Frame(ServerFrame::Gap { from: Seq(from), to: Seq(to), why })
}

fn room(events: impl IntoIterator<Item = Event>) -> Rc<RoomView> {
    let name = RoomName::from_path("/r/ops");
    let mut state = ChatState::of([name.clone()]);
    state.apply(&name, events.into_iter().collect(), NOW);
    state.room(&name)
}

fn seqs(room: &RoomView) -> Vec<u64> {
    room.log.rows.iter().filter_map(|row| row.said()).map(|row| row.said.seq.0).collect()
}

fn nicks(room: &RoomView) -> Vec<&str> {
    room.people.iter().map(|person| person.nick.as_str()).collect()
}

#[test]
fn rooms_are_apart() {
    let (ops, lobby) = (RoomName::from_path("/r/ops"), RoomName::from_path("/"));
    let mut state = ChatState::of([ops.clone(), lobby.clone()]);
    state.apply(&ops, vec![welcome(1), said(8, "x")], NOW);
    assert_eq!(seqs(&state.room(&ops)), [8]);
    assert_eq!(seqs(&state.room(&lobby)), [0; 0]);
}

#[test]
fn what_is_told_of_a_room_that_was_left_is_left_out() {
    let ops = RoomName::from_path("/r/ops");
    let mut state = ChatState::of([ops.clone()]);
    state.change(Change::Leave(ops.clone()), NOW);
    state.apply(&ops, vec![said(8, "x")], NOW);
    assert_eq!((state.names().count(), seqs(&state.room(&ops))), (0, vec![]));
}

#[test]
fn only_so_many_rooms_are_open_at_once() {
    let names = (0..=OPEN).map(|number| RoomName::from_path(&format!("/r/{number}")));
    let state = ChatState::of(names.chain([RoomName::from_path("/r/1")]));
    let names: Vec<_> = state.names().map(RoomName::as_str).collect();
    assert_eq!((names.len(), names[0], names[OPEN - 1]), (OPEN, "1", "10"));
}

#[test]
fn a_room_in_which_something_waits_to_be_said_is_not_closed_for_another() {
    let name = |number: usize| RoomName::from_path(&format!("/r/{number}"));
    let mut state = ChatState::of((0..OPEN).map(name));
    let mut outbox = Outbox::default();
    outbox.push("k1".into(), "not said yet".into(), false);
    let waits = |outbox: &Outbox| vec![Event::Outbox(outbox.entries().into())];
    state.apply(&name(0), waits(&outbox), NOW);
    state.change(Change::Enter(name(OPEN)), NOW);
    let open: Vec<_> = state.names().map(RoomName::as_str).collect();
    assert_eq!((open.len(), open[0], open[1]), (OPEN, "0", "2"));
}

#[test]
fn what_was_sought_in_another_history_is_sought_no_more() {
    let [search, answer] = searched();
    let Event::Frame(ServerFrame::Welcome(mut other)) = welcome(1) else { panic!("no welcome") };
    other.epoch = "another".into();
    let before = [welcome(1), search, answer, Event::Target(Some(Seq(5)))];
    assert_eq!(room(before.clone()).target, Some(Seq(5)));
    let room = room(before.into_iter().chain([Event::Frame(ServerFrame::Welcome(other))]));
    assert_eq!((room.target, &*room.found), (None, &Found::default()));
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
    let own: Vec<_> = room.log.rows.iter().filter_map(|row| row.said()).map(|row| row.own).collect();
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
    assert_eq!(in_place.log.rows.len(), 0);
    let by_command = room([welcome(1), refused()]);
    assert_eq!((by_command.naming.clone(), by_command.log.rows.len()), (Naming::Idle, 1));
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
    assert_eq!(room.log.rows.len(), 3);
}

#[test]
fn a_new_roster_replaces_the_old() {
    let room = room([welcome(1), Event::Frame(ServerFrame::Roster { n: None, here: 700, roster: vec![here("dan")] })]);
    assert_eq!((nicks(&room), room.here), (vec!["dan"], 700));
}

#[test]
fn older_rows_go_above_and_none_twice() {
    let room = room([welcome(1), said(8, "x"), said(9, "x"), older(8), page(5..=8)]);
    assert_eq!(seqs(&room), [5, 6, 7, 8, 9]);
    assert!(!room.loading());
    let mut ids: Vec<_> = room.log.rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

/// The rows go on while the answer is under way: those that it would join may be gone.
#[test]
fn an_answer_that_comes_too_late_leaves_no_gap() {
    let full = (1..=ROWS as u64).map(|seq| said(1_000 + seq, "x"));
    let late = [older(1_001), said(1_001 + ROWS as u64, "x"), page(901..=1_000)];
    let room = room([welcome(1)].into_iter().chain(full).chain(late));
    assert_eq!((seqs(&room)[0], room.loading()), (1_002, false));
    assert_eq!(room.older(), Some(Reach::Older(Seq(1_002))));
}

#[test]
fn what_is_said_while_one_reads_above_the_end_leaves_what_one_reads_in_its_place() {
    let full = (1..=ROWS as u64).map(|seq| said(seq, "x"));
    let more = [Event::Attended(Look::Above), said(2_001, "x"), said(2_002, "x")];
    let room = room([welcome(1)].into_iter().chain(full).chain(more));
    assert_eq!((seqs(&room)[0], seqs(&room).last()), (1, Some(&2_000)));
    assert_eq!((room.latest(), room.newer()), (Some(Reach::Latest(Seq(2_002))), Some(Reach::Newer(Seq(2_000)))));
}

#[test]
fn the_very_first_message_can_be_asked_for_where_it_is_not_shown() {
    assert_eq!(room([welcome(3), said(8, "x")]).first(), Some(Reach::Around(Seq(3))));
    assert_eq!(room([welcome(8), said(8, "x")]).first(), None);
}

#[test]
fn there_is_more_until_the_oldest_kept_message() {
    assert_eq!(room([welcome(1), said(8, "x")]).older(), Some(Reach::Older(Seq(8))));
    assert_eq!(room([welcome(1), said(1, "x")]).older(), None);
    assert_eq!(room([welcome(8), said(8, "x")]).older(), None);
    assert_eq!(room([welcome(7), said(8, "x")]).older(), Some(Reach::Older(Seq(8))));
    assert_eq!(room([welcome(1)]).older(), None);
}

#[test]
fn a_rewind_marks_what_was_there_and_nothing_after() {
    let room = room([welcome(1), said(900, "x"), gap(1, 5, GapWhy::Rewound), said(6, "x")]);
    let rewound: Vec<_> = room.log.rows.iter().filter_map(|row| row.said()).map(|row| row.rewound).collect();
    assert_eq!(rewound, [true, false]);
    assert_eq!(room.older(), None);
}

#[test]
fn a_gap_is_a_row() {
    let room = room([welcome(1), said(1, "x"), gap(2, 43, GapWhy::Limit), said(44, "x")]);
    let gap = Note::Gap { from: Seq(2), to: Seq(43), why: GapWhy::Limit };
    assert_eq!(room.log.rows[1].kind, RowKind::Note(gap));
}

#[test]
fn the_rows_are_bounded_and_the_newest_stay() {
    let room = room((1..=ROWS as u64 + 10).map(|seq| said(seq, "x")));
    assert_eq!(room.log.rows.len(), ROWS);
    assert_eq!(seqs(&room).last(), Some(&(ROWS as u64 + 10)));
}

#[test]
fn a_refused_question_is_a_note_and_ends_the_wait() {
    let refused =
        ServerFrame::Refused { cid: None, n: Some(1), code: Code::Rate, message: "later".into(), retry_ms: Some(5000) };
    let room = room([welcome(1), said(9, "x"), older(9), Event::Frame(refused)]);
    assert!(!room.loading());
    assert!(matches!(room.log.rows[1].kind, RowKind::Note(Note::Refused { code: Code::Rate, .. })));
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
    let times: Vec<_> = room.log.rows.iter().map(|row| row.at).collect();
    assert_eq!(times, [0, NOW, NOW + 5, NOW + 5]);
}

fn live() -> Event {
    Event::Frame(ServerFrame::Live { head: Seq(9) })
}

fn saying(seq: u64, text: &str) -> Event {
    Event::Frame(ServerFrame::Said(Said { text: text.into(), ..message(seq, "x") }))
}

fn missed(room: &RoomView) -> (usize, usize) {
    (room.unread.count, room.unread.mentions)
}

#[test]
fn what_others_say_while_nobody_looks_is_unread_and_calls() {
    let quiet = [welcome(1), said(8, "x"), said(9, "x"), live()];
    assert_eq!((missed(&room(quiet.clone())), &room(quiet.clone()).call), ((0, 0), &None));
    let called = room(quiet.clone().into_iter().chain([said(10, "x"), saying(11, "ana, look"), said(12, "me")]));
    assert_eq!(missed(&called), (2, 1));
    let call = called.call.as_ref().unwrap();
    assert_eq!((call.number, &*call.text, call.mention), (2, "ana, look", true));
    let looking = [Event::Attended(Look::End), saying(10, "ana")];
    let looking = room(quiet.into_iter().chain(looking));
    assert_eq!((missed(&looking), &looking.call), ((0, 0), &None));
}

#[test]
fn who_goes_to_another_room_looks_at_the_old_one_no_more() {
    let [here, there] = ["here", "there"].map(|name| RoomName::typed(name).unwrap());
    let mut state = ChatState::of([here.clone(), there.clone()]);
    let mut look = |room: &RoomName, look| {
        state.change(Change::Events(room.clone(), vec![Event::Attended(look)]), NOW);
        [&here, &there].map(|room| (state.room(room).unread.attended(), state.room(room).log.held))
    };
    assert_eq!(look(&here, Look::End), [(true, false), (false, false)]);
    assert_eq!(look(&there, Look::Above), [(false, false), (false, true)]);
    assert_eq!(look(&here, Look::Above), [(false, true), (false, false)]);
}

#[test]
fn a_row_that_means_the_reader_is_marked_and_ones_own_is_not() {
    let own = Event::Frame(ServerFrame::Said(Said { text: "I am ana".into(), ..message(9, "me") }));
    let room = room([welcome(1), saying(8, "@ana hi"), own]);
    let marked: Vec<_> = room.log.rows.iter().filter_map(|row| row.said()).map(|row| row.mention).collect();
    assert_eq!(marked, [true, false]);
}

#[test]
fn an_earlier_visit_is_gone_on_with_in_the_same_history_only() {
    let kept = |epoch: &str| Event::Kept { epoch: epoch.into(), read: Seq(7) };
    let visit = |epoch| room([kept(epoch), welcome(1), said(7, "x"), said(8, "x"), said(9, "x"), live()]);
    assert_eq!((visit("e").unread.rule, missed(&visit("e"))), (Some(Seq(8)), (2, 0)));
    assert_eq!((visit("other").unread.rule, missed(&visit("other"))), (None, (0, 0)));
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_left_out() {
    let other = Event::Asked(2, Question::History(Reach::Older(Seq(9))));
    let room = room([welcome(1), said(9, "x"), older(9), other, page(5..=8)]);
    assert_eq!((seqs(&room), room.loading()), (vec![9], true));
}

#[test]
fn a_search_fills_what_was_found_and_not_the_log() {
    let [search, answer] = searched();
    let room = room([welcome(1), said(9, "x"), search, answer]);
    assert_eq!((seqs(&room), &room.found.hits[..]), (vec![9], &[Seq(5)][..]));
}

#[test]
fn a_search_that_is_refused_has_found_nothing_and_is_told_in_its_place() {
    let search = |query: &str| Event::Asked(1, Question::Search { query: query.into(), before: None });
    let hits = Some(vec![Seq(5)].into_boxed_slice());
    let answer = ServerFrame::Page { n: Some(1), of: PageOf::Search, said: vec![message(5, "x")], more: true, hits };
    let (code, message) = (Code::Empty, "no words".to_owned());
    let refused = ServerFrame::Refused { cid: None, n: Some(1), code, message: message.clone(), retry_ms: None };
    let room = room([search("rain"), Event::Frame(answer), search("!"), Event::Frame(refused)]);
    let found = Found::refused("!".into(), code, message);
    assert_eq!((&*room.found, room.searching(), room.log.rows.len()), (&found, false, 0));
}

#[test]
fn sockets_that_are_no_page_are_counted_when_they_come_or_say_something() {
    let joined = |via| Event::Frame(ServerFrame::Joined { nick: "cy".into(), via });
    let by = |via| Event::Frame(ServerFrame::Said(Said { via, ..message(10, "x") }));
    assert_eq!(room([welcome(1), live(), joined(Via::Tcp)]).arrived, 1);
    assert_eq!(room([welcome(1), live(), by(Via::Api)]).arrived, 1);
    assert_eq!(room([welcome(1), live(), joined(Via::Web), by(Via::Web)]).arrived, 0);
    assert_eq!(room([welcome(1), by(Via::Tcp), live()]).arrived, 0);
}
