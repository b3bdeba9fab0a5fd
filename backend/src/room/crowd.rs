//! Comings and goings, told one by one while they are few and together when they are many: else ten thousand who join
//! would be a hundred million lines. Pure: time is an argument.

use std::time::{Duration, Instant};

use crate::event::{Entry, Event};
use crate::name::{By, Nick};

/// So many in one [`WINDOW`] are told one by one.
const FEW: usize = 5;
const WINDOW: Duration = Duration::from_secs(2);

/// What has not been told yet.
#[derive(Default)]
pub struct Crowd {
    /// When the first of this window was told.
    since: Option<Instant>,
    told: usize,
    joined: usize,
    left: usize,
    /// The first that waits: alone, it is told as it is.
    first: Option<Entry>,
    /// It may not be told as it is: its name is another's by now.
    stale: bool,
}

impl Crowd {
    /// The entry, if it is told by itself; else it waits for [`Crowd::gather`]. Only comings and goings can be many.
    pub fn one(&mut self, entry: Entry, now: Instant) -> Option<Entry> {
        let count = match &entry.event {
            Event::Joined { .. } => &mut self.joined,
            Event::Left { .. } => &mut self.left,
            Event::Renamed { from, to } => {
                self.renamed(from, to);
                return Some(entry);
            }
            _ => return Some(entry),
        };
        if self.first.is_some() {
            *count += 1;
            return None;
        }
        if self.since.is_none_or(|since| now >= since + WINDOW) {
            (self.since, self.told) = (Some(now), 0);
        }
        if self.told < FEW {
            self.told += 1;
            return Some(entry);
        }
        *count += 1;
        self.first = Some(entry);
        None
    }

    /// Who waits to be told may have another name by then, and who has gone may have left theirs to another.
    fn renamed(&mut self, from: &Nick, to: &Nick) {
        match self.first.as_mut().map(|first| &mut first.event) {
            Some(Event::Joined { nick, .. }) if nick == from => *nick = to.clone(),
            Some(Event::Left { nick }) if nick == to => self.stale = true,
            _ => {}
        }
    }

    /// All that has waited until its window was over, as one entry. `here` is how many are here now.
    pub fn gather(&mut self, here: usize, now: Instant) -> Option<Entry> {
        if self.since.is_some_and(|since| now < since + WINDOW) {
            return None;
        }
        let first = self.first.take()?;
        let Crowd { joined, left, stale, .. } = std::mem::take(self);
        let many = Entry { by: By(0), event: Event::Crowd { joined, left, here } };
        Some(if joined + left == 1 && !stale { first } else { many })
    }
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::Via;

    use super::*;

    fn entry(event: Event) -> Entry {
        Entry { by: By(1), event }
    }

    fn nick(name: &str) -> Nick {
        Nick::parse(name).unwrap()
    }

    fn joined(crowd: &mut Crowd, now: Instant) -> bool {
        crowd.one(entry(Event::Joined { nick: nick("ana"), via: Via::Tcp }), now).is_some()
    }

    fn left(crowd: &mut Crowd, now: Instant) -> bool {
        crowd.one(entry(Event::Left { nick: nick("ana") }), now).is_some()
    }

    #[test]
    fn a_few_are_told_one_by_one_for_ever() {
        let (mut crowd, start) = (Crowd::default(), Instant::now());
        for i in 0..20 {
            let now = start + i * (WINDOW / 5);
            assert!(joined(&mut crowd, now), "{i}");
            assert!(crowd.gather(1, now).is_none());
        }
    }

    #[test]
    fn many_are_told_together_once_their_time_is_over() {
        let (mut crowd, start) = (Crowd::default(), Instant::now());
        assert!((0..FEW).all(|_| joined(&mut crowd, start)));
        assert!((0..7).all(|_| !joined(&mut crowd, start)));
        assert!(!left(&mut crowd, start));
        assert!(crowd.gather(12, start + WINDOW.saturating_sub(Duration::from_millis(1))).is_none());
        // One that comes before anybody has looked is one of them.
        assert!(!left(&mut crowd, start + WINDOW));
        let told = crowd.gather(11, start + WINDOW);
        assert!(matches!(told, Some(Entry { event: Event::Crowd { joined: 7, left: 2, here: 11 }, .. })), "{told:?}");
        assert!(crowd.gather(11, start + 2 * WINDOW).is_none());
        assert!(joined(&mut crowd, start + WINDOW));
    }

    #[test]
    fn a_single_one_that_waited_is_told_as_it_is() {
        let (mut crowd, start) = (Crowd::default(), Instant::now());
        assert!((0..FEW).all(|_| joined(&mut crowd, start)));
        assert!(!left(&mut crowd, start));
        let told = crowd.gather(4, start + WINDOW);
        assert!(matches!(told, Some(Entry { by: By(1), event: Event::Left { .. } })), "{told:?}");
    }

    #[test]
    fn who_waits_is_told_by_the_name_they_have_by_then() {
        let (mut crowd, start) = (Crowd::default(), Instant::now());
        assert!((0..FEW).all(|_| left(&mut crowd, start)));
        assert!(!joined(&mut crowd, start));
        assert!(crowd.one(entry(Event::Renamed { from: nick("ana"), to: nick("anna") }), start).is_some());
        let told = crowd.gather(4, start + WINDOW).map(|entry| entry.event);
        assert!(matches!(&told, Some(Event::Joined { nick, .. }) if nick.as_str() == "anna"), "{told:?}");
    }

    #[test]
    fn who_has_gone_is_not_told_by_a_name_that_is_anothers_by_then() {
        let (mut crowd, start) = (Crowd::default(), Instant::now());
        assert!((0..FEW).all(|_| joined(&mut crowd, start)));
        assert!(!left(&mut crowd, start));
        assert!(crowd.one(entry(Event::Renamed { from: nick("bob"), to: nick("ana") }), start).is_some());
        let told = crowd.gather(4, start + WINDOW).map(|entry| entry.event);
        assert!(matches!(told, Some(Event::Crowd { joined: 0, left: 1, here: 4 })), "{told:?}");
    }

    #[test]
    fn another_name_is_always_told() {
        let (mut crowd, now) = (Crowd::default(), Instant::now());
        while joined(&mut crowd, now) {}
        assert!(crowd.one(entry(Event::Renamed { from: nick("ana"), to: nick("anna") }), now).is_some());
    }
}
