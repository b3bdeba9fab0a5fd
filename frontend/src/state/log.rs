//! The rows of one room: a stretch of its messages without a gap, and between them what is no message.
//!
//! The stretch ends at the newest message, or somewhere before it while one reads old ones: then it is `away` from the
//! end, and what is said meanwhile is not in it. The server has every message and gives it again; what the server will
//! not give again (notes, whispers, messages of a history that was reset) is kept here and put back where it belongs.

use std::collections::VecDeque;
use std::rc::Rc;

use commonroom_protocol::{Said, Seq};

use super::row::{Note, Row, RowKind, SaidRow};

/// Rows held at most. What goes, the server still has.
pub const ROWS: usize = 2000;
/// Of those that the server does not have, so many are kept; the oldest go first.
pub const KEPT: usize = 500;

/// One room's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// What is shown, oldest first.
    pub rows: VecDeque<Rc<Row>>,
    /// The rows end before the newest message.
    pub away: bool,
    /// The newest message of the room that is known of.
    pub newest: Seq,
    /// Somebody reads above the end: where the rows are full, what is new stays out, and what is read stays.
    pub held: bool,
    kept: VecDeque<Rc<Row>>,
    newest_at: i64,
    next_id: u32,
}

impl Log {
    /// The oldest message shown; none where a note of the reset stands above all.
    pub fn first(&self) -> Option<&Said> {
        let first = self.rows.iter().find_map(|row| row.said())?;
        (!first.rewound).then_some(&first.said)
    }

    /// The newest message shown.
    pub fn last(&self) -> Option<&Said> {
        self.rows.iter().rev().find_map(|row| row.said()).map(|row| &row.said)
    }

    /// Where the message is among the rows.
    pub fn position(&self, seq: Seq) -> Option<usize> {
        self.rows.iter().position(|row| row.said().is_some_and(|row| row.said.seq == seq && !row.rewound))
    }

    /// The next message has been said.
    pub fn push(&mut self, said: SaidRow) {
        (self.newest, self.newest_at) = (said.said.seq, said.said.at);
        let row = self.said_row(said);
        self.add(row);
    }

    /// Something that is no message has happened, at this time in milliseconds since the epoch.
    pub fn note(&mut self, note: Note, now: i64) {
        // Our clock may be behind the server's: what comes after a message is not before it.
        let at = self.kept.back().map_or(0, |last| last.at).max(self.newest_at).max(now);
        let row = self.row(at, self.newest, RowKind::Note(note));
        self.keep(&row);
        self.add(row);
    }

    /// The server has another history from here on: what is shown is of the one before.
    pub fn rewind(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            let row = Rc::make_mut(row);
            row.place = Seq(0);
            if let RowKind::Said(said) = &mut row.kind {
                said.rewound = true;
            }
        }
        self.kept.clear();
        for row in &rows {
            self.keep(row);
        }
        (self.rows, self.away, self.newest) = (rows, false, Seq(0));
    }

    /// Puts a page above or below what is shown, without what is there already.
    ///
    /// No gap comes of it. An older page that ends too early is left out: rows have gone since it was asked for. A newer one
    /// that begins too late comes in the place of all: the server has dropped what was between.
    pub fn join(&mut self, page: Vec<SaidRow>) {
        let mut said: VecDeque<_> = self.stretch().collect();
        let (Some(first), Some(last)) = (said.front().and_then(|row| row.said()), self.last()) else { return };
        let (first, prev, last) = (first.said.seq, first.said.prev, last.seq);
        let new = page.into_iter().filter(|row| row.said.seq < first || row.said.seq > last);
        let new: Vec<_> = new.map(|row| self.said_row(row)).collect();
        if let Some(end) = new.last().filter(|end| end.place < first) {
            if end.place != prev {
                return;
            }
            new.into_iter().rev().for_each(|row| said.push_front(row));
            while said.len() > ROWS {
                said.pop_back();
            }
        } else {
            if new.first().and_then(|row| row.said()).is_some_and(|start| start.said.prev != last) {
                said.clear();
            }
            said.extend(new);
            trim_front(&mut said);
        }
        self.show(said);
    }

    /// Shows a page in the place of what was shown.
    pub fn replace(&mut self, page: Vec<SaidRow>) {
        if !page.is_empty() {
            let said = page.into_iter().map(|row| self.said_row(row)).collect();
            self.show(said);
        }
    }

    fn show(&mut self, said: VecDeque<Rc<Row>>) {
        self.away = said.back().is_some_and(|last| last.place < self.newest);
        self.lay(said);
    }

    /// The messages shown that the server has.
    fn stretch(&self) -> impl Iterator<Item = Rc<Row>> {
        self.rows.iter().filter(|row| row.said().is_some_and(|row| !row.rewound)).cloned()
    }

    /// Shows these messages, and between them what is kept.
    fn lay(&mut self, said: VecDeque<Rc<Row>>) {
        let before = said.front().and_then(|row| row.said()).map_or(Seq(0), |row| row.said.prev);
        let mut kept = self.kept.iter().filter(|row| row.place >= before).cloned().peekable();
        let mut rows = VecDeque::with_capacity(said.len());
        let away = self.away;
        for row in said {
            while let Some(note) = kept.next_if(|note| note.place < row.place) {
                rows.push_back(note);
            }
            rows.push_back(row);
        }
        rows.extend(kept.take_while(|_| !away));
        self.rows = rows;
    }

    fn keep(&mut self, row: &Rc<Row>) {
        self.kept.push_back(Rc::clone(row));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    fn add(&mut self, row: Rc<Row>) {
        let full = self.rows.len() >= ROWS;
        // Of a history that was reset nothing could be asked for again.
        self.away |= full && self.held && self.first().is_some();
        if !self.away {
            self.rows.push_back(row);
            trim_front(&mut self.rows);
        }
    }

    fn said_row(&mut self, said: SaidRow) -> Rc<Row> {
        self.row(said.said.at, said.said.seq, RowKind::Said(said))
    }

    fn row(&mut self, at: i64, place: Seq, kind: RowKind) -> Rc<Row> {
        self.next_id = self.next_id.wrapping_add(1);
        Rc::new(Row { id: self.next_id, at, place, kind })
    }
}

fn trim_front(rows: &mut VecDeque<Rc<Row>>) {
    while rows.len() > ROWS {
        rows.pop_front();
    }
}

#[cfg(test)]
mod tests;
