//! Names that are kept for clients that have dropped. Pure: time is an argument.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::name::{By, Folded, Nick};

/// A chosen name is kept this long after its client has dropped.
pub const HOLD: Duration = Duration::from_mins(1);
/// Names kept in one room; those kept longest go first.
const HELD: usize = 1024;

/// The names kept in a room, at most one for each client.
#[derive(Default)]
pub struct Held {
    names: HashMap<By, Nick>,
    looks: HashMap<Arc<str>, By>,
    /// In the order in which they run out.
    ends: VecDeque<(Instant, By)>,
}

impl Held {
    /// Keeps a name for a client until then.
    pub fn keep(&mut self, by: By, nick: Nick, folded: &Folded, until: Instant) {
        self.release(by);
        for look in folded.looks() {
            self.looks.insert(Arc::clone(look), by);
        }
        self.names.insert(by, nick);
        self.ends.push_back((until, by));
        while self.ends.len() > HELD {
            self.end_first();
        }
    }

    /// The name that is kept for a client.
    pub fn name(&self, by: By) -> Option<&Nick> {
        self.names.get(&by)
    }

    /// Whether a name, or one that looks like it, is kept for another client.
    pub fn is_anothers(&self, folded: &Folded, by: By) -> bool {
        folded.looks().iter().filter_map(|look| self.looks.get(look)).any(|owner| *owner != by)
    }

    /// A client needs its name no more, or has it again.
    pub fn release(&mut self, by: By) {
        let Some(nick) = self.names.remove(&by) else { return };
        for look in nick.folded().looks() {
            self.looks.remove(look);
        }
        self.ends.retain(|(_, owner)| *owner != by);
    }

    /// Gives up the names whose time is over.
    pub fn tick(&mut self, now: Instant) {
        while self.ends.front().is_some_and(|(until, _)| *until <= now) {
            self.end_first();
        }
    }

    fn end_first(&mut self) {
        if let Some((_, by)) = self.ends.front().copied() {
            self.release(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(held: &mut Held, by: u64, name: &str, until: Instant) {
        let nick = Nick::parse(name).unwrap();
        let folded = nick.folded();
        held.keep(By(by), nick, &folded, until);
    }

    fn is_anothers(held: &Held, name: &str, by: u64) -> bool {
        held.is_anothers(&Nick::parse(name).unwrap().folded(), By(by))
    }

    #[test]
    fn a_name_is_kept_for_its_client_until_its_time_is_over() {
        let (mut held, start) = (Held::default(), Instant::now());
        keep(&mut held, 1, "mike", start + HOLD);
        assert!(is_anothers(&held, "Mike", 2) && is_anothers(&held, "rnike", 2));
        assert!(!is_anothers(&held, "mike", 1) && !is_anothers(&held, "ana", 2));
        held.tick(start + HOLD.saturating_sub(Duration::from_millis(1)));
        assert_eq!(held.name(By(1)), Nick::parse("mike").as_ref().ok());
        held.tick(start + HOLD);
        assert!(held.name(By(1)).is_none() && !is_anothers(&held, "mike", 2));
    }

    #[test]
    fn a_client_has_one_name_kept() {
        let (mut held, start) = (Held::default(), Instant::now());
        keep(&mut held, 1, "mike", start + HOLD);
        keep(&mut held, 1, "ana", start + 2 * HOLD);
        assert!(!is_anothers(&held, "mike", 2));
        held.tick(start + HOLD);
        assert!(is_anothers(&held, "ana", 2), "the end of the older is not its own");
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let (mut held, start) = (Held::default(), Instant::now());
        for by in 0..HELD as u64 + 3 {
            keep(&mut held, by, &format!("name-{by}"), start + HOLD);
        }
        assert_eq!((held.names.len(), held.ends.len(), held.looks.len()), (HELD, HELD, HELD));
        assert!(held.name(By(2)).is_none() && held.name(By(3)).is_some());
    }
}
