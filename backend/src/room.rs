//! A room: a roster and a log behind one lock and one doorbell.
//!
//! The lock is plain and short and never held across an await; the bell rings after it is released. A [`Member`] is a
//! place in the roster and leaves when dropped; a [`Follower`] is a cursor in the log.

mod crowd;
mod follower;
mod held;
mod log;
#[cfg(test)]
mod model;
mod moderation;
mod names;
mod roster;
mod rules;
mod segment;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use commonroom_protocol::{Present, Said, Seq, Whispered, limits};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

pub use follower::{Batch, Follower, Start, Told};
pub use roster::{Arrival, Known, Pauses};
pub use segment::{MemberId, Segment};

use crate::ending::Ending;
use crate::event::{Entry, Event};
use crate::journal::{Journal, JournalError, Opened};
use crate::metrics::Metrics;
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;
use log::Log;
use state::RoomState;

/// A room.
pub struct Room {
    name: RoomName,
    epoch: Arc<str>,
    journal: Arc<dyn Journal>,
    metrics: Arc<Metrics>,
    state: RwLock<RoomState>,
    rules: Mutex<rules::Rules>,
    /// Something was said here, or is about to be.
    begun: AtomicBool,
    /// The log's end, which every follower watches.
    bell: watch::Sender<u64>,
}

/// What somebody who comes in is told at once.
pub struct Joined {
    /// Their place.
    pub member: Member,
    /// Their cursor.
    pub follower: Follower,
    /// Why their name is not the one they wished for.
    pub refused: Option<Refusal>,
    /// The newest message.
    pub head: Seq,
    /// How many are here.
    pub here: usize,
    /// The first of them.
    pub roster: Vec<Present>,
}

/// What a reader has seen of a room before.
#[derive(Clone, Debug)]
pub enum Replay {
    /// Nothing: tell the last so many messages.
    Last(usize),
    /// All up to this message, of this epoch if they know.
    Since(Seq, Option<String>),
}

impl Room {
    /// A room whose log begins as the journal says.
    pub(crate) fn new(
        name: RoomName,
        opened: Opened,
        journal: Arc<dyn Journal>,
        metrics: Arc<Metrics>,
        pauses: Pauses,
        now: Instant,
    ) -> Room {
        let begun = AtomicBool::new(opened.head > Seq(0));
        let log = Log::new(opened.last, opened.head);
        let bell = watch::Sender::new(log.end());
        let state = RwLock::new(RoomState::new(log, pauses, now));
        Room { name, epoch: opened.epoch, journal, metrics, state, rules: Mutex::default(), begun, bell }
    }

    /// Its name.
    pub fn name(&self) -> &RoomName {
        &self.name
    }

    /// Names its history: another epoch has begun anew.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Lets somebody in. Roster and cursor are taken under one lock: they fit together.
    pub fn join(self: &Arc<Self>, arrival: Arrival, replay: Replay, now: Instant) -> Joined {
        let by = arrival.by;
        let (joined, end) = {
            let mut state = self.state.write();
            let placed = state.join(arrival, now);
            let (start, rewound) = self.start(replay, state.log.head());
            let (here, roster) = state.roster.present(placed.id);
            let joined = Joined {
                follower: Follower::new(self, &state, placed.id, start, rewound),
                member: Member {
                    room: Arc::clone(self),
                    id: placed.id,
                    connection: placed.connection,
                    by,
                    nick: placed.nick,
                },
                refused: placed.refused,
                head: state.log.head(),
                here,
                roster,
            };
            (joined, state.log.end())
        };
        self.ring(end);
        joined
    }

    /// Where a reader starts, and whether what they knew is of another history.
    fn start(&self, replay: Replay, head: Seq) -> (Start, bool) {
        match replay {
            Replay::Last(count) => (Start::Last(count), false),
            Replay::Since(seq, epoch) => {
                let rewound = seq > head || epoch.is_some_and(|epoch| *epoch != *self.epoch);
                (if rewound { Start::Last(limits::REPLAY) } else { Start::After(seq) }, rewound)
            }
        }
    }

    /// Lets somebody speak: the first one here, if they may.
    ///
    /// # Errors
    /// That of `may`, which is not asked where something was said before.
    pub(crate) fn begin<E>(&self, may: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        if !self.begun.load(Ordering::Relaxed) {
            may()?;
            self.begun.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Appends what the journal has committed, in its order.
    pub(crate) fn append(&self, messages: Vec<Arc<Said>>, now: Instant) {
        self.change(|state| {
            state.used = now;
            state.log.append(messages)
        });
    }

    /// Tells what time has brought.
    pub(crate) fn tick(&self, now: Instant) {
        self.change(|state| state.tick(now));
    }

    /// Changes the room under its lock and rings the bell after it, if there is anything to tell.
    fn change(&self, change: impl FnOnce(&mut RoomState) -> bool) {
        let (told, end) = {
            let mut state = self.state.write();
            (change(&mut state), state.log.end())
        };
        if told {
            self.ring(end);
        }
    }

    /// Wakes every follower. Two bells may ring in either order, so the value only ever rises.
    fn ring(&self, end: u64) {
        self.bell.send_if_modified(|rung| {
            let news = end > *rung;
            *rung = end.max(*rung);
            news
        });
    }

    /// What its ring weighs in bytes, when it was last used, and whether nobody is in it.
    pub(crate) fn usage(&self) -> Usage {
        let state = self.state.read();
        Usage { bytes: state.log.bytes(), used: state.used, empty: state.roster.is_empty() }
    }

    /// Gives its memory back: readers go on in the journal.
    pub(crate) fn shrink(&self) {
        self.state.write().log.clear();
    }

    /// Lets go of what is no longer kept.
    pub(crate) fn forget(&self, up_to: Seq) {
        self.state.write().log.forget(up_to);
    }

    /// How the connections here are told to end.
    pub(crate) fn endings(&self) -> Vec<Ending> {
        self.state.read().roster.endings().cloned().collect()
    }

    /// The journal that keeps its order.
    pub fn journal(&self) -> &dyn Journal {
        &*self.journal
    }

    /// The oldest message that is kept.
    ///
    /// # Errors
    /// When the journal does not answer.
    pub async fn oldest(&self) -> Result<Seq, JournalError> {
        self.journal.oldest(&self.name).await
    }

    /// How many are here, as everybody knows.
    pub fn here(&self) -> usize {
        self.state.read().roster.here()
    }

    /// A name for somebody who speaks here without being here, if it is nobody's.
    ///
    /// # Errors
    /// [`Refusal::NickTaken`].
    pub fn vet(&self, nick: Nick, by: By) -> Result<Nick, Refusal> {
        self.state.read().roster.vet(nick, by)
    }

    /// A guest's name for them.
    pub fn guest(&self, by: By) -> Nick {
        self.state.read().roster.guest(by)
    }

    /// The newest message.
    pub fn head(&self) -> Seq {
        self.state.read().log.head()
    }
}

/// What a room takes and when it was last used.
pub(crate) struct Usage {
    pub(crate) bytes: usize,
    pub(crate) used: Instant,
    pub(crate) empty: bool,
}

/// A place in a room's roster. Dropping it is leaving: the others are told after a grace, unless the client is back.
pub struct Member {
    room: Arc<Room>,
    id: MemberId,
    connection: u64,
    by: By,
    nick: Nick,
}

impl Member {
    /// The room.
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// The client's public id.
    pub fn by(&self) -> By {
        self.by
    }

    /// The name.
    pub fn nick(&self) -> &Nick {
        &self.nick
    }

    /// Takes another name. Says whether it is another one.
    ///
    /// # Errors
    /// [`Refusal::NickBad`], [`Refusal::NickTaken`] or [`Refusal::TooSoon`], looked for in this order.
    pub fn rename(&mut self, name: &str, now: Instant) -> Result<(), Refusal> {
        let nick = Nick::parse(name)?;
        let mut renamed = Ok(None);
        self.room.change(|state| {
            renamed = state.roster.rename(self.id, nick.clone(), now);
            let told = renamed.as_mut().ok().and_then(Option::take);
            told.is_some_and(|entry| state.presence(entry, now))
        });
        renamed?;
        self.nick = nick;
        Ok(())
    }

    /// How many are here, and the first of them.
    pub fn present(&self) -> (usize, Vec<Present>) {
        self.room.state.read().roster.present(self.id)
    }

    /// Says something to one member alone: an entry that the others skip.
    ///
    /// # Errors
    /// [`Refusal::NoSuchNick`] if nobody here has that name, or has only just gone.
    pub fn whisper(&self, to: &str, whispered: Whispered) -> Result<(), Refusal> {
        let nobody = || Refusal::NoSuchNick { nick: to.to_owned() };
        let nick = Nick::of_somebody(to).map_err(|_| nobody())?;
        let mut found = None;
        self.room.change(|state| {
            found = state.roster.find(&nick);
            let Some(id) = found else { return false };
            let to = state.roster.nick(id).map_or_else(String::new, Nick::to_string);
            let event = Event::Whispered(Box::new(Whispered { to, ..whispered }));
            state.log.note(Entry { by: self.by, event }, Some([self.id, id]));
            true
        });
        found.map(|_| ()).ok_or_else(nobody)
    }

    /// Leaves at once, which is told at once.
    pub fn quit(self, now: Instant) {
        self.room.change(|state| {
            let left = state.roster.quit(self.id, self.connection);
            left.is_some_and(|entry| state.presence(entry, now))
        });
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.room.state.write().roster.leave(self.id, self.connection);
    }
}
