//! What has happened in a room: the entries of its log.

use std::sync::Arc;

use commonroom_protocol::{Said, Seq, Via, Whispered};

use crate::moderation::Notice;
use crate::name::{By, Nick};

/// One entry of a room's log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The client that caused it.
    pub by: By,
    /// What happened.
    pub event: Event,
}

impl Entry {
    /// The place of a message; other events have none.
    pub fn seq(&self) -> Option<Seq> {
        if let Event::Said(said) = &self.event { Some(said.seq) } else { None }
    }
}

/// What has happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message: the only event that the journal keeps and that is ever replayed.
    Said(Arc<Said>),
    /// A message to one member alone.
    Whispered(Box<Whispered>),
    /// Somebody has come.
    Joined {
        /// Their name.
        nick: Nick,
        /// What they came by.
        via: Via,
    },
    /// Somebody has gone.
    Left {
        /// Their name.
        nick: Nick,
    },
    /// Many have come and gone in a short time.
    Crowd {
        /// How many have come.
        joined: usize,
        /// How many have gone.
        left: usize,
        /// How many are here now.
        here: usize,
    },
    /// Somebody has another name.
    Renamed {
        /// The old one.
        from: Nick,
        /// The new one.
        to: Nick,
    },
    /// The operator has done something.
    Notice(Notice),
}
