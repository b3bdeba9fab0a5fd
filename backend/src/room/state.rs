//! What a room's lock guards: who is here, and what has happened. Pure: time is an argument.

use std::time::Instant;

use super::crowd::Crowd;
use super::log::Log;
use super::roster::{Arrival, Pauses, Placed, Roster};
use crate::event::Entry;

/// A room's roster and log.
pub struct RoomState {
    pub roster: Roster,
    pub log: Log,
    crowd: Crowd,
    /// When somebody last came or something was last said: the room used least gives its memory first.
    pub used: Instant,
}

impl RoomState {
    /// Nobody is here yet.
    pub fn new(log: Log, pauses: Pauses, now: Instant) -> RoomState {
        RoomState { roster: Roster::new(pauses), log, crowd: Crowd::default(), used: now }
    }

    /// Lets somebody in, and tells the others.
    pub fn join(&mut self, arrival: Arrival, now: Instant) -> Placed {
        let by = arrival.by;
        let mut placed = self.roster.join(arrival, now);
        if let Some(event) = placed.told.take() {
            self.presence(Entry { by, event }, now);
        }
        self.used = now;
        placed
    }

    /// Tells what time has brought. Says whether there was anything to tell.
    pub fn tick(&mut self, now: Instant) -> bool {
        let entries = self.roster.tick(now);
        let mut told = false;
        for entry in entries {
            told |= self.presence(entry, now);
        }
        if let Some(entry) = self.crowd.gather(self.roster.here(), now) {
            self.log.note(entry, None);
            told = true;
        }
        told
    }

    /// Tells that somebody has come or gone, unless they are many. Says whether there was anything to tell.
    pub fn presence(&mut self, entry: Entry, now: Instant) -> bool {
        self.crowd.one(entry, now).map(|entry| self.log.note(entry, None)).is_some()
    }
}
