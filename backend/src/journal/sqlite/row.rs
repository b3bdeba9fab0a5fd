//! A message as a row of the file, and the stretches of them that are read.

use std::slice;
use std::sync::Arc;

use commonroom_protocol::{GapWhy, Said, Seq, Via, limits};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, Statement};

use super::schema::{LAST_ROOM, LAST_SEQ, RoomId, seq};
use crate::journal::{Page, Resume};
use crate::measure::Space;
use crate::name::{By, RoomName};

/// The columns that [`said`] reads.
pub(super) const COLUMNS: &str = "id, prev, at, \"by\", cid, nick, via, me, text";

/// Reads a message.
pub(super) fn said(row: &Row<'_>) -> Result<Arc<Said>> {
    Ok(Arc::new(Said {
        seq: seq(row.get(0)?),
        prev: Seq(row.get(1)?),
        at: row.get(2)?,
        by: By(row.get::<_, i64>(3)?.cast_unsigned()).to_string(),
        cid: row.get(4)?,
        from: row.get(5)?,
        via: via(row.get_ref(6)?.as_str()?),
        me: row.get(7)?,
        text: row.get(8)?,
    }))
}

/// Puts a message at its place. Says whether its sender's `cid` was free: that is the rule of dedupe, and it is the
/// index's, so that it holds within a transaction as well as after a restart.
pub(super) fn insert(connection: &Connection, room: RoomId, said: &Said, by: By) -> Result<bool> {
    let insert = format!(
        "INSERT INTO said ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (\"by\", cid) DO NOTHING"
    );
    let inserted = connection.prepare_cached(&insert)?.execute((
        room.row(said.seq),
        said.prev.0,
        said.at,
        by.0.cast_signed(),
        &said.cid,
        &said.from,
        via_word(said.via),
        said.me,
        &said.text,
    ))?;
    Ok(inserted > 0)
}

/// The word that a row has for what a member came by.
fn via_word(via: Via) -> &'static str {
    match via {
        Via::Web => "web",
        Via::Api => "api",
        Via::Tcp => "tcp",
        Via::Console => "console",
        Via::Other => "other",
    }
}

fn via(word: &str) -> Via {
    match word {
        "web" => Via::Web,
        "api" => Via::Api,
        "tcp" => Via::Tcp,
        "console" => Via::Console,
        _ => Via::Other,
    }
}

/// One room in the file.
pub(super) struct Shelf<'a> {
    connection: &'a Connection,
    pub id: RoomId,
    /// The newest message that is no longer kept.
    pub forgotten: Seq,
    /// The newest message that the search index has.
    pub indexed: Seq,
}

impl<'a> Shelf<'a> {
    /// Finds a room; there is none before the first message in it.
    pub fn find(connection: &'a Connection, name: &RoomName) -> Result<Option<Shelf<'a>>> {
        let mut query = connection.prepare_cached("SELECT name, id, forgotten, indexed FROM room WHERE name = ?")?;
        let shelf = query.query_row([name.as_str()], |row| Shelf::of(connection, row)).optional()?;
        Ok(shelf.map(|(_, shelf)| shelf))
    }

    /// Finds a room, or gives it a number. None if there are as many as there may be.
    pub fn find_or_make(connection: &'a Connection, name: &RoomName) -> Result<Option<Shelf<'a>>> {
        if let Some(shelf) = Shelf::find(connection, name)? {
            return Ok(Some(shelf));
        }
        let last: i64 = connection.query_row("SELECT ifnull(max(id), 0) FROM room", [], |row| row.get(0))?;
        if last >= LAST_ROOM.0 {
            return Ok(None);
        }
        let id = RoomId(last + 1);
        connection.prepare_cached("INSERT INTO room (id, name) VALUES (?1, ?2)")?.execute((id.0, name.as_str()))?;
        Ok(Some(Shelf::bare(connection, id)))
    }

    /// A room and its name, of a row of these and what it has forgotten and indexed.
    fn of(connection: &'a Connection, row: &Row<'_>) -> Result<(String, Shelf<'a>)> {
        let (forgotten, indexed) = (Seq(row.get(2)?), Seq(row.get(3)?));
        Ok((row.get(0)?, Shelf { connection, id: RoomId(row.get(1)?), forgotten, indexed }))
    }

    /// All rooms and their names: not by the index of the names, which is no better than what it is an index of.
    pub fn all(connection: &'a Connection) -> Result<Vec<(String, Shelf<'a>)>> {
        let mut rooms = connection.prepare("SELECT name, id, forgotten, indexed FROM room NOT INDEXED ORDER BY id")?;
        rooms.query_map([], |row| Shelf::of(connection, row))?.collect()
    }

    /// The first so many rooms behind one, by their numbers, and their names.
    pub fn some(connection: &'a Connection, behind: RoomId, limit: usize) -> Result<Vec<(String, Shelf<'a>)>> {
        let mut rooms = connection.prepare_cached(
            "SELECT name, id, forgotten, indexed FROM room NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        rooms.query_map((behind.0, limit), |row| Shelf::of(connection, row))?.collect()
    }

    /// A room of which nothing but its number is known.
    pub fn bare(connection: &'a Connection, id: RoomId) -> Shelf<'a> {
        Shelf { connection, id, forgotten: Seq(0), indexed: Seq(0) }
    }

    fn statement(&self, condition: &str) -> Result<rusqlite::CachedStatement<'a>> {
        self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM said WHERE {condition}"))
    }

    /// The newest message that ever was here, and its time, where it is still kept.
    pub fn head(&self) -> Result<(Seq, Option<i64>)> {
        let newest =
            self.one("id <= ?1 AND id > ?2 ORDER BY id DESC LIMIT 1", (self.id.row(LAST_SEQ), self.first()))?;
        Ok(newest.map_or((self.forgotten, None), |said| (said.seq, Some(said.at))))
    }

    /// The row before the first one of this room.
    fn first(&self) -> i64 {
        self.id.row(Seq(0))
    }

    fn one(&self, condition: &str, parameters: impl Params) -> Result<Option<Arc<Said>>> {
        self.statement(condition)?.query_row(parameters, said).optional()
    }

    /// The oldest message that is kept.
    pub fn oldest(&self) -> Result<Option<Arc<Said>>> {
        self.first_after(Seq(0))
    }

    /// The oldest message after `seq`.
    pub fn first_after(&self, seq: Seq) -> Result<Option<Arc<Said>>> {
        self.one("id > ?1 AND id <= ?2 ORDER BY id LIMIT 1", (self.id.row(seq), self.id.row(LAST_SEQ)))
    }

    /// The newest messages before `seq`, oldest first.
    pub fn before(&self, seq: Seq, limit: usize) -> Result<Page> {
        self.back(seq, limit, Space::page())
    }

    fn back(&self, seq: Seq, limit: usize, space: Space) -> Result<Page> {
        let mut newest = self.statement("id < ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3")?;
        let mut page = page(&mut newest, (self.row(seq), self.first(), count(limit)), limit, space)?;
        page.said.reverse();
        Ok(page)
    }

    /// The row of a message that there need not be: behind all of this room, if it is behind all that can be.
    fn row(&self, seq: Seq) -> i64 {
        if seq > LAST_SEQ { self.id.row(LAST_SEQ) + 1 } else { self.id.row(seq) }
    }

    /// The message after which the newest `count` before `seq` come, or all there are.
    pub fn tail(&self, seq: Seq, count: usize) -> Result<Seq> {
        let offset = i64::try_from(count).unwrap_or(i64::MAX).saturating_sub(1);
        let parameters = (self.row(seq), self.first(), offset);
        let first = self.one("id < ?1 AND id > ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3", parameters)?;
        let first = if first.is_some() { first } else { self.oldest()? };
        Ok(first.map_or(self.forgotten, |said| said.prev))
    }

    /// The oldest messages after `seq`.
    pub fn after(&self, seq: Seq, limit: usize) -> Result<Page> {
        self.on(seq, limit, Space::page())
    }

    fn on(&self, seq: Seq, limit: usize, space: Space) -> Result<Page> {
        let mut oldest = self.statement("id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3")?;
        page(&mut oldest, (self.id.row(seq), self.id.row(LAST_SEQ), count(limit)), limit, space)
    }

    /// Messages on both sides of `seq`, and itself, oldest first.
    pub fn around(&self, seq: Seq, limit: usize) -> Result<Page> {
        let half = || Space::new(limits::PAGE_BYTES / 2);
        let mut page = self.back(seq, limit / 2, half())?;
        let rest = self.on(Seq(seq.0.saturating_sub(1)), limit - page.said.len(), half())?;
        page.said.extend(rest.said);
        page.more |= rest.more;
        Ok(page)
    }

    /// A message and so many on either side of it, oldest first.
    pub fn beside(&self, seq: Seq, neighbours: usize) -> Result<Vec<Arc<Said>>> {
        let mut beside = self.before(seq, neighbours)?.said;
        beside.extend(self.after(Seq(seq.0 - 1), neighbours + 1)?.said);
        Ok(beside)
    }

    /// Where somebody who has read all up to `since` reads on.
    pub fn resume(&self, since: Seq) -> Result<Resume> {
        let (head, _) = self.head()?;
        // Seqs rise, so there are never more messages than seqs between.
        if head.0.saturating_sub(since.0) > limits::RESUME as u64 && self.has_more_than(limits::RESUME, since)? {
            return Ok(Resume { from: self.tail(Seq(u64::MAX), limits::RESUME_TAIL)?, gap: Some(GapWhy::Limit) });
        }
        let from = self.first_after(since)?.map_or(head, |said| said.prev);
        Ok(Resume { from: from.max(since), gap: (from > since).then_some(GapWhy::Expired) })
    }

    fn has_more_than(&self, count: usize, since: Seq) -> Result<bool> {
        let query = "SELECT 1 FROM said WHERE id > ?1 AND id <= ?2 LIMIT 1 OFFSET ?3";
        let mut query = self.connection.prepare_cached(query)?;
        query.exists((self.id.row(since), self.id.row(LAST_SEQ), self::count(count) - 1))
    }

    /// The last message before this time. A room's times never go back, so it is looked for by halves.
    pub fn seq_at(&self, at: i64) -> Result<Seq> {
        let (mut low, mut high) = (self.forgotten.0, self.head()?.0.0);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.first_after(Seq(middle))? {
                Some(said) if said.at < at => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Seq(low))
    }
}

/// One row more than asked for shows whether there is more.
fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

fn page(statement: &mut Statement<'_>, parameters: impl Params, limit: usize, mut space: Space) -> Result<Page> {
    let mut page = Page::default();
    for said in statement.query_map(parameters, self::said)? {
        let said = said?;
        page.more = page.said.len() == limit || !space.takes(slice::from_ref(&said));
        if page.more {
            break;
        }
        page.said.push(said);
    }
    Ok(page)
}
