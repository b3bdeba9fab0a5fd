//! Whose each name in a room is: of a member, or held for a client that has dropped. Pure: time is an argument.

use std::collections::HashMap;
use std::sync::Arc;

use super::held::Held;
use super::segment::MemberId;
use crate::name::{By, Folded, Nick};
use crate::refusal::Refusal;

/// A name, and as it is compared.
pub type Named = (Nick, Folded);

/// The names of a room: no two look alike.
#[derive(Default)]
pub struct Names {
    /// Whose name looks like this.
    owners: HashMap<Arc<str>, MemberId>,
    /// The names of clients that have dropped.
    pub held: Held,
}

impl Names {
    /// A name for this member and client, if it is nobody else's.
    ///
    /// # Errors
    /// [`Refusal::NickTaken`].
    pub fn free(&self, nick: Nick, id: MemberId, by: By) -> Result<Named, Refusal> {
        let folded = nick.folded();
        if self.owners(&folded).any(|owner| owner != id) || self.held.is_anothers(&folded, by) {
            return Err(Refusal::NickTaken { nick: nick.to_string() });
        }
        Ok((nick, folded))
    }

    /// A free name for somebody who has not chosen one.
    pub fn guest(&self, id: MemberId, by: By) -> Named {
        let animals = (0..8).map(|i| Nick::guest(by.0.wrapping_add(i), 0));
        let numbered = numbers(by).map(|number| Nick::guest(by.0, number));
        let mut free = animals.chain(numbered).filter_map(|nick| self.free(nick, id, by).ok());
        free.next().unwrap_or_else(|| unreachable!("there are more numbers than guests"))
    }

    /// Those whose names look like this one: more than one if its cases look like several.
    pub fn owners(&self, folded: &Folded) -> impl Iterator<Item = MemberId> {
        folded.looks().iter().filter_map(|look| self.owners.get(look)).copied()
    }

    /// A name that is free has an owner now.
    pub fn claim(&mut self, folded: &Folded, id: MemberId) {
        self.owners.extend(folded.looks().iter().map(|look| (Arc::clone(look), id)));
    }

    /// A name has no owner any more.
    pub fn give_up(&mut self, folded: &Folded) {
        for look in folded.looks() {
            self.owners.remove(look);
        }
    }

    /// Nobody has a name.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }
}

/// Numbers for a guest to try: the smallest, then by chance among ever more, so that a thousand guests need few tries.
fn numbers(by: By) -> impl Iterator<Item = u32> {
    let chances = (0_u32..).map(move |turn| {
        let among = 8 << (turn / 4).min(28);
        let chance = (by.0 ^ u64::from(turn)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        u32::try_from(5 + chance % among).unwrap_or(u32::MAX)
    });
    (1..5).chain(chances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_names_never_collide_and_are_found_soon() {
        let mut names = Names::default();
        for by in 0..2000 {
            let (nick, folded) = names.guest(MemberId(by), By(by));
            assert!(names.free(nick, MemberId(by + 1), By(by)).is_ok());
            names.claim(&folded, MemberId(by));
        }
        assert_eq!(names.owners.len(), 2000);
        for animal in 0..64 {
            let is_free = |number| names.free(Nick::guest(animal, number), MemberId(9999), By(animal)).is_ok();
            assert!(numbers(By(animal)).take(40).any(is_free));
        }
    }

    #[test]
    fn a_name_is_free_again_when_its_owner_gives_it_up() {
        let mut names = Names::default();
        for (id, name) in (0..).zip(["Iana", "mike", "Ольга", "❤️"]) {
            let (_, folded) = names.free(Nick::parse(name).unwrap(), MemberId(id), By(id)).unwrap();
            names.claim(&folded, MemberId(id));
            assert!(names.owners(&folded).all(|owner| owner == MemberId(id)));
            assert!(names.free(Nick::parse(name).unwrap(), MemberId(id), By(id)).is_ok(), "to its owner");
            assert!(names.free(Nick::parse(name).unwrap(), MemberId(9), By(9)).is_err());
            names.give_up(&folded);
        }
        assert!(names.is_empty());
    }
}
