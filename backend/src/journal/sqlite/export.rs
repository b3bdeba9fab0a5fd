//! The history as JSON lines: what can be read of it, also of a file that is damaged, also while a server writes to it.

use std::io::{self, Write};
use std::path::Path;

use commonroom_protocol::{Said, Seq};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::file::{self, OpenError};
use super::row::Shelf;
use crate::name::RoomName;

/// Messages that are read at once.
const PAGE: usize = 1000;

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
    Open(#[from] OpenError),
    /// Nothing in it can be read.
    #[error("nothing can be read")]
    Unreadable(#[from] rusqlite::Error),
    /// What was read can't be written.
    #[error("the messages can't be written")]
    Write(#[from] io::Error),
}

/// Writes the messages of all rooms, or of one, room by room, in their order.
///
/// # Errors
/// [`ExportError`]. What can't be read of a damaged file is no error: it is named in [`Exported`].
pub fn export(path: &Path, room: Option<&RoomName>, out: &mut impl Write) -> Result<Exported, ExportError> {
    let connection = file::existing(path)?;
    // One transaction: what is said meanwhile is not in it.
    let transaction = connection.unchecked_transaction()?;
    let mut exported = Exported::default();
    for name in rooms(&transaction)? {
        if room.is_none_or(|room| room.as_str() == name)
            && let Ok(name) = RoomName::parse(&name)
        {
            export_room(&transaction, &name, &mut exported, out)?;
        }
    }
    out.flush()?;
    Ok(exported)
}

fn rooms(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    // Not by the index of the names, which is no better than what it is an index of.
    let mut rooms = connection.prepare("SELECT name FROM room NOT INDEXED ORDER BY id")?;
    rooms.query_map([], |row| row.get(0))?.collect()
}

/// Writes a room from its beginning, and from behind a damaged place to its end.
fn export_room(
    connection: &Connection,
    name: &RoomName,
    exported: &mut Exported,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let Some(shelf) = Shelf::find(connection, name)? else { return Ok(()) };
    let mut from = Seq(0);
    loop {
        let (last, fault) = write_from(&shelf, name, from, exported, out)?;
        let Some(fault) = fault else { return Ok(()) };
        let behind = behind(&shelf, last);
        let to = behind.map_or("the end".to_owned(), |seq| seq.to_string());
        exported.unread.push(format!("{name}: what is between {last} and {to} ({fault})"));
        match behind {
            // What was readable from the one side is so from the other: there is no further damage behind it.
            Some(seq) if seq.0 > last.0 + 1 => from = Seq(seq.0 - 1),
            _ => return Ok(()),
        }
    }
}

/// Writes what comes after `from`, as far as it can be read. Says how far that was, and why no further.
fn write_from(
    shelf: &Shelf<'_>,
    name: &RoomName,
    from: Seq,
    exported: &mut Exported,
    out: &mut impl Write,
) -> Result<(Seq, Option<rusqlite::Error>), ExportError> {
    let mut last = from;
    loop {
        // One by one they can be read up to the damaged place itself.
        let page = match shelf.after(last, PAGE).or_else(|_| shelf.after(last, 1)) {
            Ok(page) => page,
            Err(fault) => return Ok((last, Some(fault))),
        };
        let Some(newest) = page.said.last().map(|said| said.seq) else { return Ok((last, None)) };
        for said in page.said {
            let line = Line { room: name.to_string(), said: (*said).clone() };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            exported.messages += 1;
        }
        last = newest;
    }
}

/// The oldest message after `last` from which all to the end can be read, if there is one.
fn behind(shelf: &Shelf<'_>, last: Seq) -> Option<Seq> {
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
