//! The journal on disk: one SQLite file.
//!
//! | file | subject |
//! | --- | --- |
//! | `file` | found or made, opened |
//! | `lock` | who holds it |
//! | `check` | whether it is a history that can be used |
//! | `schema` | what is in it |
//! | `writer` | the thread that commits, and what it does when it can't |
//! | `batch` | where a message gets its place |
//! | `row` | a message as a row, and the stretches of them that are read |
//! | `readers` | who reads while it is written to |
//! | `index` | the search index |
//! | `expiry` | what is no longer kept |
//! | `export`, `import`, `backup` | what an operator does with a history |

mod backup;
mod batch;
mod check;
mod expiry;
mod export;
mod file;
mod import;
mod index;
mod lock;
mod readers;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::{io, thread};

use commonroom_protocol::{Seq, limits};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub use backup::{BackupError, CopyError, backup};
pub use check::check;
pub use expiry::Keep;
pub use export::{ExportError, Exported, export};
pub use file::OpenError;
pub use import::{ImportError, Imported, import};

use super::{Answer, Commit, Draft, Found, Journal, JournalError, Opened, Page, Posted, Resume, Search};
use crate::name::RoomName;
use file::Database;
use readers::Readers;
use row::Shelf;
use writer::{Job, Writer};

/// Connections that read pages; whoever finds all of them busy waits for a turn.
const READERS: u32 = 4;
/// What may wait for the writer: what gathers while a batch is committed.
const WAITING: usize = 256;

/// The journal in a SQLite file.
pub struct Sqlite {
    epoch: Arc<str>,
    /// How many messages there were when it was opened.
    found: u64,
    jobs: mpsc::Sender<Job>,
    pages: Readers,
    /// A search may take long: it has a connection of its own, so that no page waits for it, and one core at most.
    searches: Readers,
}

impl Sqlite {
    /// Opens the journal in this file, which is made if there is none, and starts the thread that writes to it. What it
    /// commits it hands to `committed`.
    ///
    /// # Errors
    /// [`OpenError`], which says what is wrong with the file and what to do.
    pub fn open(path: &Path, keep: Keep, committed: mpsc::Sender<Commit>) -> Result<Sqlite, OpenError> {
        let epoch = super::new_epoch().map_err(|fault| unusable(path, &fault))?;
        let (database, connection) = Database::open(path, &epoch)?;
        let opened = |fault: rusqlite::Error| file::open_error(path, &fault);
        let found = count(&connection).map_err(opened)?;
        let epoch: String = connection.query_row(EPOCH, [], |row| row.get(0)).map_err(opened)?;
        let pages = Readers::open(&database, READERS).map_err(opened)?;
        let searches = Readers::open(&database, 1).map_err(opened)?;
        let writer = Writer::new(database, connection, keep, committed).map_err(opened)?;
        let jobs = start(writer).map_err(|fault| unusable(path, &fault))?;
        Ok(Sqlite { epoch: epoch.into(), found, jobs, pages, searches })
    }

    /// How many messages there were when it was opened.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Asks about a room; one without any message answers as `T` begins.
    async fn ask<T: Default + Send + 'static>(
        &self,
        room: &RoomName,
        question: impl FnOnce(&Shelf<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        let room = room.clone();
        let ask = move |connection: &Connection| Shelf::find(connection, &room)?.as_ref().map(question).transpose();
        Ok(self.pages.ask(ask).await?.unwrap_or_default())
    }
}

const EPOCH: &str = "SELECT value FROM meta WHERE name = 'epoch'";

fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM said", [], |row| row.get(0))
}

fn unusable(path: &Path, fault: &impl std::fmt::Display) -> OpenError {
    OpenError::Unusable { path: path.to_owned(), what: fault.to_string() }
}

/// Starts the thread. Its runtime is its own, so that it waits for drafts and for a lull at once.
fn start(writer: Writer) -> io::Result<mpsc::Sender<Job>> {
    let (jobs, waiting) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    thread::Builder::new().name("journal".to_owned()).spawn(move || runtime.block_on(writer.run(waiting)))?;
    Ok(jobs)
}

impl Journal for Sqlite {
    fn durable(&self) -> &'static str {
        "disk"
    }

    fn open<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Opened> {
        Box::pin(async {
            let read = |shelf: &Shelf<'_>| {
                let last = shelf.before(Seq(u64::MAX), limits::REPLAY)?.said;
                Ok((last.last().map_or(shelf.forgotten, |newest| newest.seq), last))
            };
            let (head, last) = self.ask(room, read).await?;
            Ok(Opened { epoch: Arc::clone(&self.epoch), head, last })
        })
    }

    fn post(&self, drafts: Vec<Draft>) -> Posted<'_> {
        Box::pin(async {
            self.jobs.send(Job::Store(drafts)).await.map_err(|closed| match closed.0 {
                Job::Store(drafts) => drafts,
                Job::Close(_) => Vec::new(),
            })
        })
    }

    fn oldest<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Seq> {
        Box::pin(async {
            let oldest =
                |shelf: &Shelf<'_>| Ok(Some(shelf.oldest()?.map_or(Seq(shelf.forgotten.0 + 1), |said| said.seq)));
            Ok(self.ask(room, oldest).await?.unwrap_or(Seq(1)))
        })
    }

    fn tail<'a>(&'a self, room: &'a RoomName, seq: Seq, count: usize) -> Answer<'a, Seq> {
        Box::pin(self.ask(room, move |shelf| shelf.tail(seq, count)))
    }

    fn before<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        Box::pin(self.ask(room, move |shelf| shelf.before(seq, limit)))
    }

    fn after<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        Box::pin(self.ask(room, move |shelf| shelf.after(seq, limit)))
    }

    fn around<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        Box::pin(self.ask(room, move |shelf| shelf.around(seq, limit)))
    }

    fn resume<'a>(&'a self, room: &'a RoomName, since: Seq) -> Answer<'a, Resume> {
        Box::pin(async move {
            let resume = self.ask(room, move |shelf| shelf.resume(since).map(Some)).await?;
            Ok(resume.unwrap_or(Resume { from: since, gap: None }))
        })
    }

    fn seq_at<'a>(&'a self, room: &'a RoomName, at: i64) -> Answer<'a, Seq> {
        Box::pin(self.ask(room, move |shelf| shelf.seq_at(at)))
    }

    fn search<'a>(&'a self, room: &'a RoomName, search: Search) -> Answer<'a, Found> {
        let room = room.clone();
        Box::pin(self.searches.ask(move |connection| index::search(connection, &room, &search)))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            // The writer is the last to close its connection: SQLite then puts the write-ahead log into the file.
            self.pages.close().await;
            self.searches.close().await;
            let (done, closed) = oneshot::channel();
            self.jobs.send(Job::Close(done)).await.map_err(|_| JournalError::Down)?;
            closed.await.map_err(|_| JournalError::Down)
        })
    }
}
