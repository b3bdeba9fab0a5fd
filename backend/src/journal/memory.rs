//! The journal in memory: the newest 256 MiB of all rooms together, gone when the process ends.

use std::collections::{HashMap, VecDeque};
use std::future::ready;
use std::sync::Arc;

use commonroom_protocol::{GapWhy, Said, Seq, limits};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Answer, Committed, Draft, Fate, Found, Journal, JournalError, Opened, Outcome, Page, Resume, Search};
use crate::name::{By, RoomName};
use crate::refusal::Refusal;

/// What all messages together may take; the oldest go first.
const BYTES: usize = 256 << 20;
/// What a message takes beside its text: itself, its names, and its place in the two indexes.
const MESSAGE_BYTES: usize = 512;

/// The in-memory journal.
pub struct Memory {
    epoch: Arc<str>,
    committed: mpsc::Sender<Committed>,
    shelves: Mutex<Shelves>,
}

impl Memory {
    /// An empty journal that hands what it commits to `committed`.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn new(committed: mpsc::Sender<Committed>) -> Result<Memory, getrandom::Error> {
        let epoch = super::new_epoch()?.into();
        Ok(Memory { epoch, committed, shelves: Mutex::new(Shelves::new(BYTES)) })
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

    fn post(&self, draft: Draft) -> Answer<'_, ()> {
        Box::pin(async move {
            // The place in the channel is taken first: then committing and handing on are one step under one lock, and
            // no room's messages can overtake each other.
            // To try before waiting also keeps a burst in one piece: waiting would spend the task's turn.
            let place = match self.committed.try_reserve() {
                Err(TrySendError::Full(())) => self.committed.reserve().await.map_err(|_| JournalError::Down)?,
                place => place.map_err(|_| JournalError::Down)?,
            };
            let mut shelves = self.shelves.lock();
            place.send(shelves.commit(draft));
            Ok(())
        })
    }

    fn oldest<'a>(&'a self, room: &'a RoomName) -> Answer<'a, Seq> {
        self.ask(room, |shelf| shelf.said.front().map_or(Seq(shelf.head.0 + 1), |said| said.seq))
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
        self.ask(room, |shelf| shelf.search(&search))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}

/// Every room's messages, bounded together.
struct Shelves {
    rooms: HashMap<RoomName, Shelf>,
    /// The room of each message kept, oldest first.
    order: VecDeque<RoomName>,
    bytes: usize,
    limit: usize,
}

impl Shelves {
    fn new(limit: usize) -> Shelves {
        Shelves { rooms: HashMap::new(), order: VecDeque::new(), bytes: 0, limit }
    }

    fn commit(&mut self, draft: Draft) -> Committed {
        let room = draft.room.clone();
        let outcomes = draft.outcomes.clone();
        let cid = draft.cid.clone();
        let (said, fate) = match self.rooms.entry(room.clone()).or_default().put(draft) {
            Put::New(said) => (Some((room.clone(), Arc::clone(&said))), Fate::Stored(said.seq)),
            Put::Known(said) => (None, Fate::Again(said)),
            Put::Reused => (None, Fate::Refused(Refusal::CidReuse)),
        };
        if let Some((_, said)) = &said {
            self.bytes += cost(said);
            self.order.push_back(room);
            self.forget();
        }
        Committed::Draft { said, outcome: (outcomes, Outcome { cid, fate }) }
    }

    fn forget(&mut self) {
        while self.bytes > self.limit {
            let Some(room) = self.order.pop_front() else { return };
            let forgotten = self.rooms.get_mut(&room).and_then(Shelf::forget);
            self.bytes -= forgotten.as_deref().map_or(0, cost);
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
    known: HashMap<(By, Box<str>), Seq>,
    /// The newest message that ever was, kept or not.
    head: Seq,
}

enum Put {
    New(Arc<Said>),
    Known(Arc<Said>),
    Reused,
}

impl Shelf {
    fn put(&mut self, draft: Draft) -> Put {
        let key = (draft.by, draft.cid.clone());
        if let Some(said) = self.known.get(&key).and_then(|seq| self.get(*seq)) {
            let same = said.text == draft.text.as_str() && said.me == draft.me;
            return if same { Put::Known(said) } else { Put::Reused };
        }
        let said = Arc::new(self.next(draft));
        self.head = said.seq;
        self.known.insert(key, said.seq);
        self.said.push_back(Arc::clone(&said));
        Put::New(said)
    }

    fn next(&self, draft: Draft) -> Said {
        Said {
            seq: Seq(self.head.0 + 1),
            prev: self.head,
            at: self.said.back().map_or(draft.at, |last| draft.at.max(last.at)),
            from: draft.from.to_string(),
            via: draft.via,
            text: draft.text.as_str().to_owned(),
            by: draft.by.to_string(),
            cid: draft.cid.into(),
            me: draft.me,
        }
    }

    fn get(&self, seq: Seq) -> Option<Arc<Said>> {
        self.said.binary_search_by_key(&seq, |said| said.seq).ok().and_then(|i| self.said.get(i).cloned())
    }

    fn forget(&mut self) -> Option<Arc<Said>> {
        let said = self.said.pop_front()?;
        if let Ok(by) = u64::from_str_radix(&said.by, 16) {
            self.known.remove(&(By(by), said.cid.as_str().into()));
        }
        Some(said)
    }

    /// The index of the first message at or after `seq`.
    fn index(&self, seq: Seq) -> usize {
        self.said.partition_point(|said| said.seq < seq)
    }

    fn stretch(&self, from: usize, to: usize) -> Vec<Arc<Said>> {
        self.said.range(from..to).cloned().collect()
    }

    fn before(&self, seq: Seq, limit: usize) -> Page {
        let end = self.index(seq);
        let start = end.saturating_sub(limit);
        Page { said: self.stretch(start, end), more: start > 0 }
    }

    fn after(&self, seq: Seq, limit: usize) -> Page {
        let start = self.index(Seq(seq.0.saturating_add(1)));
        let end = self.said.len().min(start + limit);
        Page { said: self.stretch(start, end), more: end < self.said.len() }
    }

    fn around(&self, seq: Seq, limit: usize) -> Page {
        let start = self.index(seq).saturating_sub(limit / 2);
        let end = self.said.len().min(start + limit);
        Page { said: self.stretch(start, end), more: start > 0 || end < self.said.len() }
    }

    fn seq_at(&self, at: i64) -> Seq {
        let index = self.said.partition_point(|said| said.at < at);
        self.said.get(index).map_or(self.head, |said| said.prev)
    }

    fn search(&self, search: &Search) -> Found {
        let end = self.index(search.before);
        let mut hits: Vec<usize> =
            (0..end).rev().filter(|i| search.query.matches(&self.said[*i].text)).take(search.limit + 1).collect();
        let more = hits.len() > search.limit;
        hits.truncate(search.limit);
        let mut shown: Vec<usize> = hits
            .iter()
            .flat_map(|i| i.saturating_sub(search.neighbours)..self.said.len().min(i + search.neighbours + 1))
            .collect();
        shown.sort_unstable();
        shown.dedup();
        Found {
            hits: hits.into_iter().map(|i| self.said[i].seq).collect(),
            said: shown.into_iter().map(|i| Arc::clone(&self.said[i])).collect(),
            more,
        }
    }

    fn resume(&self, since: Seq) -> Resume {
        let start = self.index(Seq(since.0.saturating_add(1)));
        let left = self.said.len() - start;
        if left > limits::RESUME {
            return Resume { from: self.said[self.said.len() - limits::RESUME_TAIL].prev, gap: Some(GapWhy::Limit) };
        }
        let from = self.said.get(start).map_or(self.head, |said| said.prev);
        Resume { from: from.max(since), gap: (from > since).then_some(GapWhy::Expired) }
    }
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::Via;

    use super::*;
    use crate::name::Nick;
    use crate::text::Body;

    fn draft(cid: &str, text: &str) -> Draft {
        let (outcomes, _) = mpsc::channel(1);
        Draft {
            room: RoomName::lobby(),
            by: By(7),
            from: Nick::parse("ana").unwrap(),
            via: Via::Tcp,
            cid: cid.into(),
            text: Body::parse(text).unwrap(),
            me: false,
            at: 1000,
            outcomes,
        }
    }

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
        assert_eq!(shelf.known.len(), 4);
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
