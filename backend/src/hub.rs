//! The hub: room name to room, made on first join; and the one path by which committed messages reach a room's log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, Seq, Via};
use jiff::Timestamp;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{Notify, OnceCell, mpsc};

use crate::ending::Ending;
use crate::journal::{Commit, Committed, Draft, Journal, JournalError};
use crate::metrics::{Metrics, since};
use crate::moderation::{Ban, Bans, Stats, Whom};
use crate::name::{By, RoomName};
use crate::refusal::Refusal;
use crate::room::{Arrival, Joined, Known, Pauses, Replay, Room};

/// Rooms at most. An empty one makes place for a new one.
pub(crate) const ROOMS: usize = 10_000;
/// What all rings together may weigh; those used least shrink first.
const RING_BYTES: usize = 256 << 20;
/// Commits that may wait for the publisher.
pub const COMMITS: usize = 256;
/// Commits that the publisher takes at once: their messages of one room become one segment.
const BATCH: usize = 64;

/// Into so many parts goodbyes are spread.
const GOODBYES: u32 = 200;

/// A room cannot be joined.
#[derive(Debug, Error)]
pub enum JoinError {
    /// There are too many rooms, and somebody is in each.
    #[error("there are {ROOMS} rooms already")]
    TooManyRooms,
    /// The operator does not let them in.
    #[error("banned")]
    Banned,
    /// The journal does not answer.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl JoinError {
    /// What whoever stays where they are is told.
    pub fn refusal(self) -> Refusal {
        match self {
            JoinError::TooManyRooms => Refusal::TooManyRooms,
            JoinError::Banned => Refusal::Banned,
            JoinError::Journal(_) => Refusal::StoreDown,
        }
    }
}

/// A room that is being opened, or open.
type Door = Arc<OnceCell<Arc<Room>>>;

/// A room that somebody is about to come into or to speak in: while this is held, the room does not make place for
/// another one, although nobody may be in it yet.
pub struct Entrance {
    room: Arc<Room>,
    _door: Door,
}

impl Entrance {
    /// Where it leads.
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }
}

/// How rooms begin.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Those that begin locked.
    pub read_only: Vec<RoomName>,
    /// What keeps all of them quiet.
    pub pauses: Pauses,
}

/// All rooms, and the journal that keeps their order.
pub struct Hub {
    rooms: Mutex<HashMap<RoomName, Door>>,
    journal: Arc<dyn Journal>,
    closing: AtomicBool,
    bans: Mutex<Bans>,
    metrics: Arc<Metrics>,
    settings: Settings,
    /// Drafts handed to the journal that are on no log yet, and who waits until there are none.
    on_the_way: AtomicUsize,
    arrived: Notify,
}

impl Hub {
    /// A hub without rooms.
    pub fn new(journal: Arc<dyn Journal>, metrics: Arc<Metrics>, settings: Settings) -> Hub {
        Hub {
            rooms: Mutex::default(),
            journal,
            closing: AtomicBool::new(false),
            bans: Mutex::default(),
            metrics,
            settings,
            on_the_way: AtomicUsize::new(0),
            arrived: Notify::new(),
        }
    }

    /// Lets somebody into a room, which is opened if need be.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&self, name: RoomName, arrival: Arrival, replay: Replay) -> Result<Joined, JoinError> {
        let (by, ip) = (arrival.by, arrival.ip);
        if self.is_banned(by, ip) {
            return Err(JoinError::Banned);
        }
        let entrance = self.enter(name).await?;
        let joined = entrance.room().join(arrival, replay, Instant::now());
        // Once more: whoever was banned in between was not found in the room yet.
        if self.is_banned(by, ip) {
            joined.member.quit(Instant::now());
            return Err(JoinError::Banned);
        }
        Ok(joined)
    }

    /// Whether this client, or whoever comes from this address, is not let in.
    pub fn is_banned(&self, by: By, ip: Option<IpAddr>) -> bool {
        self.bans.lock().holds(by, ip, Timestamp::now())
    }

    /// A room, which is opened if need be.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn enter(&self, name: RoomName) -> Result<Entrance, JoinError> {
        let door = self.door(&name)?;
        let room = Arc::clone(door.get_or_try_init(|| self.open(name)).await?);
        Ok(Entrance { room, _door: door })
    }

    /// The rooms that somebody is in, the fullest first, and how many are in each.
    pub fn rooms(&self) -> Vec<(RoomName, usize)> {
        let mut rooms: Vec<_> = self.open_rooms().iter().map(|room| (room.name().clone(), room.here())).collect();
        rooms.retain(|(_, here)| *here > 0);
        rooms.sort_by(|(a, here_a), (b, here_b)| here_b.cmp(here_a).then_with(|| a.as_str().cmp(b.as_str())));
        rooms
    }

    /// Lets whom a ban is about in no more, and ends their connections in every room. Says how many there were.
    pub fn ban(&self, ban: Ban, operator: By) -> usize {
        self.bans.lock().add(ban.clone(), Timestamp::now());
        let meant = |known: &Known| ban.holds(known.by, known.ip);
        let rooms = self.open_rooms();
        rooms.iter().map(|room| room.send_away(meant, ByeCode::Banned, operator).len()).sum()
    }

    /// Lifts the bans of a name or an address, and says how many there were.
    pub fn unban(&self, whom: &Whom) -> usize {
        self.bans.lock().lift(whom, Timestamp::now())
    }

    /// What is banned, and for how long still.
    pub fn bans(&self) -> Vec<(String, Option<Duration>)> {
        self.bans.lock().list(Timestamp::now())
    }

    /// What goes on here, but for what the hub does not know: uptime and memory.
    pub fn stats(&self) -> Stats {
        let rooms = self.open_rooms();
        let vias: Vec<Via> = rooms.iter().flat_map(|room| room.vias()).collect();
        let count = |via| (via, vias.iter().filter(|one| **one == via).count());
        let members = [Via::Web, Via::Tcp, Via::Api, Via::Console].map(count);
        let messages = self.metrics.messages.get();
        Stats { rooms: rooms.len(), members: members.into(), messages, ..Stats::default() }
    }

    fn door(&self, name: &RoomName) -> Result<Door, JoinError> {
        let mut rooms = self.rooms.lock();
        if let Some(door) = rooms.get(name) {
            return Ok(Arc::clone(door));
        }
        if rooms.len() >= ROOMS && !drop_an_empty_room(&mut rooms) {
            return Err(JoinError::TooManyRooms);
        }
        Ok(Arc::clone(rooms.entry(name.clone()).or_default()))
    }

    async fn open(&self, name: RoomName) -> Result<Arc<Room>, JournalError> {
        let opened = self.journal.open(&name).await?;
        let Settings { read_only, pauses } = &self.settings;
        let locked = read_only.contains(&name);
        let (journal, metrics) = (Arc::clone(&self.journal), Arc::clone(&self.metrics));
        let room = Room::new(name, opened, journal, metrics, *pauses, Instant::now());
        Ok(Arc::new(if locked { room.locked() } else { room }))
    }

    /// Hands drafts to the journal; what becomes of each goes to its own `outcomes`.
    pub async fn post(&self, drafts: Vec<Draft>) {
        let count = drafts.len();
        // Counted first: whoever closes the hub either sees these drafts or has their sender see that the hub is closed.
        self.on_the_way.fetch_add(count, Ordering::SeqCst);
        let (refused, why) = if self.closing.load(Ordering::SeqCst) {
            (drafts, Refusal::Closing)
        } else {
            match self.journal.post(drafts).await {
                Ok(()) => return,
                Err(drafts) => (drafts, Refusal::StoreDown),
            }
        };
        for draft in refused {
            draft.refuse(why.clone());
        }
        self.arrive(count);
    }

    /// So many drafts are on their way no more.
    fn arrive(&self, drafts: usize) {
        if drafts > 0 && self.on_the_way.fetch_sub(drafts, Ordering::SeqCst) == drafts {
            self.arrived.notify_waiters();
        }
    }

    /// Puts on the rooms' logs what the journal commits, until the journal is gone. The one writer path for messages.
    pub async fn publish(&self, mut commits: mpsc::Receiver<Commit>) {
        let mut batch = Vec::with_capacity(BATCH);
        while commits.recv_many(&mut batch, BATCH).await > 0 {
            let mut outcomes = Vec::with_capacity(batch.len());
            let mut rooms: Vec<(RoomName, Vec<_>)> = Vec::new();
            let mut forgotten = Vec::new();
            let mut newest = i64::MIN;
            for committed in batch.drain(..).flatten() {
                let (said, outcome) = match committed {
                    Committed::Draft { said, outcome } => (said, outcome),
                    Committed::Forgotten(name, up_to) => {
                        forgotten.push((name, up_to));
                        continue;
                    }
                };
                outcomes.push(outcome);
                let Some((name, said)) = said else { continue };
                self.metrics.messages.inc();
                newest = newest.max(said.at);
                match rooms.iter_mut().find(|(room, _)| *room == name) {
                    Some((_, messages)) => messages.push(said),
                    None => rooms.push((name, vec![said])),
                }
            }
            for (name, messages) in rooms {
                if let Some(room) = self.room(name).await {
                    room.append(messages, Instant::now());
                }
            }
            if let Some(after) = since(newest) {
                self.metrics.committed(after);
            }
            // Only now they are on the log from which they go.
            for (name, up_to) in forgotten {
                self.forget(&name, up_to);
            }
            let drafts = outcomes.len();
            for (sender, outcome) in outcomes {
                // There is room for every draft in flight; a sender that is gone needs no outcome.
                let _ = sender.try_send(outcome);
            }
            self.arrive(drafts);
        }
    }

    /// What is no longer kept is not told from a log either.
    fn forget(&self, name: &RoomName, up_to: Seq) {
        let door = self.rooms.lock().get(name).cloned();
        if let Some(room) = door.as_ref().and_then(|door| door.get()) {
            room.forget(up_to);
        }
    }

    /// The journal's word for how durable a message is.
    pub fn durable(&self) -> &'static str {
        self.journal.durable()
    }

    /// Lets time pass: called every 250 ms with the time it is.
    pub fn tick(&self, now: Instant) {
        let rooms = self.open_rooms();
        for room in &rooms {
            room.tick(now);
        }
        shrink(&rooms);
    }

    /// Refuses every new message from now on, and waits until all that were taken are on their rooms' logs.
    pub async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        loop {
            // Listens before it looks, so that no arrival falls in between.
            let arrived = self.arrived.notified();
            if self.on_the_way.load(Ordering::SeqCst) == 0 {
                return;
            }
            arrived.await;
        }
    }

    /// Puts the history away, once nobody is here any more.
    ///
    /// # Errors
    /// When the journal is gone already.
    pub async fn put_away(&self) -> Result<(), JournalError> {
        self.journal.close().await
    }

    /// Ends every member's connection, within `spread`.
    pub async fn end_all(&self, why: ByeCode, spread: Duration) {
        let endings: Vec<Ending> = self.open_rooms().iter().flat_map(|room| room.endings()).collect();
        // A few at a time, since a timer is no finer than a millisecond.
        for some in endings.chunks(endings.len().div_ceil(GOODBYES as usize).max(1)) {
            for ending in some {
                ending.end(why);
            }
            tokio::time::sleep(spread / GOODBYES).await;
        }
    }

    /// A room that somebody has asked for. One that is just being opened is waited for: what it has read may be older
    /// than what is to be put on its log.
    async fn room(&self, name: RoomName) -> Option<Arc<Room>> {
        let door = self.rooms.lock().get(&name).cloned()?;
        door.get_or_try_init(|| self.open(name)).await.ok().cloned()
    }

    fn open_rooms(&self) -> Vec<Arc<Room>> {
        self.rooms.lock().values().filter_map(|door| door.get().cloned()).collect()
    }
}

/// Lets the rings used least go until all together fit.
fn shrink(rooms: &[Arc<Room>]) {
    let mut usages: Vec<_> = rooms.iter().map(|room| (room.usage(), room)).collect();
    let mut bytes: usize = usages.iter().map(|(usage, _)| usage.bytes).sum();
    if bytes <= RING_BYTES {
        return;
    }
    usages.sort_by_key(|(usage, _)| usage.used);
    for (usage, room) in usages {
        if bytes <= RING_BYTES {
            return;
        }
        room.shrink();
        bytes -= usage.bytes;
    }
}

/// Drops the empty room used least, before it one that could not be opened. Who is about to come in holds the door: that
/// alone is counted, since others look at all rooms now and then.
fn drop_an_empty_room(rooms: &mut HashMap<RoomName, Door>) -> bool {
    let unheld = rooms.iter().filter(|(_, door)| Arc::strong_count(door) == 1);
    let usages = unheld.map(|(name, door)| (name, door.get().map(|room| room.usage())));
    let empty = usages.filter(|(_, usage)| usage.as_ref().is_none_or(|usage| usage.empty));
    let oldest = empty.min_by_key(|(_, usage)| usage.as_ref().map(|usage| usage.used));
    let oldest = oldest.map(|(name, _)| name.clone());
    oldest.is_some_and(|name| rooms.remove(&name).is_some())
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;
    use crate::journal::Outcome;
    use crate::journal::bench::{Bench, draft};

    /// What a journal hands on when so many things are said.
    async fn said(bench: &mut Bench, numbers: RangeInclusive<u64>) -> Commit {
        let drafts = numbers.map(|number| draft(&number.to_string(), "a text")).collect();
        let committed = |(said, fate): (Option<Arc<_>>, _)| {
            let (sender, _) = mpsc::channel(1);
            let said = said.map(|said| (RoomName::lobby(), said));
            Committed::Draft { said, outcome: (sender, Outcome { cid: "".into(), fate }) }
        };
        bench.post(drafts).await.into_iter().map(committed).collect()
    }

    async fn publish(hub: &Hub, commits: Vec<Commit>) {
        let (tell, committed) = mpsc::channel(16);
        hub.on_the_way.fetch_add(commits.iter().flatten().count(), Ordering::SeqCst);
        for commit in commits {
            tell.send(commit).await.unwrap();
        }
        drop(tell);
        hub.publish(committed).await;
    }

    #[tokio::test]
    async fn what_is_no_longer_kept_leaves_the_ring() {
        let mut bench = Bench::memory();
        let hub = Hub::new(Arc::clone(&bench.journal), Arc::default(), Settings::default());
        let entrance = hub.enter(RoomName::lobby()).await.unwrap();
        let room = entrance.room();
        let forgotten = |up_to| vec![Committed::Forgotten(RoomName::lobby(), Seq(up_to))];
        for numbers in [1..=5, 6..=10] {
            publish(&hub, vec![said(&mut bench, numbers).await]).await;
        }
        let all = room.usage().bytes;
        publish(&hub, vec![forgotten(5)]).await;
        let half = room.usage().bytes;
        assert!(0 < half && half < all, "{half} of {all}");
        // Also what was said a moment ago.
        publish(&hub, vec![said(&mut bench, 11..=11).await, forgotten(11)]).await;
        assert_eq!(room.usage().bytes, 0);
    }

    fn room(number: usize) -> RoomName {
        RoomName::parse(&format!("room{number}")).unwrap()
    }

    #[tokio::test]
    async fn an_empty_room_makes_place_whoever_looks_at_it_but_for_who_is_about_to_come_in() {
        let hub = Hub::new(Bench::memory().journal, Arc::default(), Settings::default());
        let mut coming = Vec::new();
        for number in 0..ROOMS {
            coming.push(hub.enter(room(number)).await.unwrap());
        }
        assert!(matches!(hub.enter(room(ROOMS)).await, Err(JoinError::TooManyRooms)));
        coming.pop();
        let _looked_at = hub.open_rooms();
        assert!(hub.enter(room(ROOMS)).await.is_ok());
        let left = hub.rooms.lock().contains_key(&room(ROOMS - 1));
        assert!(!left && hub.rooms.lock().len() == ROOMS);
    }
}
