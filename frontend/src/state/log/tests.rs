//! The stretch of rows against pages from all sides.

use commonroom_protocol::NoticeCode;

use super::*;
use crate::state::tests::message;

fn row(seq: u64) -> SaidRow {
    SaidRow { said: message(seq, "x"), own: false, mention: false, rewound: false }
}

fn page(seqs: std::ops::RangeInclusive<u64>) -> Vec<SaidRow> {
    seqs.map(row).collect()
}

fn log(seqs: std::ops::RangeInclusive<u64>) -> Log {
    let mut log = Log::default();
    for row in page(seqs) {
        log.push(row);
    }
    log
}

fn note(words: &str) -> Note {
    Note::Notice { code: NoticeCode::Other, message: words.into(), about: None }
}

/// Messages as their seqs, rewound ones with a star, notes as their words.
fn shown(log: &Log) -> Vec<String> {
    let words = |row: &Rc<Row>| match &row.kind {
        RowKind::Said(row) => format!("{}{}", row.said.seq.0, if row.rewound { "*" } else { "" }),
        RowKind::Note(Note::Notice { message, .. }) => message.clone(),
        RowKind::Note(_) => String::new(),
    };
    log.rows.iter().map(words).collect()
}

fn ends(log: &Log) -> (u64, u64, bool) {
    let seq = |said: Option<&Said>| said.map_or(0, |said| said.seq.0);
    (seq(log.first()), seq(log.last()), log.away)
}

#[test]
fn pages_of_all_of_a_long_history_pass_by_without_a_gap() {
    let mut log = log(9_951..=10_000);
    while ends(&log).0 > 1 {
        let first = ends(&log).0;
        log.join(page(first.saturating_sub(100).max(1)..=first - 1));
        assert!(log.rows.len() <= ROWS);
    }
    assert_eq!(ends(&log), (1, ROWS as u64, true));
    while log.away {
        let last = ends(&log).1;
        log.join(page(last + 1..=(last + 100).min(10_000)));
        assert!(log.rows.len() <= ROWS);
    }
    assert_eq!(ends(&log), (10_001 - ROWS as u64, 10_000, false));
}

#[test]
fn what_is_said_while_one_is_away_comes_with_its_page() {
    let mut log = log(1..=3000);
    log.replace(page(1_000..=1_050));
    assert_eq!(ends(&log), (1_000, 1_050, true));
    log.push(row(3_001));
    assert_eq!(ends(&log), (1_000, 1_050, true));
    log.replace(page(2_902..=3_000));
    assert!(log.away, "one was said between the question and its answer");
    log.join(page(3_001..=3_001));
    assert_eq!(ends(&log), (2_902, 3_001, false));
    log.push(row(3_002));
    assert_eq!(ends(&log), (2_902, 3_002, false));
}

#[test]
fn an_answer_that_overlaps_brings_nothing_twice() {
    let mut log = log(5..=9);
    log.join(page(3..=6));
    log.join(page(8..=9));
    assert_eq!(shown(&log), ["3", "4", "5", "6", "7", "8", "9"]);
}

#[test]
fn what_the_server_does_not_have_stands_where_it_stood() {
    let mut log = log(1..=2);
    log.note(note("a"), 0);
    log.push(row(3));
    log.note(note("b"), 0);
    log.replace(page(1..=1));
    log.note(note("c"), 0);
    assert_eq!(shown(&log), ["1"]);
    log.join(page(2..=3));
    assert_eq!(shown(&log), ["1", "2", "a", "3", "b", "c"]);
    log.replace(page(3..=3));
    log.join(page(2..=2));
    assert_eq!(shown(&log), ["2", "a", "3", "b", "c"]);
}

#[test]
fn a_page_that_does_not_join_what_is_shown_leaves_no_gap() {
    let mut log = log(5..=9);
    log.join(page(2..=3));
    assert_eq!(ends(&log), (5, 9, false));
    log.newest = Seq(20);
    log.join(page(12..=14));
    assert_eq!(shown(&log), ["12", "13", "14"]);
    assert!(log.away);
}

#[test]
fn what_somebody_reads_above_the_end_stays_and_what_comes_is_got_later() {
    let all = ROWS as u64;
    let mut log = log(1..=all);
    log.held = true;
    log.note(note("a"), 0);
    log.push(row(all + 1));
    assert_eq!((log.rows.len(), ends(&log)), (ROWS, (1, all, true)));
    log.join(page(all + 1..=all + 1));
    assert_eq!(ends(&log), (2, all + 1, false));
    assert_eq!(shown(&log)[ROWS - 1..], ["a".to_owned(), (all + 1).to_string()]);
    log.held = false;
    log.push(row(all + 2));
    assert_eq!((log.rows.len(), ends(&log)), (ROWS, (4, all + 2, false)));
}

/// Of another history the server would give something else.
#[test]
fn what_was_before_a_reset_is_not_held() {
    let mut log = log(1..=ROWS as u64);
    log.rewind();
    log.held = true;
    log.push(row(1));
    assert_eq!((log.rows.len(), log.away, &*shown(&log)[ROWS - 1]), (ROWS, false, "1"));
}

#[test]
fn a_page_of_nothing_changes_nothing() {
    let mut log = log(1..=2);
    log.join(Vec::new());
    log.join(Vec::new());
    log.replace(Vec::new());
    assert_eq!(shown(&log), ["1", "2"]);
    let mut empty = Log::default();
    empty.join(page(1..=2));
    assert_eq!(shown(&empty), [""; 0]);
}

#[test]
fn another_history_comes_below_what_was_there() {
    let mut log = log(8..=9);
    log.note(note("a"), 0);
    log.rewind();
    log.note(note("reset"), 0);
    log.push(row(1));
    assert_eq!(shown(&log), ["8*", "9*", "a", "reset", "1"]);
    assert_eq!(log.first().map(|said| said.seq), None);
    log.replace(page(1..=1));
    assert_eq!(shown(&log), ["8*", "9*", "a", "reset", "1"]);
}

#[test]
fn rows_and_what_is_kept_have_an_end() {
    let mut log = log(1..=ROWS as u64 + 10);
    assert_eq!((log.rows.len(), ends(&log).1), (ROWS, ROWS as u64 + 10));
    (0..KEPT + 10).for_each(|at| log.note(note(&at.to_string()), 0));
    assert_eq!((log.rows.len(), log.kept.len()), (ROWS, KEPT));
}
