//! Some drafts become messages in one transaction: this is where a message gets its place.

use std::collections::HashMap;
use std::sync::Arc;

use commonroom_protocol::{Said, Seq};
use rusqlite::{Result, Transaction};

use super::row::{self, COLUMNS, Shelf};
use super::schema::{RoomId, room_of};
use crate::journal::Draft;
use crate::name::RoomName;
use crate::refusal::Refusal;

/// Rooms whose ends are remembered at most.
const ROOMS: usize = 10_000;

/// What became of a draft in the file.
pub(super) enum Put {
    /// It is a message of this room now.
    New(RoomId, Arc<Said>),
    /// It was one before.
    Known(Arc<Said>),
    /// It is none.
    Refused(Refusal),
}

/// How rooms end, as far as that has been asked. It is what is in the file: whoever rolls back clears it.
#[derive(Default)]
pub(super) struct Tails(HashMap<RoomName, Tail>);

#[derive(Clone, Copy)]
struct Tail {
    id: RoomId,
    head: Seq,
    at: i64,
}

impl Tails {
    /// Forgets all: the file is asked again.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// One transaction's drafts.
pub(super) struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    tails: &'a mut Tails,
}

impl<'a> Batch<'a> {
    pub fn new(transaction: &'a Transaction<'a>, tails: &'a mut Tails) -> Batch<'a> {
        if tails.0.len() > ROOMS {
            tails.clear();
        }
        Batch { transaction, tails }
    }

    /// Puts them into the file, in their order.
    pub fn put_all(mut self, drafts: &[Draft]) -> Result<Vec<Put>> {
        drafts.iter().map(|draft| self.put(draft)).collect()
    }

    fn put(&mut self, draft: &Draft) -> Result<Put> {
        let Some(tail) = self.tail(&draft.room)? else { return Ok(Put::Refused(Refusal::TooManyKept)) };
        let said = next(tail, draft);
        if row::insert(self.transaction, tail.id, &said, draft.by)? {
            self.tails.0.insert(draft.room.clone(), Tail { head: said.seq, at: said.at, ..tail });
            return Ok(Put::New(tail.id, Arc::new(said)));
        }
        self.known(tail.id, draft)
    }

    /// A room's end. None if there are as many rooms as there may be.
    fn tail(&mut self, room: &RoomName) -> Result<Option<Tail>> {
        if let Some(tail) = self.tails.0.get(room) {
            return Ok(Some(*tail));
        }
        let Some(known) = Shelf::find_or_make(self.transaction, room)? else { return Ok(None) };
        let (head, at) = known.head()?;
        let tail = Tail { id: known.id, head, at: at.unwrap_or(i64::MIN) };
        self.tails.0.insert(room.clone(), tail);
        Ok(Some(tail))
    }

    /// A draft whose `cid` its sender has used: it is the same message, or another one under the same name.
    fn known(&self, room: RoomId, draft: &Draft) -> Result<Put> {
        let query = format!("SELECT {COLUMNS} FROM said WHERE \"by\" = ?1 AND cid = ?2");
        let mut query = self.transaction.prepare_cached(&query)?;
        let known = |row: &rusqlite::Row<'_>| Ok((room_of(row.get(0)?), row::said(row)?));
        let (place, said) = query.query_row((draft.by.0.cast_signed(), &*draft.cid), known)?;
        let same = place == room && said.text == draft.text.as_str() && said.me == draft.me;
        Ok(if same { Put::Known(said) } else { Put::Refused(Refusal::CidReuse) })
    }
}

/// The message that a draft becomes at the end of its room.
fn next(tail: Tail, draft: &Draft) -> Said {
    Said {
        seq: Seq(tail.head.0 + 1),
        prev: tail.head,
        at: draft.at.max(tail.at),
        from: draft.from.to_string(),
        via: draft.via,
        text: draft.text.as_str().to_owned(),
        by: draft.by.to_string(),
        cid: draft.cid.to_string(),
        me: draft.me,
    }
}
