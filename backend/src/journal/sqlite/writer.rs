//! The one thread that writes: it commits what is waiting, all of it at once, while the next drafts gather. There is no
//! timer in the way of a message: one that comes alone is committed alone.
//!
//! Nobody hears of a message before SQLite has said that it is on the disk (`synchronous=FULL`). When SQLite says that it
//! could not, nothing of that batch is believed: the file is opened anew and written to, so that what the failed one has
//! left behind is overwritten, and only then what was asked is refused: a server that is killed there and started again
//! must not find what it has refused. An `fsync` that failed is never taken for done because a second one succeeds.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::batch::{Batch, Put, Tails};
use super::expiry::{self, Keep};
use super::file::{self, Database};
use super::index::Backlog;
use super::schema::RoomId;
use crate::journal::{Commit, Committed, Draft, Fate, Outcome};
use crate::refusal::Refusal;

/// With so many drafts, a transaction takes no more: an `fsync` is shared by all of them.
const BATCH: usize = 256;
/// A silence this long is used for what can wait: the search index.
const LULL: Duration = Duration::from_millis(100);
/// After so long all rooms are looked at again for what is no longer kept: some at once, and a lull after them.
const EXPIRY: Duration = Duration::from_mins(1);
/// After a failure the file is left alone for so long.
const PAUSE: Duration = Duration::from_millis(250);

/// What the thread is asked for.
pub(super) enum Job {
    /// To commit these.
    Store(Vec<Draft>),
    /// To put all away, and to say when that is done.
    Close(oneshot::Sender<()>),
}

/// The thread's own.
pub(super) struct Writer {
    database: Database,
    /// None after a failure, until the file could be opened anew.
    connection: Option<Connection>,
    committed: mpsc::Sender<Commit>,
    keep: Keep,
    tails: Tails,
    backlog: Backlog,
    /// Behind which room it is looked next for what is no longer kept.
    looked_at: RoomId,
    /// What is wrong, until it is mended.
    trouble: Option<Trouble>,
    /// Not before this time the file is tried again.
    rest_until: Option<Instant>,
}

/// What is wrong for longer than one batch.
struct Trouble {
    /// In words that are logged once.
    words: String,
    /// What is said about it to those whose messages are not tried.
    why: Refusal,
}

/// Why something is not stored.
#[derive(Debug)]
enum Fault {
    /// It was tried a moment ago.
    Resting,
    /// This file is not where it was.
    Vanished(PathBuf),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(fault: rusqlite::Error) -> Fault {
        Fault::Sqlite(fault)
    }
}

impl Fault {
    fn code(&self) -> Option<ErrorCode> {
        if let Fault::Sqlite(fault) = self { fault.sqlite_error_code() } else { None }
    }

    fn refusal(&self) -> Refusal {
        if self.code() == Some(ErrorCode::DiskFull) { Refusal::StoreFull } else { Refusal::StoreDown }
    }

    fn words(&self, database: &Database) -> Option<String> {
        let path = database.path().display();
        match self {
            Fault::Resting => None,
            Fault::Vanished(file) => {
                Some(format!("{} is no longer there: put it back, or start the server anew", file.display()))
            }
            Fault::Sqlite(fault) => Some(match self.code() {
                Some(ErrorCode::DiskFull) => format!("there is no room left for {path}"),
                Some(ErrorCode::DatabaseCorrupt) => {
                    format!("{path} is damaged ({fault}): end the server, and save it with `commonroom export`")
                }
                _ => format!("{path} can't be written to ({fault})"),
            }),
        }
    }
}

impl Writer {
    /// A writer of a database through this connection.
    pub fn new(
        database: Database,
        connection: Connection,
        keep: Keep,
        committed: mpsc::Sender<Commit>,
    ) -> rusqlite::Result<Writer> {
        let backlog = Backlog::find(&connection)?;
        Ok(Writer {
            database,
            connection: Some(connection),
            committed,
            keep,
            tails: Tails::default(),
            backlog,
            looked_at: RoomId::default(),
            trouble: None,
            rest_until: None,
        })
    }

    /// Works until it is told to close, or until nobody can ask any more.
    pub async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut expiry = Instant::now();
        // How long nothing must have come before the index is fed: once it has begun, not at all.
        let mut lull = LULL;
        loop {
            let wake = if self.backlog.is_empty() { expiry } else { expiry.min(Instant::now() + lull) };
            match timeout_at(wake, jobs.recv()).await {
                Ok(None) => return,
                Ok(Some(job)) => {
                    if let Some(close) = self.take(job, &mut jobs).await {
                        drop(self);
                        // Whoever asked may have stopped waiting.
                        let _ = close.send(());
                        return;
                    }
                    lull = LULL;
                    if self.backlog.is_long() {
                        self.index();
                    }
                }
                Err(_) if Instant::now() >= expiry => {
                    let more = self.expire().await;
                    expiry = Instant::now() + if more { LULL } else { EXPIRY };
                }
                Err(_) => lull = if self.index() { Duration::ZERO } else { LULL },
            }
        }
    }

    /// Commits what has come. Gives whom to tell that all is put away, if that was asked.
    async fn take(&mut self, job: Job, jobs: &mut mpsc::Receiver<Job>) -> Option<oneshot::Sender<()>> {
        let mut drafts = Vec::new();
        let mut next = Some(job);
        let mut close = None;
        while let Some(job) = next {
            match job {
                Job::Store(more) => drafts.extend(more),
                Job::Close(done) => close = Some(done),
            }
            next = if close.is_none() && drafts.len() < BATCH { jobs.try_recv().ok() } else { None };
        }
        if !drafts.is_empty() {
            self.commit(drafts).await;
        }
        close
    }

    /// Stores some drafts, then hands on what became of them.
    async fn commit(&mut self, drafts: Vec<Draft>) {
        let commit = match self.store(&drafts) {
            Ok(puts) => {
                self.heal();
                self.backlog.add(&puts);
                drafts.into_iter().zip(puts).map(|(draft, put)| settled(draft, put)).collect()
            }
            Err(fault) => {
                let why = self.fail(&fault);
                drafts.into_iter().map(|draft| settled(draft, Put::Refused(why.clone()))).collect()
            }
        };
        // A publisher that is gone has nobody left to tell.
        let _ = self.committed.send(commit).await;
    }

    fn store(&mut self, drafts: &[Draft]) -> Result<Vec<Put>, Fault> {
        let (connection, tails) = self.open()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let puts = Batch::new(&transaction, tails).put_all(drafts)?;
        transaction.commit()?;
        Ok(puts)
    }

    /// The connection, which is made anew after a failure, and what is known of the rooms.
    fn open(&mut self) -> Result<(&mut Connection, &mut Tails), Fault> {
        if self.rest_until.is_some_and(|end| Instant::now() < end) {
            return Err(Fault::Resting);
        }
        if let Some(missing) = self.database.missing() {
            return Err(Fault::Vanished(missing));
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.database.writer()?),
        };
        Ok((connection, &mut self.tails))
    }

    /// What was rolled back is forgotten, what it has left behind is overwritten. Says what to tell whoever was tried.
    fn fail(&mut self, fault: &Fault) -> Refusal {
        self.tails.clear();
        self.tell(fault);
        match fault {
            Fault::Resting => return self.trouble.as_ref().map_or(Refusal::StoreDown, |trouble| trouble.why.clone()),
            Fault::Vanished(_) => self.save(),
            Fault::Sqlite(_) => self.reopen(),
        }
        fault.refusal()
    }

    /// Logs what is new.
    fn tell(&mut self, fault: &Fault) {
        let Some(words) = fault.words(&self.database) else { return };
        if self.trouble.as_ref().is_none_or(|trouble| trouble.words != words) {
            tracing::error!("{words}; what is said is refused until that is mended, reading goes on");
            self.trouble = Some(Trouble { words, why: fault.refusal() });
        }
    }

    /// No connection that has failed is trusted again.
    fn reopen(&mut self) {
        // First this one is closed: two can't write.
        self.connection = None;
        match self.database.writer() {
            Ok(connection) => self.connection = Some(connection),
            Err(_) => self.rest_until = Some(Instant::now() + PAUSE),
        }
    }

    /// Puts what is in a write-ahead log that nobody will find again into the file, be that where it is.
    fn save(&self) {
        if let Some(connection) = &self.connection {
            // If it fails, it is done when the server ends.
            let _ = file::checkpoint(connection);
        }
    }

    fn heal(&mut self) {
        self.rest_until = None;
        if self.trouble.take().is_some() {
            tracing::warn!("{} is written to again", self.database.path().display());
        }
    }

    /// Feeds the search index, and says whether it could.
    fn index(&mut self) -> bool {
        let mut backlog = std::mem::take(&mut self.backlog);
        let fed = self.open().and_then(|(connection, _)| Ok(backlog.feed(connection)?));
        self.backlog = backlog;
        fed.inspect_err(|fault| drop(self.fail(fault))).is_ok()
    }

    /// Forgets some of what is no longer kept. Says whether there are rooms still to be looked at.
    async fn expire(&mut self) -> bool {
        let (keep, looked_at) = (self.keep, self.looked_at);
        let expired = self.open().and_then(|(connection, tails)| {
            tails.clear();
            Ok(expiry::expire(connection, keep, Timestamp::now().as_millisecond(), looked_at)?)
        });
        let (forgotten, next) = expired.unwrap_or_else(|fault| {
            self.fail(&fault);
            Default::default()
        });
        self.looked_at = next.unwrap_or_default();
        if !forgotten.is_empty() {
            let forgotten = forgotten.into_iter().map(|(room, up_to)| Committed::Forgotten(room, up_to));
            // A publisher that is gone has nobody left to tell.
            let _ = self.committed.send(forgotten.collect()).await;
        }
        next.is_some()
    }
}

/// What is handed on for a draft.
fn settled(draft: Draft, put: Put) -> Committed {
    let (said, fate) = match put {
        Put::New(_, said) => {
            let seq = said.seq;
            (Some((draft.room, said)), Fate::Stored(seq))
        }
        Put::Known(said) => (None, Fate::Again(said)),
        Put::Refused(why) => (None, Fate::Refused(why)),
    };
    Committed::Draft { said, outcome: (draft.outcomes, Outcome { cid: draft.cid, fate }) }
}
