//! JSON lines as [`export`](super::export) writes them become a history: the same seqs in the same order, all or none.

use std::io::{self, BufRead};
use std::path::Path;

use commonroom_protocol::{Said, Seq, limits};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use thiserror::Error;

use super::export::Line;
use super::file::{Database, OpenError};
use super::index::Backlog;
use super::row::{self, COLUMNS, Shelf};
use super::schema::{LAST_SEQ, RoomId};
use crate::name::{By, Nick, RoomName};
use crate::text::Body;

/// A clock may be as wrong, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// A line may be as long: a text whose every byte is escaped, and the names.
const LINE_BYTES: u64 = 64 * 1024;

/// What became of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Messages that are new in the file.
    pub messages: u64,
    /// Messages that it had already.
    pub known: u64,
}

/// An import was given up, and nothing of it is in the file.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A line is no good.
    #[error("line {line}: {what}; nothing has been imported")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The lines can't be read.
    #[error("nothing has been imported, since the lines can't be read")]
    Read(#[from] io::Error),
    /// The file can't be written.
    #[error("nothing has been imported, since the history can't be written")]
    Write(#[from] rusqlite::Error),
}

/// Puts the messages of some lines into the file at `path`, which is made if there is none. A message that it has
/// already is passed over, so that the same import can be done twice.
///
/// # Errors
/// [`ImportError`].
pub fn import(path: &Path, lines: &mut impl BufRead) -> Result<Imported, ImportError> {
    let epoch = super::super::new_epoch().map_err(io::Error::other)?;
    let (database, mut connection) = Database::open(path, &epoch)?;
    match commit(&mut connection, lines) {
        Ok(imported) => {
            index(&mut connection)?;
            Ok(imported)
        }
        Err(fault) => {
            drop(connection);
            database.undo();
            Err(fault)
        }
    }
}

fn commit(connection: &mut Connection, lines: &mut impl BufRead) -> Result<Imported, ImportError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let new = !transaction.prepare("SELECT 1 FROM room")?.exists([])?;
    let mut import = Import { transaction: &transaction, new, room: None, imported: Imported::default() };
    import.all(lines)?;
    let imported = import.imported;
    transaction.commit()?;
    Ok(imported)
}

fn index(connection: &mut Connection) -> rusqlite::Result<()> {
    // Nothing comes behind it that could be lost with it.
    connection.pragma_update(None, "synchronous", "normal")?;
    let mut backlog = Backlog::find(connection)?;
    while !backlog.is_empty() {
        backlog.feed(connection)?;
    }
    Ok(())
}

struct Import<'a> {
    transaction: &'a Transaction<'a>,
    /// Whether nothing was in the file before.
    new: bool,
    /// The room of the line before, and how far it goes.
    room: Option<Room>,
    imported: Imported,
}

struct Room {
    name: String,
    id: RoomId,
    head: Seq,
    at: i64,
    empty: bool,
}

/// Why a line is not taken.
enum Fault {
    Bad(String),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(fault: rusqlite::Error) -> Fault {
        Fault::Sqlite(fault)
    }
}

impl Import<'_> {
    fn all(&mut self, lines: &mut impl BufRead) -> Result<(), ImportError> {
        let mut number = 0;
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = io::Read::take(&mut *lines, LINE_BYTES).read_until(b'\n', &mut text)?;
            if read == 0 {
                return Ok(());
            }
            number += 1;
            self.line(text.trim_ascii()).map_err(|fault| match fault {
                Fault::Bad(what) => ImportError::Line { line: number, what },
                Fault::Sqlite(fault) => ImportError::Write(fault),
            })?;
        }
    }

    fn line(&mut self, text: &[u8]) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        let bad =
            |fault: serde_json::Error| Fault::Bad(format!("not a message as `commonroom export` writes it: {fault}"));
        let Line { room, said } = serde_json::from_slice(text).map_err(bad)?;
        let by = check(&said).map_err(Fault::Bad)?;
        let mut room = self.room(&room)?;
        let done = if said.seq <= room.head { self.compare(&room, &said) } else { self.put(&mut room, &said, by) };
        self.room = Some(room);
        done
    }

    /// The room that a line is of.
    fn room(&mut self, name: &str) -> Result<Room, Fault> {
        if let Some(room) = self.room.take_if(|room| room.name == name) {
            return Ok(room);
        }
        let parsed = RoomName::parse(name).ok().filter(|parsed| parsed.as_str() == name);
        let parsed = parsed.ok_or_else(|| Fault::Bad("the room has no good name".to_owned()))?;
        let known = Shelf::find_or_make(self.transaction, &parsed)?;
        let known = known.ok_or_else(|| Fault::Bad("there are too many rooms".to_owned()))?;
        let (head, at) = known.head()?;
        Ok(Room { name: name.to_owned(), id: known.id, head, at: at.unwrap_or(i64::MIN), empty: head == Seq(0) })
    }

    /// A message that should be there already.
    fn compare(&mut self, room: &Room, said: &Said) -> Result<(), Fault> {
        let query = format!("SELECT {COLUMNS} FROM said WHERE id = ?");
        let mut query = self.transaction.prepare_cached(&query)?;
        let there = query.query_row([room.id.row(said.seq)], row::said).optional()?;
        let same = |there: &Said| there.by == said.by && there.cid == said.cid && there.text == said.text;
        if there.as_deref().is_some_and(same) {
            self.imported.known += 1;
            return Ok(());
        }
        let (seq, name, head) = (said.seq, &room.name, room.head);
        Err(Fault::Bad(match there {
            Some(_) if self.new => format!("{seq} of {name} is another message further up"),
            None if self.new => {
                format!("{seq} of {name} comes after {head}; the lines of a room must be in their order")
            }
            _ => format!(
                "{seq} of {name} is another message in this history, which goes to {head}; import into a new file"
            ),
        }))
    }

    fn put(&mut self, room: &mut Room, said: &Said, by: By) -> Result<(), Fault> {
        // Where messages are missing in the lines, the ones around them are neighbours now.
        let prev = if room.empty { said.prev } else { room.head };
        if room.empty && prev > Seq(0) {
            let mut update =
                self.transaction.prepare_cached("UPDATE room SET forgotten = ?2, indexed = ?2 WHERE id = ?1")?;
            update.execute((room.id.0, prev.0))?;
        }
        let said = Said { prev, at: said.at.max(room.at), ..said.clone() };
        if !row::insert(self.transaction, room.id, &said, by)? {
            return Err(Fault::Bad(format!("the cid `{}` of {} is another message's", said.cid, said.by)));
        }
        (room.head, room.at, room.empty) = (said.seq, said.at, false);
        self.imported.messages += 1;
        Ok(())
    }
}

/// Whether a message is one that a server could have taken, and whose it is.
fn check(said: &Said) -> Result<By, String> {
    // Above it there must be room for what is said from now on.
    if !(1..=LAST_SEQ.0 / 2).contains(&said.seq.0) || said.prev >= said.seq {
        return Err("seq must be above prev, and both in their bounds".to_owned());
    }
    if !(0..=Timestamp::now().as_millisecond().saturating_add(DAY)).contains(&said.at) {
        return Err("at must be a time in Unix milliseconds that is not to come".to_owned());
    }
    let by = u64::from_str_radix(&said.by, 16).map(By).ok().filter(|by| by.to_string() == said.by);
    let by = by.ok_or("by must be 16 hex digits")?;
    let cid = said.cid.bytes().all(|b| (b' '..=b'~').contains(&b)) && (1..=limits::CID_BYTES).contains(&said.cid.len());
    if !cid {
        return Err("cid must be 1 to 36 printable ASCII characters".to_owned());
    }
    if !Nick::of_somebody(&said.from).is_ok_and(|nick| nick.as_str() == said.from) {
        return Err(format!("`{}` is no name", crate::text::clean(&said.from)));
    }
    if !Body::is_one(&said.text) {
        return Err(
            "the text is not one that a server takes: it is empty, too long, or has characters in it that hide"
                .to_owned(),
        );
    }
    Ok(by)
}
