//! The search index: fed when nobody waits to say something, so that no message waits for it. What it does not have yet
//! is read as it is, by the same reading of words.

use std::collections::{HashSet, VecDeque};

use commonroom_protocol::Seq;
use rusqlite::{Connection, Result, TransactionBehavior};

use super::batch::Put;
use super::row::Shelf;
use super::schema::{LAST_SEQ, RoomId, seq};
use crate::journal::{Found, Search};
use crate::name::RoomName;
use crate::search::indexed;

/// Messages that are fed at once: some milliseconds, for which a draft may have to wait.
const CHUNK: usize = 256;
/// With more than so many to be fed, no lull is waited for: a search reads all of them one by one.
const LONG: usize = 4096;

/// What the index does not have yet.
#[derive(Default)]
pub(super) struct Backlog {
    /// The rooms in their turn, and the same once more, to see whether one is among them: they may be many.
    turns: VecDeque<RoomId>,
    rooms: HashSet<RoomId>,
    messages: usize,
}

impl Backlog {
    /// What a server that ended has left.
    pub fn find(connection: &Connection) -> Result<Backlog> {
        let mut rooms = connection.prepare("SELECT id, indexed FROM room")?;
        let rooms = rooms.query_map([], |row| Ok((RoomId(row.get(0)?), Seq(row.get(1)?))))?;
        let mut backlog = Backlog::default();
        for room in rooms {
            let (room, indexed) = room?;
            let newest: Option<i64> = connection.query_row(
                "SELECT max(id) FROM said WHERE id > ?1 AND id <= ?2",
                (room.row(indexed), room.row(LAST_SEQ)),
                |row| row.get(0),
            )?;
            if let Some(newest) = newest {
                backlog.queue(room);
                backlog.messages += usize::try_from(seq(newest).0 - indexed.0).unwrap_or(usize::MAX);
            }
        }
        Ok(backlog)
    }

    /// Takes note of what is new.
    pub fn add(&mut self, puts: &[Put]) {
        for put in puts {
            if let Put::New(room, _) = put {
                self.messages += 1;
                self.queue(*room);
            }
        }
    }

    /// Gives a room its turn, if it has none.
    fn queue(&mut self, room: RoomId) {
        if self.rooms.insert(room) {
            self.turns.push_back(room);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Whether no lull should be waited for.
    pub fn is_long(&self) -> bool {
        self.messages > LONG
    }

    /// Feeds the index some messages of one room, and syncs that although it could be fed again: with it, messages that
    /// are committed afterwards would be lost, since they lie behind it in the write-ahead log.
    pub fn feed(&mut self, connection: &mut Connection) -> Result<()> {
        let Some(room) = self.turns.pop_front() else { return Ok(()) };
        self.rooms.remove(&room);
        let fed = feed(connection, room)?;
        self.messages = self.messages.saturating_sub(fed);
        if fed == CHUNK {
            self.queue(room);
        }
        if self.rooms.is_empty() {
            self.messages = 0;
        }
        Ok(())
    }
}

/// Feeds the oldest messages of a room that the index does not have, and says how many these were.
fn feed(connection: &mut Connection, room: RoomId) -> Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut fed = (0, None);
    {
        let mut select = transaction.prepare_cached(
            "SELECT said.id, said.text FROM room JOIN said ON said.id > (room.id << 40 | room.indexed) AND said.id <= ?2
             WHERE room.id = ?1 ORDER BY said.id LIMIT ?3",
        )?;
        let mut insert = transaction.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
        let mut rows = select.query((room.0, room.row(LAST_SEQ), CHUNK))?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            insert.execute((id, indexed(row.get_ref(1)?.as_str()?)))?;
            fed = (fed.0 + 1, Some(seq(id)));
        }
    }
    if let Some(last) = fed.1 {
        let mut update = transaction.prepare_cached("UPDATE room SET indexed = ?2 WHERE id = ?1")?;
        update.execute((room.0, last.0))?;
    }
    transaction.commit()?;
    Ok(fed.0)
}

/// The newest messages of a room that have what is searched for.
pub(super) fn search(connection: &Connection, name: &RoomName, search: &Search) -> Result<Found> {
    let Some(shelf) = Shelf::find(connection, name)? else { return Ok(Found::default()) };
    if search.query.is_empty() {
        return Ok(Found::default());
    }
    let wanted = search.limit + 1;
    let mut hits = unindexed(connection, &shelf, search, wanted)?;
    if hits.len() < wanted {
        hits.extend(from_index(connection, &shelf, search, wanted - hits.len())?);
    }
    let more = hits.len() > search.limit;
    let with_those_beside = |hit| Ok((hit, shelf.beside(hit, search.neighbours)?));
    Found::gather(more, hits.into_iter().take(search.limit).map(with_those_beside))
}

/// What is found in the messages that the index does not have.
fn unindexed(connection: &Connection, shelf: &Shelf<'_>, search: &Search, wanted: usize) -> Result<Vec<Seq>> {
    let mut newest =
        connection.prepare_cached("SELECT id, text FROM said WHERE id > ?1 AND id < ?2 ORDER BY id DESC")?;
    let mut rows = newest.query((shelf.id.row(shelf.indexed), shelf.id.row(search.before)))?;
    let mut hits = Vec::new();
    while hits.len() < wanted
        && let Some(row) = rows.next()?
    {
        if search.query.matches(row.get_ref(1)?.as_str()?) {
            hits.push(seq(row.get(0)?));
        }
    }
    Ok(hits)
}

fn from_index(connection: &Connection, shelf: &Shelf<'_>, search: &Search, wanted: usize) -> Result<Vec<Seq>> {
    let mut newest = connection.prepare_cached(
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid > ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4",
    )?;
    let last = shelf.indexed.min(Seq(search.before.0.saturating_sub(1)));
    let range = (shelf.id.row(Seq(0)), shelf.id.row(last) + 1);
    let rows = newest.query_map((search.query.expression(), range.0, range.1, wanted), |row| row.get(0))?;
    rows.map(|row| row.map(seq)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use commonroom_protocol::{Said, Via};

    use super::*;

    #[test]
    fn a_room_waits_once_for_the_index_and_many_of_them_cost_no_more_each() {
        let text = String::new;
        let (from, by, cid) = (text(), text(), text());
        let said = Said { seq: Seq(1), prev: Seq(0), at: 0, from, via: Via::Tcp, text: text(), by, cid, me: false };
        let said = Arc::new(said);
        let puts: Vec<_> = (0..200_000).map(|room| Put::New(RoomId(room), Arc::clone(&said))).collect();
        let (mut backlog, start) = (Backlog::default(), Instant::now());
        backlog.add(&puts);
        backlog.add(&puts);
        assert_eq!((backlog.turns.len(), backlog.messages), (200_000, 400_000));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
