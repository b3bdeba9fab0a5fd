//! The history as JSON lines: what can be read of it, also of a file that is damaged, also while a server writes to it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use commonroom_protocol::{Said, Seq};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::file::{self, OpenError};
use super::row::Shelf;
use super::schema::{LAST_SEQ, room_of};
use crate::name::RoomName;

/// Messages that are read at once.
const PAGE: usize = 1000;
/// So many seqs behind a damaged place are tried one by one, which is what some pages hold.
const NEAR: u64 = 100_000;

/// A message as it leaves and comes: the `said` frame's fields, and its room.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub room: String,
    #[serde(flatten)]
    pub said: Said,
}

/// What became of an export.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Messages that were written.
    pub messages: u64,
    /// What could not be read, in words.
    pub unread: Vec<String>,
}

/// An export ended early.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file can't be opened.
    #[error(transparent)]
    Open(OpenError),
    /// It is damaged where everything hangs together.
    #[error("nothing can be read of {} ({what}); only a backup helps", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// There is no such room in it.
    #[error("there is no room {room} in {}", path.display())]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// Its name.
        room: RoomName,
    },
    /// What was read can't be written.
    #[error("the messages can't be written")]
    Write(#[from] io::Error),
}

/// Writes the messages of all rooms, or of one, room by room, in their order.
///
/// # Errors
/// [`ExportError`]. What can't be read of a damaged file is no error: it is named in [`Exported`].
pub fn export(path: &Path, room: Option<&RoomName>, out: &mut impl Write) -> Result<Exported, ExportError> {
    let unreadable = |what: String| ExportError::Unreadable { path: path.to_owned(), what };
    let connection = file::damaged(path).map_err(|fault| match fault {
        OpenError::Damaged { what, .. } => unreadable(what),
        fault => ExportError::Open(fault),
    })?;
    let broken = |fault: rusqlite::Error| unreadable(fault.to_string());
    // One transaction: what is said meanwhile is not in it.
    let transaction = connection.unchecked_transaction().map_err(broken)?;
    let mut exported = Exported::default();
    let rooms = Shelf::all(&transaction).or_else(|fault| {
        exported.unread.push(format!("the names of the rooms ({fault})"));
        nameless(&transaction)
    });
    let mut rooms = rooms.map_err(broken)?;
    if let Some(room) = room {
        rooms.retain(|(name, _)| room.as_str() == name);
        if rooms.is_empty() && exported.unread.is_empty() {
            return Err(ExportError::NoRoom { path: path.to_owned(), room: room.clone() });
        }
    }
    for (name, shelf) in rooms {
        export_room(&shelf, &name, &mut exported, out)?;
    }
    out.flush()?;
    Ok(exported)
}

/// Rooms of which only the messages are left, under new names.
fn nameless(connection: &Connection) -> rusqlite::Result<Vec<(String, Shelf<'_>)>> {
    let mut rooms = Vec::new();
    let mut next = connection.prepare("SELECT id FROM said WHERE id > ? ORDER BY id LIMIT 1")?;
    let mut last = 0;
    while let Some(row) = next.query_row([last], |row| row.get(0)).optional()? {
        let room = room_of(row);
        rooms.push((format!("lost-{}", room.0), Shelf::bare(connection, room)));
        last = room.row(LAST_SEQ);
    }
    Ok(rooms)
}

/// Writes a room from its beginning, and from behind a damaged place to its end.
fn export_room(
    shelf: &Shelf<'_>,
    name: &str,
    exported: &mut Exported,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let mut from = Seq(0);
    loop {
        let (last, fault) = write_from(shelf, name, from, exported, out)?;
        let Some(fault) = fault else { return Ok(()) };
        let behind = behind(shelf, last);
        exported.unread.push(format!("{name}: {} ({fault})", lost(last, behind)));
        match behind {
            Some(seq) if seq.0 > last.0 + 1 => from = Seq(seq.0 - 1),
            _ => return Ok(()),
        }
    }
}

/// What is lost between two messages, in words.
fn lost(last: Seq, behind: Option<Seq>) -> String {
    match behind {
        Some(behind) => {
            let most = behind.0.saturating_sub(last.0 + 1);
            format!("what is between {last} and {behind}, at most {most}")
        }
        None if last == Seq(0) => "all its messages".to_owned(),
        None => format!("all after {last}"),
    }
}

/// Writes what comes after `from`, as far as it can be read. Says how far that was, and why no further.
fn write_from(
    shelf: &Shelf<'_>,
    name: &str,
    from: Seq,
    exported: &mut Exported,
    out: &mut impl Write,
) -> Result<(Seq, Option<rusqlite::Error>), ExportError> {
    let mut last = from;
    loop {
        // One by one they can be read up to the damaged place itself.
        let one_by_one = |_| Ok(shelf.first_after(last)?.into_iter().collect());
        let page = match shelf.after(last, PAGE).map(|page| page.said).or_else(one_by_one) {
            Ok(said) => said,
            Err(fault) => return Ok((last, Some(fault))),
        };
        let Some(newest) = page.last().map(|said| said.seq) else { return Ok((last, None)) };
        for said in page {
            let line = Line { room: name.to_owned(), said: (*said).clone() };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            exported.messages += 1;
        }
        last = newest;
    }
}

/// The oldest message behind the damaged place after `last`, if there is one.
fn behind(shelf: &Shelf<'_>, last: Seq) -> Option<Seq> {
    match (1..NEAR).find_map(|seqs| shelf.first_after(Seq(last.0 + seqs)).ok()) {
        Some(said) => said.map(|said| said.seq),
        None => from_the_end(shelf, last),
    }
}

/// The oldest message after `last` from which all to the end can be read, if there is one.
fn from_the_end(shelf: &Shelf<'_>, last: Seq) -> Option<Seq> {
    let mut behind = None;
    let mut before = Seq(u64::MAX);
    while let Ok(page) = shelf.before(before, PAGE).or_else(|_| shelf.before(before, 1)) {
        let oldest = page.said.iter().map(|said| said.seq).find(|seq| *seq > last)?;
        behind = Some(oldest);
        before = oldest;
        if !page.more {
            break;
        }
    }
    behind
}
