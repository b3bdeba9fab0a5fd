//! Finds a message by the id that its sender gave it, in sixteen bytes for each: as long as the history grows, every
//! byte is one that the system clears first, which for small messages costs more than all else about them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::name::By;

/// The numbers of messages by their senders and ids.
#[derive(Default)]
pub(super) struct Known {
    places: HashTable<Place>,
    hasher: RandomState,
}

struct Place {
    /// Kept, so that growing looks at no message.
    hash: u64,
    number: usize,
}

impl Known {
    /// By what a message is looked for.
    pub(super) fn hash(&self, by: By, cid: &str) -> u64 {
        self.hasher.hash_one((by, cid))
    }

    /// The number of the message of this hash that `is` the one.
    pub(super) fn find(&self, hash: u64, is: impl Fn(usize) -> bool) -> Option<usize> {
        self.places.find(hash, |place| place.hash == hash && is(place.number)).map(|place| place.number)
    }

    /// A message that was not known has this number.
    pub(super) fn insert(&mut self, hash: u64, number: usize) {
        self.places.insert_unique(hash, Place { hash, number }, |place| place.hash);
    }

    /// The message of this number is no longer kept.
    pub(super) fn remove(&mut self, hash: u64, number: usize) {
        if let Ok(place) = self.places.find_entry(hash, |place| place.number == number) {
            place.remove();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}
