//! A room's log: a bounded ring of segments. Pure: no clock, no lock, no I/O.

use std::collections::VecDeque;
use std::slice;
use std::sync::Arc;

use commonroom_protocol::{Said, Seq};

use super::segment::{MemberId, Segment};
use crate::event::Entry;
use crate::measure::Space;

/// Messages and other events a ring holds at most.
const ENTRIES: usize = 4096;
/// Bytes a ring holds at most.
const BYTES: usize = 4 << 20;

/// The newest part of what happened in a room. A position counts segments since the room was opened.
pub struct Log {
    segments: VecDeque<Arc<Segment>>,
    /// The position of the first segment in the ring.
    base: u64,
    /// The newest message that is no longer in the ring: it holds all that came after.
    floor: Seq,
    head: Seq,
    entries: usize,
    bytes: usize,
}

impl Log {
    /// A log that begins with a room's last messages, oldest first, and its newest seq.
    pub fn new(last: Vec<Arc<Said>>, head: Seq) -> Log {
        let floor = last.first().map_or(head, |said| said.prev);
        // What the journal alone has, was at position 0: a reader who starts there is behind the ring.
        let base = u64::from(floor > Seq(0));
        let mut log = Log { segments: VecDeque::new(), base, floor, head, entries: 0, bytes: 0 };
        if !last.is_empty() {
            log.push_said(last);
        }
        log
    }

    /// The first position in the ring.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The position of the next segment.
    pub fn end(&self) -> u64 {
        self.base + self.segments.len() as u64
    }

    /// The ring holds every message after this one.
    pub fn floor(&self) -> Seq {
        self.floor
    }

    /// The newest message.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// What the ring weighs, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the messages of one commit, in the order of their seqs. Those that the log has already are left out.
    /// Says whether there was anything to append.
    pub fn append(&mut self, mut messages: Vec<Arc<Said>>) -> bool {
        messages.retain(|said| said.seq > self.head);
        let Some(first) = messages.first() else { return false };
        if first.prev != self.head {
            // Something in between was committed while no room was open: readers fetch it from the journal. It takes a
            // position, so that also those who had read all are behind the ring now.
            self.clear();
            self.base += 1;
            self.floor = first.prev;
        }
        self.push_said(messages);
        true
    }

    /// Puts messages on the log in segments of what is told at once: a reader may have its own copy of one.
    fn push_said(&mut self, mut messages: Vec<Arc<Said>>) {
        let mut space = Space::page();
        while let Some(full) = messages.iter().position(|said| !space.takes(slice::from_ref(said))) {
            let rest = messages.split_off(full);
            self.push(Segment::said(std::mem::replace(&mut messages, rest)));
            space = Space::page();
        }
        self.push(Segment::said(messages));
    }

    /// Appends an event that is not kept.
    pub fn note(&mut self, entry: Entry, audience: Option<[MemberId; 2]>) {
        self.push(Segment::event(entry, audience, self.head));
    }

    /// Forgets every segment that ends with this message or before it.
    pub fn forget(&mut self, up_to: Seq) {
        while self.segments.front().is_some_and(|segment| segment.head() <= up_to) {
            self.pop();
        }
    }

    /// Forgets the whole ring. Whoever has not read it yet reads on in the journal.
    pub fn clear(&mut self) {
        while !self.segments.is_empty() {
            self.pop();
        }
    }

    /// The segments from a position on.
    pub fn from(&self, position: u64) -> impl Iterator<Item = &Arc<Segment>> {
        let skip = usize::try_from(position.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.segments.range(skip.min(self.segments.len())..)
    }

    /// The position of the first segment that has a message after `seq`.
    pub fn position_after(&self, seq: Seq) -> u64 {
        self.base + self.segments.partition_point(|segment| segment.head() <= seq) as u64
    }

    /// The seq after which exactly `count` messages follow, or all there are; none if the ring holds too few to tell.
    pub fn before_last(&self, count: usize) -> Option<Seq> {
        let newest = self.segments.iter().rev().filter(|segment| segment.is_said());
        let mut left = count;
        for segment in newest {
            let entries = segment.entries();
            if left <= entries.len() {
                return Some(if left == 0 { segment.head() } else { prev_of(&entries[entries.len() - left]) });
            }
            left -= entries.len();
        }
        (left == 0 || self.floor == Seq(0)).then_some(self.floor)
    }

    fn push(&mut self, segment: Segment) {
        self.head = segment.head();
        self.entries += segment.entries().len();
        self.bytes += segment.weight();
        self.segments.push_back(Arc::new(segment));
        while self.segments.len() > 1 && (self.entries > ENTRIES || self.bytes > BYTES) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(segment) = self.segments.pop_front() else { return };
        self.base += 1;
        self.floor = segment.head();
        self.entries -= segment.entries().len();
        self.bytes -= segment.weight();
    }
}

fn prev_of(entry: &Entry) -> Seq {
    match &entry.event {
        crate::event::Event::Said(said) => said.prev,
        _ => Seq(0),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use commonroom_protocol::Via;

    use super::*;
    use crate::event::Event;
    use crate::name::{By, Nick};

    pub(crate) fn said(seq: u64) -> Arc<Said> {
        Arc::new(Said {
            seq: Seq(seq),
            prev: Seq(seq - 1),
            at: 0,
            from: "ana".into(),
            via: Via::Tcp,
            text: format!("text {seq}"),
            by: By(1).to_string(),
            cid: seq.to_string(),
            me: false,
        })
    }

    fn left() -> Entry {
        Entry { by: By(1), event: Event::Left { nick: Nick::parse("ana").unwrap() } }
    }

    fn seqs(log: &Log, position: u64) -> Vec<u64> {
        let entries = log.from(position).flat_map(|segment| segment.entries());
        entries.filter_map(|entry| if let Event::Said(said) = &entry.event { Some(said.seq.0) } else { None }).collect()
    }

    #[test]
    fn positions_go_on_while_the_ring_forgets() {
        let mut log = Log::new(Vec::new(), Seq(0));
        for seq in 1..=5000 {
            log.append(vec![said(seq)]);
        }
        assert!(log.entries <= ENTRIES && log.bytes <= BYTES);
        assert_eq!(log.end(), 5000);
        assert_eq!(log.floor().0, log.base());
        assert_eq!(seqs(&log, log.base())[0], log.floor().0 + 1);
        assert_eq!(log.position_after(Seq(4990)), 4990);
        assert_eq!(seqs(&log, 4998), [4999, 5000]);
    }

    #[test]
    fn a_message_that_is_there_already_is_left_out() {
        let mut log = Log::new(vec![said(1), said(2)], Seq(2));
        assert!(!log.append(vec![said(2)]));
        assert!(log.append(vec![said(2), said(3)]));
        assert_eq!(seqs(&log, 0), [1, 2, 3]);
    }

    #[test]
    fn a_hole_sends_readers_to_the_journal() {
        let mut log = Log::new(vec![said(1)], Seq(1));
        log.append(vec![said(4)]);
        assert_eq!((log.base(), log.floor(), log.head()), (2, Seq(3), Seq(4)));
        assert_eq!(seqs(&log, 0), [4]);
    }

    #[test]
    fn a_commit_of_much_is_told_in_parts() {
        let many = |seq| Arc::new(Said { text: "x\n".repeat(99), ..(*said(seq)).clone() });
        let mut log = Log::new(Vec::new(), Seq(0));
        log.append((1..=250).map(many).collect());
        assert!(log.end() > 5, "{} segments", log.end());
        assert_eq!(seqs(&log, 0), (1..=250).collect::<Vec<u64>>());
        for segment in log.from(0) {
            let bytes = segment.bytes(crate::dialect::Wire::Line(crate::dialect::Lang::En), 0).len();
            assert!(bytes <= commonroom_protocol::limits::PAGE_BYTES, "{bytes} bytes in one part");
        }
    }

    #[test]
    fn the_last_messages_are_found_within_a_segment() {
        let mut log = Log::new(vec![said(1), said(2), said(3)], Seq(3));
        log.note(left(), None);
        log.append(vec![said(4)]);
        assert_eq!(log.before_last(0), Some(Seq(4)));
        assert_eq!(log.before_last(1), Some(Seq(3)));
        assert_eq!(log.before_last(3), Some(Seq(1)));
        assert_eq!(log.before_last(50), Some(Seq(0)));
        log.clear();
        assert_eq!(log.before_last(3), None);
        assert_eq!(log.before_last(0), Some(Seq(4)));
    }
}
