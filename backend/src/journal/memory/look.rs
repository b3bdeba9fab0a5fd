//! Looking through the messages in memory: without the lock but for moments, since there may be half a million.

use std::convert::Infallible;
use std::sync::Arc;

use commonroom_protocol::{Said, Seq};
use parking_lot::Mutex;

use super::{Found, Search, Shelf, Shelves};
use crate::name::RoomName;

/// Messages taken from the shelf at once.
const SOME: usize = 512;

/// Looks for the newest messages that have it. Takes a fraction of a second at worst: not for a thread of the runtime.
pub(super) fn look(shelves: &Mutex<Shelves>, room: &RoomName, search: &Search) -> Found {
    let hits = hits(shelves, room, search);
    let more = hits.len() > search.limit;
    let with_those_beside = |hit: Arc<Said>| {
        let beside = with(shelves, room, |shelf| shelf.beside(hit.seq, search.neighbours)).unwrap_or_default();
        // What has been forgotten meanwhile comes without its neighbours.
        Ok((hit.seq, if beside.is_empty() { vec![hit] } else { beside }))
    };
    let Ok(found) = Found::gather::<Infallible>(more, hits.into_iter().take(search.limit).map(with_those_beside));
    found
}

/// Newest first, and one more than asked for where there is one.
fn hits(shelves: &Mutex<Shelves>, room: &RoomName, search: &Search) -> Vec<Arc<Said>> {
    let wanted = search.limit.saturating_add(1);
    let mut hits = Vec::new();
    let mut before = search.before;
    while hits.len() < wanted {
        let some = with(shelves, room, |shelf| shelf.some_before(before)).unwrap_or_default();
        let Some(oldest) = some.first() else { break };
        before = oldest.seq;
        let found = some.into_iter().rev().filter(|said| search.query.matches(&said.text));
        hits.extend(found.take(wanted - hits.len()));
    }
    hits
}

impl Shelf {
    fn some_before(&self, seq: Seq) -> Vec<Arc<Said>> {
        let end = self.index(seq);
        self.stretch(end.saturating_sub(SOME), end)
    }
}

/// Asks the shelf of a room, where there is one.
fn with<T>(shelves: &Mutex<Shelves>, room: &RoomName, question: impl FnOnce(&Shelf) -> T) -> Option<T> {
    shelves.lock().rooms.get(room).map(question)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::journal::bench::draft;
    use crate::journal::{Journal, Memory};
    use crate::search::Query;

    fn search(typed: &str) -> Search {
        Search { query: Query::parse(typed), before: Seq(u64::MAX), limit: 3, neighbours: 0 }
    }

    /// 2,000 messages of which every hundredth is a multiple of a hundred.
    fn shelves() -> Mutex<Shelves> {
        let mut shelves = Shelves::new(super::super::BYTES);
        for i in 1..=2000_u32 {
            let text = if i % 100 == 0 { format!("hundred {i}") } else { format!("text {i}") };
            shelves.commit(draft(&i.to_string(), &text));
        }
        Mutex::new(shelves)
    }

    fn found(shelves: &Mutex<Shelves>, search: &Search) -> (Vec<u64>, Vec<u64>, bool) {
        let found = look(shelves, &RoomName::lobby(), search);
        let said = found.said.iter().map(|said| said.seq.0).collect();
        (found.hits.iter().map(|hit| hit.0).collect(), said, found.more)
    }

    #[test]
    fn the_newest_are_found_first_and_the_rest_by_the_oldest_of_them() {
        let shelves = shelves();
        assert_eq!(found(&shelves, &search("HUNDRED")), (vec![2000, 1900, 1800], vec![1800, 1900, 2000], true));
        let before = |seq| Search { before: Seq(seq), ..search("hundred") };
        assert_eq!(found(&shelves, &before(1800)).0, [1700, 1600, 1500]);
        assert_eq!(found(&shelves, &before(301)), (vec![300, 200, 100], vec![100, 200, 300], false));
        assert_eq!(found(&shelves, &before(0)), (vec![], vec![], false));
        assert_eq!(found(&shelves, &search("\"text 7\"")), (vec![7], vec![7], false));
        for nothing in ["thousand", "!!!", ""] {
            assert_eq!(found(&shelves, &search(nothing)), (vec![], vec![], false));
        }
    }

    #[test]
    fn neighbours_come_along_and_each_once() {
        let shelves = shelves();
        let beside = |typed, neighbours| found(&shelves, &Search { neighbours, ..search(typed) });
        assert_eq!(beside("hundred", 1).1, [1799, 1800, 1801, 1899, 1900, 1901, 1999, 2000]);
        assert_eq!(beside("\"text 1\"", 2), (vec![1], vec![1, 2, 3], false));
        assert_eq!(beside("text 19*", 1), (vec![1999, 1998, 1997], vec![1996, 1997, 1998, 1999, 2000], true));
    }

    #[test]
    fn a_room_without_messages_has_none() {
        let found = look(&shelves(), &RoomName::parse("ops").unwrap(), &search("text"));
        assert!(found.hits.is_empty() && found.said.is_empty() && !found.more);
    }

    #[tokio::test]
    async fn who_has_gone_before_the_answer_leaves_the_next_one_its_turn() {
        let (committed, _kept) = mpsc::channel(8);
        let memory = Memory::new(committed).unwrap();
        memory.post(vec![draft("1", "weather")]).await.unwrap();
        let lobby = RoomName::lobby();
        for _ in 0..10 {
            let asked = memory.search(&lobby, search("weather"));
            drop(tokio::time::timeout(std::time::Duration::ZERO, asked).await);
        }
        let found = memory.search(&lobby, search("weather")).await.unwrap();
        assert_eq!(found.hits, [Seq(1)]);
    }
}
