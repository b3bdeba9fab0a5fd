//! A room against a plain list: whatever happens in whatever order, each reader is told exactly what came after the place
//! where it began, once and in order, whether it comes from the ring or from the journal.

use std::sync::Arc;
use std::time::Instant;

use commonroom_protocol::{Said, Seq, Via};
use futures_util::FutureExt;
use proptest::prelude::*;

use super::{Arrival, Batch, Follower, Joined, Member, Pauses, Replay, Room};
use crate::ending::Ending;
use crate::event::Event;
use crate::journal::Journal;
use crate::journal::bench::{Bench, draft};
use crate::name::{By, RoomName};

/// What may happen.
#[derive(Clone, Debug)]
enum Step {
    /// So many messages are committed together.
    Say(u8),
    /// Somebody comes who wants the last so many.
    Come(u8),
    /// Somebody comes back who has read this part of all, in 256ths.
    ComeBack(u8),
    /// One of the readers is told one batch more.
    Read(usize),
    /// One of them goes.
    Go(usize),
    /// The room gives its memory back.
    Shrink,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1..20_u8).prop_map(Step::Say),
        2 => any::<u8>().prop_map(Step::Come),
        2 => any::<u8>().prop_map(Step::ComeBack),
        8 => any::<usize>().prop_map(Step::Read),
        1 => any::<usize>().prop_map(Step::Go),
        1 => Just(Step::Shrink),
    ]
}

/// A reader, and what it has been told.
struct Reader {
    follower: Follower,
    _member: Member,
    /// The last message before those it is to be told.
    from: u64,
    told: Vec<u64>,
}

impl Reader {
    /// Is told one batch, if there is any.
    fn read(&mut self) -> bool {
        let Some(batch) = self.follower.next().now_or_never() else { return false };
        match batch.unwrap() {
            Batch::Ring(told) => {
                let entries = told.iter().flat_map(|told| &told.segment.entries()[told.from..]);
                self.told.extend(entries.filter_map(|entry| match &entry.event {
                    Event::Said(said) => Some(said.seq.0),
                    _ => None,
                }));
            }
            Batch::Page(said) => self.told.extend(said.iter().map(|said| said.seq.0)),
            Batch::Gap { .. } => panic!("nothing is lost here"),
            Batch::Live(_) | Batch::Roster(..) => {}
        }
        true
    }
}

/// The room, its journal, and the list that it is held to.
struct Stage {
    room: Arc<Room>,
    bench: Bench,
    said: u64,
    readers: Vec<Reader>,
    came: u64,
}

impl Stage {
    async fn new() -> Stage {
        let bench = Bench::memory();
        let opened = bench.journal.open(&RoomName::lobby()).await.unwrap();
        let journal: Arc<dyn Journal> = Arc::clone(&bench.journal);
        let room =
            Arc::new(Room::new(RoomName::lobby(), opened, journal, Arc::default(), Pauses::default(), Instant::now()));
        Stage { room, bench, said: 0, readers: Vec::new(), came: 0 }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Say(count) => self.say(u64::from(*count)).await,
            Step::Come(last) => {
                let last = u64::from(*last).min(self.said);
                self.come(Replay::Last(usize::try_from(last).unwrap()), self.said - last);
            }
            Step::ComeBack(part) => {
                let since = self.said * u64::from(*part) / 256;
                self.come(Replay::Since(Seq(since), None), since);
            }
            Step::Read(which) => {
                let count = self.readers.len().max(1);
                if let Some(reader) = self.readers.get_mut(which % count) {
                    reader.read();
                }
            }
            Step::Go(which) if !self.readers.is_empty() => drop(self.readers.swap_remove(which % self.readers.len())),
            Step::Go(_) => {}
            Step::Shrink => self.room.shrink(),
        }
    }

    async fn say(&mut self, count: u64) {
        let drafts = (self.said + 1..=self.said + count).map(|number| draft(&number.to_string(), "x")).collect();
        let said: Vec<Arc<Said>> = self.bench.post(drafts).await.into_iter().filter_map(|(said, _)| said).collect();
        assert_eq!(said.len() as u64, count);
        self.room.append(said, Instant::now());
        self.said += count;
    }

    fn come(&mut self, replay: Replay, from: u64) {
        self.came += 1;
        let arrival =
            Arrival { by: By(self.came), nick: None, via: Via::Api, ip: None, quiet: false, ending: Ending::default() };
        let Joined { member, follower, .. } = self.room.join(arrival, replay, Instant::now());
        self.readers.push(Reader { follower, _member: member, from, told: Vec::new() });
    }
}

proptest! {
    #[test]
    fn every_reader_is_told_what_a_plain_list_holds(steps in prop::collection::vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut stage = Stage::new().await;
            for step in &steps {
                stage.take(step).await;
            }
            for reader in &mut stage.readers {
                while reader.read() {}
                let expected: Vec<u64> = (reader.from + 1..=stage.said).collect();
                assert_eq!(reader.told, expected, "from {} on", reader.from);
            }
        });
    }
}
