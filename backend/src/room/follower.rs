//! A follower: one reader's cursor in a room's log, a ring position and the last seq it was told.
//!
//! Whoever joins, replays, resumes or lags reads through it, so there is no seam between history and live where a
//! message could be lost or doubled.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use commonroom_protocol::{GapWhy, Present, Said, Seq};
use smallvec::SmallVec;
use tokio::sync::watch;

use super::Room;
use super::segment::{MemberId, Segment};
use super::state::RoomState;
use crate::journal::{JournalError, Page, Resume};

/// Segments told in one turn at most.
const TURN_SEGMENTS: usize = 64;
/// Bytes told in one turn, about, at most.
const TURN_BYTES: usize = 256 * 1024;

/// Messages read from the journal in one turn at most.
const PAGE: usize = 64;

/// What a follower reads next.
pub enum Batch {
    /// Segments of the ring.
    Ring(SmallVec<[Told; 1]>),
    /// Messages from the journal, oldest first: the reader is behind the ring.
    Page(Vec<Arc<Said>>),
    /// The messages `from` to `to`, both included, are not told.
    Gap {
        /// The first one.
        from: Seq,
        /// The last one.
        to: Seq,
        /// The reason.
        why: GapWhy,
    },
    /// The replay is over; all up to this message, the head at the time of joining, has been told.
    Live(Seq),
    /// Who is here, since presence was missed.
    Roster(usize, Vec<Present>),
}

impl Batch {
    /// When its newest message was taken in, in Unix milliseconds; none where it is told long after that, or is none.
    pub fn newest(&self) -> Option<i64> {
        let Batch::Ring(told) = self else { return None };
        match &told.last()?.segment.entries().last()?.event {
            crate::event::Event::Said(said) => Some(said.at),
            _ => None,
        }
    }
}

/// A segment to be told, from one of its entries on.
pub struct Told {
    /// The segment.
    pub segment: Arc<Segment>,
    /// The first entry that the reader has not been told yet.
    pub from: usize,
}

/// Where a follower starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this message.
    After(Seq),
    /// With the last so many messages.
    Last(usize),
}

/// One reader's cursor in a room's log.
pub struct Follower {
    room: Arc<Room>,
    bell: watch::Receiver<u64>,
    me: MemberId,
    /// Where to start, until that is known as a seq.
    tail: Option<usize>,
    /// A gap to be told before anything else, from seq 1 to wherever the replay starts.
    gap: Option<GapWhy>,
    /// The next ring position to look at.
    at: u64,
    /// The last message told.
    last: Seq,
    /// The ring's end at the time of joining: what is before it is replay, and of that only messages are told.
    live_from: u64,
    /// The head at the time of joining.
    live_head: Seq,
    live: bool,
    /// Reading the journal, with the gap already asked for.
    behind: bool,
    missed_presence: bool,
    /// What the journal is being asked. It outlives a [`Follower::next`] that is given up, so that a peer who interrupts
    /// it again and again still gets on, and asks each thing once.
    asked: Option<Asked>,
}

/// An answer of the journal that is waited for.
type Asked = Pin<Box<dyn Future<Output = Result<Answer, JournalError>> + Send>>;

/// What the journal has answered.
enum Answer {
    /// To where to start.
    Tail(Seq),
    /// To where to go on, and which gap is before it.
    Resume(Resume),
    /// To what comes next.
    Page(Page),
}

enum Step {
    Tell(Batch),
    Again,
    Behind,
    Wait,
}

impl Follower {
    /// A cursor that begins at the end of `state`, after looking back as `start` says. `rewound`: the reader knew another epoch.
    pub(super) fn new(room: &Arc<Room>, state: &RoomState, me: MemberId, start: Start, rewound: bool) -> Follower {
        let log = &state.log;
        let (tail, last) = match start {
            Start::After(seq) => (None, seq),
            Start::Last(count) => match log.before_last(count) {
                Some(seq) => (None, seq),
                None => (Some(count), Seq(0)),
            },
        };
        let at = log.position_after(last).min(log.end());
        Follower {
            room: Arc::clone(room),
            bell: room.bell.subscribe(),
            me,
            tail,
            gap: rewound.then_some(GapWhy::Rewound),
            at: if last < log.floor() || tail.is_some() { 0 } else { at },
            last,
            live_from: log.end(),
            live_head: log.head(),
            live: false,
            behind: false,
            missed_presence: false,
            asked: None,
        }
    }

    /// The last message told.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Waits for what comes next. Cancel safe: what was not returned is not passed over.
    ///
    /// # Errors
    /// When the journal does not answer.
    pub async fn next(&mut self) -> Result<Batch, JournalError> {
        if self.tail.is_some() {
            self.read().await?;
        }
        if let Some(why) = self.gap.take() {
            return Ok(Batch::Gap { from: Seq(1), to: self.last, why });
        }
        loop {
            match self.step() {
                Step::Tell(batch) => return Ok(batch),
                Step::Again => {}
                Step::Behind => {
                    if let Some(batch) = self.read().await? {
                        return Ok(batch);
                    }
                }
                Step::Wait => {
                    let at = self.at;
                    // The room outlives its followers, so its bell does too.
                    let _ = self.bell.wait_for(|end| *end > at).await;
                }
            }
        }
    }

    /// Reads on in the journal: where to start, then the gap that may be there, then page by page. Gives what there is
    /// to tell.
    async fn read(&mut self) -> Result<Option<Batch>, JournalError> {
        let asked = match &mut self.asked {
            Some(asked) => asked,
            none => {
                self.room.metrics.ring_misses.inc();
                none.insert(ask(Arc::clone(&self.room), self.tail, self.live_head, self.behind, self.last))
            }
        };
        let answer = asked.await;
        self.asked = None;
        Ok(match answer? {
            Answer::Tail(from) => {
                self.last = from;
                self.tail = None;
                None
            }
            Answer::Resume(Resume { from, gap }) => {
                self.behind = true;
                gap.map(|why| Batch::Gap { from: Seq(std::mem::replace(&mut self.last, from).0 + 1), to: from, why })
            }
            Answer::Page(page) => self.turn(page),
        })
    }

    /// The page that was read; or the gap before it, where the journal has forgotten what came next since it was asked
    /// last: the page is then read again.
    fn turn(&mut self, page: Page) -> Option<Batch> {
        let floor = || self.room.state.read().log.floor();
        let next = page.said.first().map_or_else(floor, |said| said.prev);
        if next > self.last {
            let from = Seq(std::mem::replace(&mut self.last, next).0 + 1);
            return Some(Batch::Gap { from, to: next, why: GapWhy::Expired });
        }
        self.last = page.said.last()?.seq;
        Some(Batch::Page(page.said))
    }

    fn step(&mut self) -> Step {
        let room = Arc::clone(&self.room);
        let state = room.state.read();
        if self.at < state.log.base() {
            return self.find_ring(&state);
        }
        if !self.live && self.at >= self.live_from {
            self.live = true;
            return Step::Tell(Batch::Live(self.live_head));
        }
        if self.live && std::mem::take(&mut self.missed_presence) {
            let (here, roster) = state.roster.present(self.me);
            return Step::Tell(Batch::Roster(here, roster));
        }
        let told = self.take(&state);
        match (told.is_empty(), self.at >= state.log.end()) {
            (false, _) => Step::Tell(Batch::Ring(told)),
            (true, true) if self.live => Step::Wait,
            (true, _) => Step::Again,
        }
    }

    /// Finds the way back onto the ring, or says that the journal has more to tell first.
    fn find_ring(&mut self, state: &RoomState) -> Step {
        if self.last < state.log.floor() {
            return Step::Behind;
        }
        self.behind = false;
        let base = state.log.base();
        self.missed_presence |= self.live || self.live_from < base;
        let next = state.log.position_after(self.last);
        self.at = if self.live { next } else { next.min(self.live_from.max(base)) };
        Step::Again
    }

    /// Takes one turn's worth of segments, and moves on.
    fn take(&mut self, state: &RoomState) -> SmallVec<[Told; 1]> {
        let mut told = SmallVec::new();
        let mut bytes = 0;
        let end = if self.live { state.log.end() } else { self.live_from.min(state.log.end()) };
        let ahead = usize::try_from(end - self.at).unwrap_or(usize::MAX);
        for segment in state.log.from(self.at).take(ahead) {
            if told.len() == TURN_SEGMENTS || bytes > TURN_BYTES {
                break;
            }
            self.at += 1;
            if let Some(from) = self.unread(segment) {
                bytes += segment.weight();
                told.push(Told { segment: Arc::clone(segment), from });
            }
            self.last = self.last.max(segment.head());
        }
        told
    }

    /// The first entry of a segment that this reader is to be told, if any.
    fn unread(&self, segment: &Segment) -> Option<usize> {
        if !segment.is_said() {
            return (self.live && segment.is_for(self.me)).then_some(0);
        }
        if segment.head() <= self.last {
            return None;
        }
        Some(segment.entries().partition_point(|entry| entry.seq().is_some_and(|seq| seq <= self.last)))
    }
}

/// Asks the journal what a reader needs next.
fn ask(room: Arc<Room>, tail: Option<usize>, head: Seq, behind: bool, last: Seq) -> Asked {
    Box::pin(async move {
        let (journal, name) = (room.journal(), room.name());
        Ok(match tail {
            Some(count) => Answer::Tail(journal.tail(name, Seq(head.0 + 1), count).await?),
            None if !behind => Answer::Resume(journal.resume(name, last).await?),
            None => Answer::Page(journal.after(name, last, PAGE).await?),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use commonroom_protocol::Via;
    use futures_util::FutureExt;
    use tokio::sync::{mpsc, oneshot};

    use super::*;
    use crate::ending::Ending;
    use crate::event::Event;
    use crate::journal::{Draft, Journal, Memory, Opened};
    use crate::name::{By, Nick, RoomName};
    use crate::room::{Arrival, Joined, Pauses, Replay};
    use crate::text::Body;

    fn draft(i: usize) -> Draft {
        Draft {
            room: RoomName::lobby(),
            by: By(7),
            from: Nick::parse("ana").unwrap(),
            via: Via::Tcp,
            cid: i.to_string().into(),
            text: Body::parse("x").unwrap(),
            me: false,
            at: 0,
            outcomes: mpsc::channel(1).0,
        }
    }

    /// A room that was opened when `head` of the journal's messages were there, the last `kept` of which it has itself.
    async fn room(messages: usize, head: u64, kept: usize) -> (Arc<Room>, Arc<Memory>) {
        let (committed, _kept) = mpsc::channel(messages);
        let journal = Arc::new(Memory::new(committed).unwrap());
        for i in 1..=messages {
            journal.post(vec![draft(i)]).await.unwrap();
        }
        let last = journal.before(&RoomName::lobby(), Seq(head + 1), kept).await.unwrap().said;
        let opened = Opened { epoch: "e".into(), head: Seq(head), last };
        let shared: Arc<dyn Journal> = Arc::<Memory>::clone(&journal);
        (
            Arc::new(Room::new(RoomName::lobby(), opened, shared, Arc::default(), Pauses::default(), Instant::now())),
            journal,
        )
    }

    fn join(room: &Arc<Room>, since: u64) -> Joined {
        join_for(room, Replay::Since(Seq(since), None))
    }

    fn join_for(room: &Arc<Room>, replay: Replay) -> Joined {
        let arrival =
            Arrival { by: By(1), nick: None, via: Via::Api, ip: None, quiet: false, ending: Ending::default() };
        room.join(arrival, replay, Instant::now())
    }

    /// Reads up to and with this message, and checks that each follows the one before it.
    async fn read(follower: &mut Follower, to: u64) {
        let mut last = follower.last();
        while last < Seq(to) {
            let said = match follower.next().await.unwrap() {
                Batch::Page(said) => said,
                Batch::Ring(told) => {
                    told.iter().flat_map(|told| messages(&told.segment.entries()[told.from..])).collect()
                }
                _ => continue,
            };
            for said in said {
                assert_eq!(said.prev, last, "{} is told", said.seq);
                last = said.seq;
            }
        }
    }

    fn messages(entries: &[crate::event::Entry]) -> Vec<Arc<Said>> {
        let said = |entry: &crate::event::Entry| match &entry.event {
            Event::Said(said) => Some(Arc::clone(said)),
            _ => None,
        };
        entries.iter().filter_map(said).collect()
    }

    #[tokio::test]
    async fn a_resume_from_before_what_the_room_was_opened_with() {
        for kept in [50, 0] {
            let (room, _journal) = room(100, 100, kept).await;
            let mut joined = join(&room, 10);
            read(&mut joined.follower, 100).await;
        }
    }

    /// A page of long messages has fewer than a newcomer is told.
    #[tokio::test]
    async fn the_last_are_told_also_where_the_room_was_opened_with_fewer() {
        for kept in [10, 0] {
            let (room, _journal) = room(100, 100, kept).await;
            let mut follower = join_for(&room, Replay::Last(50)).follower;
            let first = follower.next().await.unwrap();
            assert!(matches!(first, Batch::Page(said) if said[0].seq == Seq(51) && said.len() == 50));
            assert!(matches!(follower.next().await.unwrap(), Batch::Live(Seq(100))));
        }
    }

    #[tokio::test]
    async fn a_hole_in_the_log_is_filled_from_the_journal() {
        for kept in [2, 0] {
            let (room, journal) = room(5, 2, kept).await;
            let mut joined = join(&room, 2);
            assert!(matches!(joined.follower.next().await.unwrap(), Batch::Live(Seq(2))));
            let newest = journal.before(&RoomName::lobby(), Seq(6), 1).await.unwrap().said;
            room.append(newest, Instant::now());
            read(&mut joined.follower, 5).await;
        }
    }

    #[tokio::test]
    async fn what_is_forgotten_while_it_is_read_is_named() {
        let (room, journal) = room(10, 10, 0).await;
        let mut follower = join(&room, 2).follower;
        let read = journal.after(&RoomName::lobby(), Seq(6), 2).await.unwrap();
        let gap = follower.turn(read);
        assert!(matches!(gap, Some(Batch::Gap { from: Seq(3), to: Seq(6), why: GapWhy::Expired })));
        let read = journal.after(&RoomName::lobby(), Seq(6), 2).await.unwrap();
        assert!(matches!(follower.turn(read), Some(Batch::Page(said)) if said.len() == 2));
        let gap = follower.turn(Page::default());
        assert!(matches!(gap, Some(Batch::Gap { from: Seq(9), to: Seq(10), why: GapWhy::Expired })));
        assert!(follower.turn(Page::default()).is_none());
    }

    /// A journal in a file answers from another thread: whoever is interrupted meanwhile gets the same answer later.
    #[tokio::test]
    async fn a_reader_who_is_interrupted_all_the_time_gets_on() {
        let (room, journal) = room(10, 10, 0).await;
        let mut follower = join(&room, 2).follower;
        let (answer, answered) = oneshot::channel();
        follower.asked = Some(Box::pin(async { answered.await.map(Answer::Page).map_err(|_| JournalError::Down) }));
        for _ in 0..3 {
            assert!(follower.next().now_or_never().is_none(), "it asks something else");
        }
        assert!(answer.send(journal.after(&RoomName::lobby(), Seq(2), 8).await.unwrap()).is_ok());
        let told = follower.next().await;
        assert!(matches!(told, Ok(Batch::Page(page)) if page.len() == 8));
    }
}
