//! What a room's lock guards: who is here, and what has happened. Pure: time is an argument.

use std::time::Instant;

use super::log::Log;
use super::roster::{Arrival, Placed, Roster};
use crate::event::Entry;

/// A room's roster and log.
pub struct RoomState {
    pub roster: Roster,
    pub log: Log,
    /// When somebody last came or something was last said: the room used least gives its memory first.
    pub used: Instant,
}

impl RoomState {
    /// Lets somebody in, and tells the others.
    pub fn join(&mut self, arrival: Arrival, now: Instant) -> Placed {
        let by = arrival.by;
        let mut placed = self.roster.join(arrival, now);
        if let Some(event) = placed.told.take() {
            self.log.note(Entry { by, event }, None);
        }
        self.used = now;
        placed
    }

    /// Tells what time has brought. Says whether there was anything to tell.
    pub fn tick(&mut self, now: Instant) -> bool {
        let entries = self.roster.tick(now);
        let told = !entries.is_empty();
        for entry in entries {
            self.log.note(entry, None);
        }
        told
    }
}
