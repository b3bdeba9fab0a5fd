//! The journal: a room's durable order. It says which message came first, and keeps it.
//!
//! [`Sqlite`] keeps it in a file. [`Memory`] keeps the whole contract and forgets at the end of the process.

#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
mod contract;
mod memory;
pub mod sqlite;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use commonroom_protocol::{GapWhy, Said, Seq, Via};
use thiserror::Error;
use tokio::sync::mpsc;

pub use memory::Memory;
pub use sqlite::{Keep, OpenError, Sqlite};

use crate::measure::Space;
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;
use crate::search::Query;
use crate::text::Body;

/// Rooms that a history has at most: a room stays in it, since seqs go on after all its messages are forgotten.
pub const ROOMS: usize = 1_000_000;

/// What a journal answers: boxed, since it is off the hot path, so that one server can be given any journal.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send + 'a>>;

/// The end of posting: the drafts that are not taken, if they are not.
pub type Posted<'a> = Pin<Box<dyn Future<Output = Result<(), Vec<Draft>>> + Send + 'a>>;

/// The durable order of every room.
///
/// What it commits it hands to the bounded channel it was made with, in the order of the rooms' seqs; nobody sees a
/// message that could still vanish.
pub trait Journal: Send + Sync {
    /// How durable a committed message is: `disk`, `replicated` or `memory`.
    fn durable(&self) -> &'static str;

    /// What a room's log starts with, asked once for a room.
    fn open<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Opened>;

    /// Takes drafts, which are committed together where that can be, in this order and after those that the caller has
    /// posted before; what became of each goes to its own `outcomes`. A journal that is shut down gives them back.
    fn post(&self, drafts: Vec<Draft>) -> Posted<'_>;

    /// The oldest message that is kept; the place of the next one in a room without any.
    fn oldest<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Seq>;

    /// The message after which the newest `count` before `seq` come, or all there are.
    fn tail<'a>(&'a self, room: &'a RoomName, seq: Seq, count: usize) -> Answer<'a, Seq>;

    /// The newest messages before `seq`.
    fn before<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page>;

    /// The oldest messages after `seq`.
    fn after<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page>;

    /// Messages on both sides of `seq`, and itself.
    fn around<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page>;

    /// Where somebody who has read all up to `since` reads on, given that at most
    /// [`limits::RESUME`](commonroom_protocol::limits::RESUME) messages are told.
    fn resume<'a>(&'a self, room: &'a RoomName, since: Seq) -> Answer<'a, Resume>;

    /// The last message before this time, in Unix milliseconds: what was said since then comes after it.
    fn seq_at<'a>(&'a self, room: &'a RoomName, at: i64) -> Answer<'a, Seq>;

    /// The newest messages that have what is searched for.
    fn search<'a>(&'a self, room: &'a RoomName, search: Search) -> Answer<'a, Found>;

    /// Commits what was posted and puts the history away. Nothing is asked of the journal after it.
    fn close(&self) -> Answer<'_, ()>;
}

/// The journal could not do it.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It has been shut down.
    #[error("the journal is shut down")]
    Down,
    /// What was asked for can't be read.
    #[error("the history can't be read: {0}")]
    Unreadable(String),
}

/// What a room's log starts with.
#[derive(Debug)]
pub struct Opened {
    /// Names this history; another one has begun anew.
    pub epoch: Arc<str>,
    /// The newest message, 0 in a room without any.
    pub head: Seq,
    /// The page that the last [`limits::REPLAY`](commonroom_protocol::limits::REPLAY) messages make, oldest first.
    pub last: Vec<Arc<Said>>,
}

/// A stretch of history, oldest first: no more than was asked for, and than
/// [`limits::PAGE_BYTES`](commonroom_protocol::limits::PAGE_BYTES), but at least one where there is one.
#[derive(Debug, Default)]
pub struct Page {
    /// The messages.
    pub said: Vec<Arc<Said>>,
    /// There is more in the direction asked; with `around`, in either.
    pub more: bool,
}

/// What is searched for in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The words.
    pub query: Query,
    /// Only in messages before this one.
    pub before: Seq,
    /// Messages that are found at most.
    pub limit: usize,
    /// Messages on either side of each that come with it.
    pub neighbours: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The messages that have it, newest first.
    pub hits: Vec<Seq>,
    /// These and their neighbours, each once, oldest first.
    pub said: Vec<Arc<Said>>,
    /// There are older ones.
    pub more: bool,
}

impl Found {
    /// Takes hits, newest first, each with those beside it, as long as a page has room for them.
    fn gather<E>(more: bool, parts: impl Iterator<Item = Result<(Seq, Vec<Arc<Said>>), E>>) -> Result<Found, E> {
        let mut space = Space::page();
        let mut found = Found { more, ..Found::default() };
        let mut all = BTreeMap::new();
        for part in parts {
            let (hit, beside) = part?;
            if !space.takes(&beside) {
                found.more = true;
                break;
            }
            found.hits.push(hit);
            all.extend(beside.into_iter().map(|said| (said.seq, said)));
        }
        found.said = all.into_values().collect();
        Ok(found)
    }
}

/// Where a reader goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Read on after this message.
    pub from: Seq,
    /// Why that is not what they asked for, where it is not.
    pub gap: Option<GapWhy>,
}

/// A message that has no place yet.
#[derive(Debug)]
pub struct Draft {
    /// Where it is said.
    pub room: RoomName,
    /// Who says it.
    pub by: By,
    /// The name they have.
    pub from: Nick,
    /// What they came by.
    pub via: Via,
    /// The id they gave it.
    pub cid: Box<str>,
    /// What they say.
    pub text: Body,
    /// An action.
    pub me: bool,
    /// When it was taken in, in Unix milliseconds. A room's times never go back: the journal raises it if need be.
    pub at: i64,
    /// Where to say what became of it. The sender must have room there for every draft it has in flight.
    pub outcomes: mpsc::Sender<Outcome>,
}

impl Draft {
    /// Tells its sender that it is not stored.
    pub fn refuse(self, why: Refusal) {
        // A sender that is gone needs no outcome.
        let _ = self.outcomes.try_send(Outcome { cid: self.cid, fate: Fate::Refused(why) });
    }
}

/// What became of a draft.
#[derive(Debug)]
pub struct Outcome {
    /// The draft's.
    pub cid: Box<str>,
    /// Its fate.
    pub fate: Fate,
}

/// The fate of a draft.
#[derive(Debug)]
pub enum Fate {
    /// It has this place now. The message itself comes by the room's log, and has been put there already.
    Stored(Seq),
    /// It was stored before: this is it.
    Again(Arc<Said>),
    /// It is not stored.
    Refused(Refusal),
}

/// What the journal hands on at once: what was committed together becomes one segment of a room's log.
pub type Commit = Vec<Committed>;

/// What the journal hands on.
#[derive(Debug)]
pub enum Committed {
    /// What became of a draft: the message for the room's log where there is a new one, then the outcome for its sender.
    Draft {
        /// The new message and its room.
        said: Option<(RoomName, Arc<Said>)>,
        /// What to tell whom.
        outcome: (mpsc::Sender<Outcome>, Outcome),
    },
    /// Nothing up to this message is kept in this room any more.
    Forgotten(RoomName, Seq),
}

/// A name for a history that begins.
fn new_epoch() -> Result<String, getrandom::Error> {
    getrandom::u32().map(|epoch| format!("{epoch:08x}"))
}
