//! The checker of histories, checked: it passes a sound one, and fails each that is broken in one place, by the right
//! invariant.

use std::collections::BTreeSet;
use std::time::Duration;

use commonroom_e2e::history::{Client, Event, Fault, History, Report, What};
use commonroom_protocol::{Code, GapWhy, Said, Seq, Via};

const ANA: &str = "aaaaaaaaaaaaaaaa";
const BOB: &str = "bbbbbbbbbbbbbbbb";
const TOM: &str = "cccccccccccccccc";
/// A fault's end and a send that is accepted 10 s after it, in microseconds.
const TEN_SECONDS: u64 = 10_000_000;

fn said(seq: u64, by: &str, cid: &str, text: &str) -> Said {
    let via = if by == TOM { Via::Tcp } else { Via::Api };
    let (cid, text) = (cid.to_owned(), text.to_owned());
    Said {
        seq: Seq(seq),
        prev: Seq(seq - 1),
        at: 0,
        from: by[..3].to_owned(),
        via,
        text,
        by: by.to_owned(),
        cid,
        me: false,
    }
}

fn journal() -> Vec<Said> {
    vec![
        said(1, ANA, "a1", "ana one"),
        said(2, BOB, "b1", "bob one"),
        said(3, TOM, "1", "tom one"),
        said(4, ANA, "a2", "ana two"),
        said(5, BOB, "b2", "bob two"),
        said(6, ANA, "a3", "ana three"),
        said(7, TOM, "2", "tom two"),
    ]
}

fn frame(seq: usize) -> What {
    What::Said(journal().swap_remove(seq - 1))
}

fn sent(cid: &str, text: &str) -> What {
    What::Sent { cid: cid.to_owned(), text: text.to_owned() }
}

fn line(text: &str) -> What {
    sent(text, text)
}

fn saved(text: &str, seq: u64) -> What {
    What::Saved { cid: text.to_owned(), seq }
}

fn shown(text: &str) -> What {
    What::Shown { text: text.to_owned() }
}

fn refused(cid: &str) -> What {
    What::Refused { cid: cid.to_owned(), code: Code::TooLong }
}

fn welcome(since: Option<u64>, head: u64) -> What {
    What::Welcome { since, epoch: "e1".to_owned(), head }
}

fn client(name: &str, by: Option<&str>, events: impl IntoIterator<Item = (u64, What)>) -> Client {
    let events = events.into_iter().map(|(at, what)| Event { at, what }).collect();
    Client { name: name.to_owned(), by: by.map(str::to_owned), events }
}

/// Ana, bob and tom at a terminal; the server is killed at 200 and back at 300. Ana finds her second message in what is
/// replayed, bob is impatient and is answered with his second one, tom does not know.
fn sound() -> History {
    let live = |head| What::Live { head };
    let ana = [
        (10, welcome(None, 0)),
        (11, live(0)),
        (20, sent("a1", "ana one")),
        (30, frame(1)),
        (60, frame(2)),
        (90, frame(3)),
        (100, sent("a2", "ana two")),
        (101, sent("a0", "too long")),
        (102, refused("a0")),
        (200, What::Closed),
        (320, welcome(Some(3), 5)),
        (321, frame(4)),
        (322, frame(5)),
        (323, live(5)),
        (330, sent("a3", "ana three")),
        (340, frame(6)),
        (380, frame(7)),
        (500, What::Closed),
    ];
    let bob = [
        (12, welcome(None, 0)),
        (13, live(0)),
        (31, frame(1)),
        (40, sent("b1", "bob one")),
        (50, frame(2)),
        (91, frame(3)),
        (120, sent("b2", "bob two")),
        (130, frame(4)),
        (201, What::Closed),
        (310, welcome(Some(4), 5)),
        (311, sent("b2", "bob two")),
        (312, frame(5)),
        (313, live(5)),
        (314, frame(5)),
        (341, frame(6)),
        (381, frame(7)),
    ];
    let tom = [
        (14, shown("ana one")),
        (51, shown("bob one")),
        (70, line("tom one")),
        (80, saved("tom one", 3)),
        (131, shown("ana two")),
        (140, line("tom never")),
        (202, What::Closed),
        (315, shown("ana two")),
        (316, shown("bob two")),
        (350, shown("ana three")),
        (360, line("tom two")),
        (370, saved("tom two", 7)),
    ];
    let mut clients = vec![client("ana", Some(ANA), ana), client("bob", Some(BOB), bob), client("tom", None, tom)];
    clients[2].events[0].at = 35;
    History { clients, journal: journal(), faults: vec![Fault { began: 200, ended: 300 }] }
}

/// What a sound history breaks after one change to it.
fn broken_by(change: impl FnOnce(&mut History)) -> BTreeSet<u8> {
    let mut history = sound();
    change(&mut history);
    history.broken()
}

/// The place of what a client was told of a message.
fn told(history: &History, client: usize, seq: u64) -> usize {
    let is_it = |event: &Event| matches!(&event.what, What::Said(said) if said.seq.0 == seq);
    history.clients[client].events.iter().position(is_it).unwrap_or_else(|| panic!("#{seq} was not told"))
}

/// All that anybody was told of a message, and what the journal has of it.
fn everywhere(history: &mut History, seq: u64, mut change: impl FnMut(&mut Said)) {
    let frames =
        history.clients.iter_mut().flat_map(|client| &mut client.events).filter_map(|event| match &mut event.what {
            What::Said(said) => Some(said),
            _ => None,
        });
    frames.chain(&mut history.journal).filter(|said| said.seq.0 == seq).for_each(&mut change);
}

#[test]
fn a_sound_history_is_passed() {
    assert_eq!(sound().violations().iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
    let report = sound().prove("sound").unwrap();
    let expected = Report {
        kept: 7,
        acknowledged: 7,
        found: 1,
        answered_again: 1,
        saved: 2,
        shown: 6,
        gaps: 0,
        recoveries: 1,
        slowest_recovery: Duration::from_micros(12),
    };
    assert_eq!(report, expected);
}

#[test]
fn drop_a_message_that_was_acknowledged() {
    assert_eq!(broken_by(|history| drop(history.journal.pop())), [2].into());
    let in_the_middle = broken_by(|history| drop(history.journal.remove(3)));
    assert_eq!(in_the_middle, [1, 2].into(), "the journal's chain of prevs is broken as well");
}

#[test]
fn swap_two_messages_for_one_client() {
    let swap = |history: &mut History| {
        let (one, other) = (told(history, 0, 2), told(history, 0, 3));
        let second = history.clients[0].events[other].what.clone();
        history.clients[0].events[other].what = std::mem::replace(&mut history.clients[0].events[one].what, second);
    };
    let broken = broken_by(swap);
    assert!(broken.contains(&1), "{broken:?}");
    assert!(broken_by(|history| history.journal.swap(2, 3)).contains(&1), "in the journal");
}

#[test]
fn swap_two_lines_on_a_terminal() {
    let swap = |history: &mut History| history.clients[2].events.swap(7, 8);
    assert_eq!(broken_by(swap), [1].into());
}

#[test]
fn duplicate_a_message_in_the_journal() {
    let again = |history: &mut History| history.journal.push(said(8, ANA, "a2", "ana two"));
    assert_eq!(broken_by(again), [3].into());
    let of_a_terminal = |history: &mut History| history.journal.push(said(8, TOM, "3", "tom two"));
    assert!(broken_by(of_a_terminal).contains(&3));
}

#[test]
fn duplicate_a_message_on_one_screen() {
    let again = |history: &mut History| {
        let at = told(history, 1, 3);
        let event = history.clients[1].events[at].clone();
        history.clients[1].events.insert(at + 1, event);
    };
    assert_eq!(broken_by(again), [3].into());
    let line = |history: &mut History| history.clients[2].events.insert(2, Event { at: 52, what: shown("bob one") });
    assert_eq!(broken_by(line), [3].into());
}

#[test]
fn duplicate_a_message_with_the_cid_of_an_own_one() {
    let same_cid = |history: &mut History| {
        everywhere(history, 4, |said| said.cid = "b2".to_owned());
        history.clients[0].events[6].what = sent("b2", "ana two");
    };
    assert_eq!(broken_by(same_cid), [].into());
    let again = |history: &mut History| {
        same_cid(history);
        let event = history.clients[1].events[told(history, 1, 4)].clone();
        history.clients[1].events.insert(13, event);
    };
    assert_eq!(broken_by(again), [3].into(), "it was not he who sent it again");
}

#[test]
fn alter_a_text() {
    let alter = |history: &mut History| everywhere(history, 4, |said| said.text = "Ana too".to_owned());
    let broken = broken_by(|history| {
        alter(history);
        history.clients[2].events.retain(|event| !matches!(&event.what, What::Shown { text } if text == "ana two"));
    });
    assert_eq!(broken, [4].into());
}

#[test]
fn a_gap_that_is_not_named() {
    let gap = |client: usize, seq: u64| {
        broken_by(|history| {
            let at = told(history, client, seq);
            history.clients[client].events.remove(at);
        })
    };
    assert_eq!(gap(1, 3), [5].into(), "while it is live");
    assert_eq!(gap(0, 5), [5].into(), "at the end of the replay");
    let terminals = broken_by(|history| drop(history.clients[2].events.remove(8)));
    assert_eq!(terminals, [5].into(), "on a terminal");
}

#[test]
fn a_replay_that_ends_too_soon() {
    let eve = client("eve", None, [(600, welcome(Some(5), 7)), (610, frame(6)), (620, What::Live { head: 7 })]);
    assert_eq!(broken_by(|history| history.clients.push(eve)), [5].into());
}

#[test]
fn a_gap_that_is_named_is_none() {
    let name = |from: u64, to: u64, why: GapWhy| {
        broken_by(|history| {
            let at = told(history, 0, 5);
            history.clients[0].events[at].what = What::Gap { from, to, why };
        })
    };
    assert_eq!(name(5, 5, GapWhy::Limit), [].into());
    assert_eq!(name(4, 5, GapWhy::Limit), [5].into(), "it begins where this client has read");
    assert_eq!(name(5, 6, GapWhy::Limit), [1].into(), "it hides what comes");
    assert!(name(1, 5, GapWhy::Rewound).contains(&2), "nothing durable begins anew");
}

#[test]
fn invent_a_message() {
    let invented = |history: &mut History| history.journal.push(said(8, ANA, "a9", "never said"));
    assert_eq!(broken_by(invented), [4].into());
    let elses = |history: &mut History| everywhere(history, 2, |said| said.by = ANA.to_owned());
    assert!(broken_by(elses).contains(&4), "in the name of somebody else");
    assert_eq!(broken_by(|history| history.clients[1].events[3].at = 55), [4].into(), "told before it was sent");
}

#[test]
fn a_send_that_is_placed_before_one_that_was_acknowledged() {
    // Tom was told #3 before bob began to send what became #2.
    let late = |history: &mut History| {
        let at = history.clients[2].events.iter().position(|event| matches!(event.what, What::Saved { .. }));
        let at = at.expect("saved");
        history.clients[2].events[at - 1].at = 36;
        history.clients[2].events[at].at = 38;
    };
    assert_eq!(broken_by(late), [6].into());
}

#[test]
fn disagree_about_a_place() {
    let clients = |history: &mut History| {
        let at = told(history, 1, 3);
        history.clients[1].events[at].what = What::Said(Said { at: 5, ..said(3, TOM, "1", "tom one") });
    };
    assert_eq!(broken_by(clients), [1].into(), "two clients");
    let journal = |history: &mut History| history.journal[1].me = true;
    assert_eq!(broken_by(journal), [1].into(), "all clients and the journal");
}

#[test]
fn a_history_that_began_anew() {
    let another = |history: &mut History| {
        let welcome = history.clients[1].events.iter_mut().rfind(|event| matches!(event.what, What::Welcome { .. }));
        let Some(What::Welcome { epoch, .. }) = welcome.map(|event| &mut event.what) else {
            unreachable!("he is back")
        };
        "e2".clone_into(epoch);
    };
    assert_eq!(broken_by(another), [2].into());
    let shorter = |history: &mut History| history.clients[1].events[9].what = welcome(Some(4), 3);
    assert_eq!(broken_by(shorter), [2].into());
}

#[test]
fn a_line_that_is_saved_somewhere_else() {
    assert_eq!(broken_by(|history| history.clients[2].events[3].what = saved("tom one", 4)), [2].into());
}

#[test]
fn nobody_is_answered_after_a_fault() {
    let slow = |history: &mut History| {
        for event in history.clients.iter_mut().flat_map(|client| &mut client.events).filter(|event| event.at > 300) {
            event.at += TEN_SECONDS;
        }
    };
    assert_eq!(broken_by(slow), [9].into());
    let soon_taken_away_again = |history: &mut History| {
        slow(history);
        history.faults.push(Fault { began: 400, ended: TEN_SECONDS + 300 });
    };
    assert_eq!(broken_by(soon_taken_away_again), [].into());
}

#[test]
fn a_send_that_is_answered_by_nothing() {
    let silent = |history: &mut History| {
        history.clients[0].events.retain(|event| !matches!(event.what, What::Refused { .. }));
        history.clients[0].events.insert(9, Event { at: 199, what: sent("a4", "lost") });
        history.clients[0].events.retain(|event| !matches!(event.what, What::Closed));
    };
    assert_eq!(broken_by(silent), [10].into());
    let of_a_terminal = |history: &mut History| drop(history.clients[2].events.pop());
    assert_eq!(broken_by(of_a_terminal), [10].into());
}

#[test]
fn a_refused_message_that_is_kept() {
    let kept = |history: &mut History| history.journal.push(said(8, ANA, "a0", "too long"));
    assert_eq!(broken_by(kept), [10].into());
}

#[test]
fn what_was_refused_may_have_been_taken_another_time() {
    let refuse = |history: &mut History| history.clients[0].events.insert(7, Event { at: 100, what: refused("a2") });
    assert_eq!(broken_by(refuse), [10].into(), "it was sent once, and refused");
    let try_again = |history: &mut History| {
        refuse(history);
        history.clients[0].events.insert(8, Event { at: 100, what: sent("a2", "ana two") });
    };
    assert_eq!(broken_by(try_again), [].into());
}

#[test]
fn what_is_wrong_is_told_in_words_and_left_in_a_file() {
    let mut history = sound();
    history.journal.pop();
    let told = history.prove("broken").unwrap_err().to_string();
    assert!(told.contains("invariant 2 (nothing acknowledged or seen is lost)"), "{told}");
    assert!(told.contains("\"tom two\""), "{told}");
    let path = told.split_once("the history is in ").unwrap().1.lines().next().unwrap();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(written["clients"][0]["name"], "ana");
    std::fs::remove_file(path).unwrap();
}
