//! A segment: what one commit put on a room's log, encoded once for each wire form and shared by every receiver.

use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use commonroom_protocol::{Said, Seq};

use crate::dialect::{self, Wire};
use crate::event::{Entry, Event};
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
        Segment { entries, audience, head, forms: [const { OnceLock::new() }; Wire::COUNT] }
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
        const ENTRY: usize = 1024;
        let text = |entry: &Entry| match &entry.event {
            Event::Said(said) => said.text.len(),
            Event::Whispered(whispered) => whispered.text.len(),
            _ => 0,
        };
        self.entries.iter().map(|entry| ENTRY + Wire::COUNT * text(entry)).sum()
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
            let mut bytes = BytesMut::new();
            let ends = self.entries.iter().map(|entry| {
                dialect::encode(wire, &entry.event, &mut bytes);
                bytes.len()
            });
            let ends = ends.collect();
            Form { bytes: bytes.freeze(), ends }
        })
    }
}
