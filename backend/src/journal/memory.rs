//! The journal in memory: the newest 256 MiB of all rooms together, gone when the process ends.

mod known;
mod look;

use std::collections::{HashMap, VecDeque};
use std::future::ready;
use std::slice;
use std::sync::Arc;

use commonroom_protocol::{GapWhy, Said, Seq, limits};
use parking_lot::Mutex;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

use super::{
    Answer, Commit, Committed, Draft, Fate, Found, Journal, JournalError, Opened, Outcome, Page, Posted, ROOMS, Resume,
    Search,
};
use crate::measure::Space;
use crate::name::{By, RoomName};
use crate::refusal::Refusal;
use known::Known;

/// What all messages together may take; the oldest go first.
const BYTES: usize = 256 << 20;
/// What a message takes beside its text: itself, its names, and its place in the two indexes.
const MESSAGE_BYTES: usize = 512;

/// The in-memory journal.
pub struct Memory {
    epoch: Arc<str>,
    committed: mpsc::Sender<Commit>,
    shelves: Arc<Mutex<Shelves>>,
    /// One search at a time: the others wait, so that all together take no more than one thread.
    looking: Arc<Semaphore>,
}

impl Memory {
    /// An empty journal that hands what it commits to `committed`.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn new(committed: mpsc::Sender<Commit>) -> Result<Memory, getrandom::Error> {
        let epoch = super::new_epoch()?.into();
        let shelves = Arc::new(Mutex::new(Shelves::new(BYTES)));
        Ok(Memory { epoch, committed, shelves, looking: Arc::new(Semaphore::new(1)) })
    }

    fn ask<T: Send + 'static>(&self, room: &RoomName, question: impl FnOnce(&Shelf) -> T) -> Answer<'static, T> {
        let all = self.shelves.lock();
        let answer = match all.rooms.get(room) {
            Some(known) => question(known),
            None => question(&Shelf::default()),
        };
        Box::pin(ready(Ok(answer)))
    }
}

impl Journal for Memory {
    fn durable(&self) -> &'static str {
        "memory"
    }

    fn open<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Opened> {
        let epoch = Arc::clone(&self.epoch);
        self.ask(room, |shelf| Opened {
            epoch,
            head: shelf.head,
            last: shelf.before(Seq(u64::MAX), limits::REPLAY).said,
        })
    }

    fn post(&self, drafts: Vec<Draft>) -> Posted<'_> {
        Box::pin(async move {
            // The place in the channel is taken first: then committing and handing on are one step under one lock, and
            // no room's messages can overtake each other.
            // To try before waiting also keeps a burst in one piece: waiting would spend the task's turn.
            let place = match self.committed.try_reserve() {
                Err(TrySendError::Full(())) => self.committed.reserve().await.ok(),
                place => place.ok(),
            };
            let Some(place) = place else { return Err(drafts) };
            let mut shelves = self.shelves.lock();
            place.send(drafts.into_iter().map(|draft| shelves.commit(draft)).collect());
            Ok(())
        })
    }

    fn oldest<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Seq> {
        self.ask(room, |shelf| shelf.said.front().map_or(Seq(shelf.head.0 + 1), |said| said.seq))
    }

    fn tail<'a>(&'a self, room: &'a RoomName, seq: Seq, count: usize) -> Answer<'a, Seq> {
        self.ask(room, |shelf| shelf.tail(seq, count))
    }

    fn before<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        self.ask(room, |shelf| shelf.before(seq, limit))
    }

    fn after<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        self.ask(room, |shelf| shelf.after(seq, limit))
    }

    fn around<'a>(&'a self, room: &'a RoomName, seq: Seq, limit: usize) -> Answer<'a, Page> {
        self.ask(room, |shelf| shelf.around(seq, limit))
    }

    fn resume<'a>(&'a self, room: &'a RoomName, since: Seq) -> Answer<'a, Resume> {
        self.ask(room, |shelf| shelf.resume(since))
    }

    fn seq_at<'a>(&'a self, room: &'a RoomName, at: i64) -> Answer<'a, Seq> {
        self.ask(room, |shelf| shelf.seq_at(at))
    }

    fn search<'a>(&'a self, room: &'a RoomName, search: Search) -> Answer<'a, Found> {
        Box::pin(async move {
            let turn = Arc::clone(&self.looking).acquire_owned().await.map_err(|_| JournalError::Down)?;
            let (shelves, room) = (Arc::clone(&self.shelves), room.clone());
            let looked = spawn_blocking(move || {
                // Who asked may be gone before it ends; the next search waits all the same.
                let _turn = turn;
                look::look(&shelves, &room, &search)
            });
            looked.await.map_err(|_| JournalError::Down)
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}

/// Every room's messages, bounded together.
struct Shelves {
    rooms: HashMap<RoomName, Shelf>,
    /// Each message kept, oldest first.
    order: VecDeque<Kept>,
    /// The number of the first of these. It grows by one for each that is forgotten.
    first: usize,
    /// Which message a client's id names: one in all rooms.
    known: Known,
    bytes: usize,
    limit: usize,
    /// Rooms there may be.
    most: usize,
}

/// A message, its room, and the hash it is known by: kept, since to work it out again for a message that nobody has
/// looked at for long is to fetch all of it from memory.
struct Kept {
    room: RoomName,
    said: Arc<Said>,
    hash: u64,
}

impl Shelves {
    fn new(limit: usize) -> Shelves {
        let (rooms, order, known) = (HashMap::new(), VecDeque::new(), Known::default());
        Shelves { rooms, order, first: 0, known, bytes: 0, limit, most: ROOMS }
    }

    fn commit(&mut self, draft: Draft) -> Committed {
        let outcomes = draft.outcomes.clone();
        let cid = draft.cid.clone();
        let hash = self.known.hash(draft.by, &cid);
        if let Some(fate) = self.fate(&draft, hash) {
            return Committed::Draft { said: None, outcome: (outcomes, Outcome { cid, fate }) };
        }
        if self.rooms.len() >= self.most && !self.rooms.contains_key(&draft.room) {
            let fate = Fate::Refused(Refusal::TooManyKept);
            return Committed::Draft { said: None, outcome: (outcomes, Outcome { cid, fate }) };
        }
        let (room, said) = self.put(draft, hash);
        let fate = Fate::Stored(said.seq);
        Committed::Draft { said: Some((room, said)), outcome: (outcomes, Outcome { cid, fate }) }
    }

    /// What becomes of a draft whose id is a message's already.
    fn fate(&self, draft: &Draft, hash: u64) -> Option<Fate> {
        let kept = |number: usize| &self.order[number.wrapping_sub(self.first)];
        let is = |number| {
            let Kept { said, .. } = kept(number);
            *said.cid == *draft.cid && By::of(said) == draft.by
        };
        let Kept { room, said, .. } = kept(self.known.find(hash, is)?);
        let same = *room == draft.room && said.text == draft.text.as_str() && said.me == draft.me;
        Some(if same { Fate::Again(Arc::clone(said)) } else { Fate::Refused(Refusal::CidReuse) })
    }

    fn put(&mut self, draft: Draft, hash: u64) -> (RoomName, Arc<Said>) {
        let room = draft.room.clone();
        let said = self.rooms.entry(room.clone()).or_default().put(draft);
        self.known.insert(hash, self.first.wrapping_add(self.order.len()));
        self.order.push_back(Kept { room: room.clone(), said: Arc::clone(&said), hash });
        self.bytes += cost(&said);
        self.forget();
        (room, said)
    }

    fn forget(&mut self) {
        while self.bytes > self.limit {
            let Some(Kept { room, said, hash }) = self.order.pop_front() else { return };
            if let Some(shelf) = self.rooms.get_mut(&room) {
                shelf.said.pop_front();
            }
            self.known.remove(hash, self.first);
            self.first = self.first.wrapping_add(1);
            self.bytes -= cost(&said);
        }
    }
}

fn cost(said: &Said) -> usize {
    said.text.len() + MESSAGE_BYTES
}

/// One room's messages, oldest first.
#[derive(Default)]
struct Shelf {
    said: VecDeque<Arc<Said>>,
    /// The newest message that ever was, kept or not.
    head: Seq,
}

impl Shelf {
    fn put(&mut self, draft: Draft) -> Arc<Said> {
        let said = Arc::new(self.next(draft));
        self.head = said.seq;
        self.said.push_back(Arc::clone(&said));
        said
    }

    fn next(&self, draft: Draft) -> Said {
        Said {
            seq: Seq(self.head.0 + 1),
            prev: self.head,
            at: self.said.back().map_or(draft.at, |last| draft.at.max(last.at)),
            from: draft.from.as_str().to_owned(),
            via: draft.via,
            text: draft.text.as_str().to_owned(),
            by: draft.by.to_string(),
            cid: draft.cid.into(),
            me: draft.me,
        }
    }

    /// The index of the first message at or after `seq`.
    fn index(&self, seq: Seq) -> usize {
        self.said.partition_point(|said| said.seq < seq)
    }

    fn stretch(&self, from: usize, to: usize) -> Vec<Arc<Said>> {
        self.said.range(from..to).cloned().collect()
    }

    /// The index of the first of the newest `limit` messages before this index that have room.
    fn back(&self, end: usize, limit: usize, mut space: Space) -> usize {
        let newest = self.said.range(..end).rev().take(limit);
        end - newest.take_while(|said| space.takes(slice::from_ref(said))).count()
    }

    /// The index behind the last of the oldest `limit` messages from this index on that have room.
    fn on(&self, start: usize, limit: usize, mut space: Space) -> usize {
        let oldest = self.said.range(start..).take(limit);
        start + oldest.take_while(|said| space.takes(slice::from_ref(said))).count()
    }

    fn tail(&self, seq: Seq, count: usize) -> Seq {
        self.said.get(self.index(seq).saturating_sub(count)).map_or(self.head, |said| said.prev)
    }

    fn before(&self, seq: Seq, limit: usize) -> Page {
        let end = self.index(seq);
        let start = self.back(end, limit, Space::page());
        Page { said: self.stretch(start, end), more: start > 0 }
    }

    fn after(&self, seq: Seq, limit: usize) -> Page {
        let start = self.index(Seq(seq.0.saturating_add(1)));
        let end = self.on(start, limit, Space::page());
        Page { said: self.stretch(start, end), more: end < self.said.len() }
    }

    fn around(&self, seq: Seq, limit: usize) -> Page {
        let at = self.index(seq);
        let half = || Space::new(limits::PAGE_BYTES / 2);
        let start = self.back(at, limit / 2, half());
        let end = self.on(at, limit - (at - start), half());
        Page { said: self.stretch(start, end), more: start > 0 || end < self.said.len() }
    }

    fn seq_at(&self, at: i64) -> Seq {
        let index = self.said.partition_point(|said| said.at < at);
        self.said.get(index).map_or(self.head, |said| said.prev)
    }

    /// A message and so many on either side of it; nothing if it is no longer kept.
    fn beside(&self, seq: Seq, neighbours: usize) -> Vec<Arc<Said>> {
        let Ok(at) = self.said.binary_search_by_key(&seq, |said| said.seq) else { return Vec::new() };
        let end = self.said.len().min(at.saturating_add(neighbours).saturating_add(1));
        self.stretch(at.saturating_sub(neighbours), end)
    }

    fn resume(&self, since: Seq) -> Resume {
        let start = self.index(Seq(since.0.saturating_add(1)));
        let left = self.said.len() - start;
        if left > limits::RESUME {
            return Resume { from: self.tail(Seq(u64::MAX), limits::RESUME_TAIL), gap: Some(GapWhy::Limit) };
        }
        let from = self.said.get(start).map_or(self.head, |said| said.prev);
        Resume { from: from.max(since), gap: (from > since).then_some(GapWhy::Expired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::bench::draft;

    /// Whether there is a new message, and what became of the draft.
    fn fate(committed: Committed) -> (bool, Fate) {
        let Committed::Draft { said, outcome: (_, Outcome { fate, .. }) } = committed else { panic!("{committed:?}") };
        (said.is_some(), fate)
    }

    fn filled(messages: u64, limit: usize) -> Shelves {
        let mut shelves = Shelves::new(limit);
        for i in 1..=messages {
            shelves.commit(draft(&i.to_string(), &format!("text {i}")));
        }
        shelves
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.said.iter().map(|said| said.seq.0).collect()
    }

    #[test]
    fn seqs_start_at_one_and_name_the_one_before() {
        let shelves = filled(3, BYTES);
        let shelf = &shelves.rooms[&RoomName::lobby()];
        let places: Vec<_> = shelf.said.iter().map(|said| (said.prev.0, said.seq.0)).collect();
        assert_eq!(places, [(0, 1), (1, 2), (2, 3)]);
    }

    #[test]
    fn the_same_cid_is_stored_once_and_another_text_is_refused() {
        let mut shelves = filled(2, BYTES);
        assert!(matches!(fate(shelves.commit(draft("1", "text 1"))), (false, Fate::Again(said)) if said.seq == Seq(1)));
        assert!(matches!(fate(shelves.commit(draft("1", "text 2"))), (false, Fate::Refused(Refusal::CidReuse))));
        let other = Draft { by: By(8), ..draft("1", "text 1") };
        assert!(matches!(fate(shelves.commit(other)), (true, Fate::Stored(Seq(3)))));
    }

    #[test]
    fn a_cid_names_one_message_in_all_rooms() {
        let mut shelves = filled(2, BYTES);
        let ops = RoomName::parse("ops").unwrap();
        let elsewhere = Draft { room: ops.clone(), ..draft("1", "text 1") };
        assert!(matches!(fate(shelves.commit(elsewhere)), (false, Fate::Refused(Refusal::CidReuse))));
        let other = Draft { room: ops, ..draft("3", "text 3") };
        assert!(matches!(fate(shelves.commit(other)), (true, Fate::Stored(Seq(1)))));
        assert!(matches!(fate(shelves.commit(draft("3", "text 3"))), (false, Fate::Refused(Refusal::CidReuse))));
    }

    #[test]
    fn there_are_so_many_rooms_and_in_those_one_goes_on() {
        let mut shelves = filled(1, BYTES);
        shelves.most = 2;
        let mut say = |room: &str, cid| {
            let room = RoomName::parse(room).unwrap();
            fate(shelves.commit(Draft { room, ..draft(cid, "text") }))
        };
        assert!(matches!(say("ops", "a"), (true, Fate::Stored(Seq(1)))));
        assert!(matches!(say("new", "b"), (false, Fate::Refused(Refusal::TooManyKept))));
        assert!(matches!(say("lobby", "c"), (true, Fate::Stored(Seq(2)))));
    }

    #[test]
    fn what_is_forgotten_leaves_its_cid_free() {
        let mut shelves = filled(10, 4 * (MESSAGE_BYTES + 8));
        let ops = RoomName::parse("ops").unwrap();
        let again = Draft { room: ops, ..draft("1", "text 1") };
        assert!(matches!(fate(shelves.commit(again)), (true, Fate::Stored(Seq(1)))));
    }

    #[test]
    fn a_time_is_found_by_the_last_message_before_it() {
        let mut shelves = Shelves::new(4 * (MESSAGE_BYTES + 1));
        for (cid, at) in [("1", 10), ("2", 20), ("3", 20), ("4", 15), ("5", 30)] {
            shelves.commit(Draft { at, ..draft(cid, "x") });
        }
        let shelf = &shelves.rooms[&RoomName::lobby()];
        // The first is no longer kept: nobody knows when it was.
        assert_eq!([0, 20, 21, 30, 31, i64::MAX].map(|at| shelf.seq_at(at).0), [1, 1, 4, 4, 5, 5]);
        assert_eq!(Shelf::default().seq_at(0), Seq(0));
    }

    #[test]
    fn a_rooms_times_never_go_back() {
        let mut shelves = filled(1, BYTES);
        shelves.commit(Draft { at: 10, ..draft("late", "x") });
        assert_eq!(shelves.rooms[&RoomName::lobby()].said[1].at, 1000);
    }

    #[test]
    fn pages_are_oldest_first_and_say_whether_there_is_more() {
        let shelves = filled(10, BYTES);
        let shelf = &shelves.rooms[&RoomName::lobby()];
        let before = shelf.before(Seq(6), 3);
        assert_eq!((seqs(&before), before.more), (vec![3, 4, 5], true));
        let first = shelf.before(Seq(3), 3);
        assert_eq!((seqs(&first), first.more), (vec![1, 2], false));
        let after = shelf.after(Seq(6), 3);
        assert_eq!((seqs(&after), after.more), (vec![7, 8, 9], true));
        let last = shelf.after(Seq(8), 3);
        assert_eq!((seqs(&last), last.more), (vec![9, 10], false));
        let around = shelf.around(Seq(5), 4);
        assert_eq!((seqs(&around), around.more), (vec![3, 4, 5, 6], true));
    }

    #[test]
    fn the_oldest_messages_go_first_and_a_resume_names_them() {
        let shelves = filled(10, 4 * (MESSAGE_BYTES + 8));
        let shelf = &shelves.rooms[&RoomName::lobby()];
        assert_eq!(shelf.said.front().map(|said| said.seq), Some(Seq(7)));
        assert_eq!(shelves.known.len(), 4);
        assert_eq!(shelf.resume(Seq(2)), Resume { from: Seq(6), gap: Some(GapWhy::Expired) });
        assert_eq!(shelf.resume(Seq(6)), Resume { from: Seq(6), gap: None });
        assert_eq!(shelf.resume(Seq(10)), Resume { from: Seq(10), gap: None });
    }

    #[test]
    fn a_resume_tells_five_thousand_or_the_last_two_hundred() {
        let shelves = filled(5001, BYTES);
        let shelf = &shelves.rooms[&RoomName::lobby()];
        assert_eq!(shelf.resume(Seq(1)), Resume { from: Seq(1), gap: None });
        assert_eq!(shelf.resume(Seq(0)), Resume { from: Seq(4801), gap: Some(GapWhy::Limit) });
    }
}
