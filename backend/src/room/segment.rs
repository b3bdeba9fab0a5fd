//! A segment: what one commit put on a room's log, encoded once for each wire form and shared by every receiver.

use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use commonroom_protocol::{Said, Seq};

use crate::dialect::{self, Wire};
use crate::event::{Entry, Event};
use crate::measure;
use crate::name::By;

/// Names a member for as long as it is in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub(crate) u64);

/// Some entries of a log: the messages of one commit, or one event of another kind.
pub struct Segment {
    entries: Box<[Entry]>,
    /// The only two members that are told; all if none.
    audience: Option<[MemberId; 2]>,
    /// The newest message of the room once this segment is told.
    head: Seq,
    weight: usize,
    forms: [OnceLock<Form>; Wire::COUNT],
}

/// A segment as one dialect writes it.
struct Form {
    bytes: Bytes,
    /// Where each entry ends in `bytes`.
    ends: Box<[usize]>,
}

impl Segment {
    /// The messages of one commit, oldest first. There is at least one.
    pub(super) fn said(messages: Vec<Arc<Said>>) -> Segment {
        let head = messages.last().map_or(Seq(0), |said| said.seq);
        let entry = |said: Arc<Said>| Entry { by: By::of(&said), event: Event::Said(said) };
        Segment::new(messages.into_iter().map(entry).collect(), None, head)
    }

    /// An event that is not kept, told to all or to an audience.
    pub(super) fn event(entry: Entry, audience: Option<[MemberId; 2]>, head: Seq) -> Segment {
        Segment::new(Box::new([entry]), audience, head)
    }

    fn new(entries: Box<[Entry]>, audience: Option<[MemberId; 2]>, head: Seq) -> Segment {
        let weight = entries.iter().map(|entry| weight(&entry.event)).sum();
        Segment { entries, audience, head, weight, forms: [const { OnceLock::new() }; Wire::COUNT] }
    }

    /// The newest message of the room once this segment is told.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether these are messages, which are replayed; what is not is told once, live.
    pub fn is_said(&self) -> bool {
        self.entries.first().is_some_and(|entry| matches!(entry.event, Event::Said(_)))
    }

    /// Whether this member is told.
    pub(super) fn is_for(&self, member: MemberId) -> bool {
        self.audience.is_none_or(|audience| audience.contains(&member))
    }

    /// What the segment weighs against a ring's limit: about what it takes once every wire form has been asked for.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// All entries from the given one on, as this wire form has them: shared, not copied.
    pub fn bytes(&self, wire: Wire, from: usize) -> Bytes {
        let form = self.form(wire);
        match from.checked_sub(1).and_then(|before| form.ends.get(before)) {
            Some(end) => form.bytes.slice(*end..),
            None => form.bytes.clone(),
        }
    }

    /// One entry's bytes.
    pub fn entry_bytes(&self, wire: Wire, entry: usize) -> Bytes {
        let form = self.form(wire);
        let start = entry.checked_sub(1).and_then(|before| form.ends.get(before)).copied().unwrap_or(0);
        form.bytes.slice(start..form.ends[entry])
    }

    fn form(&self, wire: Wire) -> &Form {
        self.forms[wire.index()].get_or_init(|| {
            // Else it would grow to up to twice what it holds, and keep that.
            let length = self.entries.iter().map(|entry| length(wire, &entry.event)).sum();
            let mut bytes = BytesMut::with_capacity(length);
            let ends = self.entries.iter().map(|entry| {
                dialect::encode(wire, &entry.event, &mut bytes);
                bytes.len()
            });
            let ends = ends.collect();
            Form { bytes: bytes.freeze(), ends }
        })
    }
}

/// What an event takes beside its texts: itself, its ids, and its places in the forms.
const ENTRY: usize = 512;

/// What an event takes in memory, in all forms together.
fn weight(event: &Event) -> usize {
    let text = texts(event).map_or(0, |(name, text)| name.len() + text.len());
    ENTRY + text + Wire::ALL.map(|wire| length(wire, event)).iter().sum::<usize>()
}

/// How long an event is in this form, about; 0 for what is short.
fn length(wire: Wire, event: &Event) -> usize {
    match (texts(event), wire) {
        (Some((name, text)), Wire::Line(_)) => measure::lines(name, text),
        (Some((name, text)), Wire::JsonLine | Wire::WsJson) => measure::frame(name, text),
        (None, _) => 0,
    }
}

/// The name and the text in an event that somebody has said.
fn texts(event: &Event) -> Option<(&str, &str)> {
    match event {
        Event::Said(said) => Some((&said.from, &said.text)),
        Event::Whispered(whispered) => Some((&whispered.from, &whispered.text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::log::tests::said;

    #[test]
    fn a_segment_weighs_no_less_than_it_holds() {
        let long = "\u{1000}\u{102d}".repeat(21);
        for (from, text) in [("ana", "x"), (&long, &"x\n".repeat(99)), ("ana", &"\"".repeat(4096))] {
            let message = |seq| Said { from: from.to_owned(), text: text.to_owned(), ..(*said(seq)).clone() };
            let segment = Segment::said([1, 2, 3].map(|seq| Arc::new(message(seq))).into());
            let held: usize = Wire::ALL.map(|wire| segment.bytes(wire, 0).len()).iter().sum();
            assert!(segment.weight() >= held, "{} for {held} bytes", segment.weight());
            assert!(segment.weight() < 2 * held + 4096, "{} for {held} bytes", segment.weight());
        }
    }
}
