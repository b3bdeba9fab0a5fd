//! How often an address may guess. Pure: time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::network::block;

/// The window.
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered at once. When there are more, those that are over are forgotten, and then nobody new may guess.
const ADDRESSES: usize = 100_000;

/// The wrong words of a minute, by the address they came from.
#[derive(Debug)]
pub(super) struct Guesses {
    /// Wrong words of one address in a window.
    most: u32,
    wrong: HashMap<Option<IpAddr>, (Instant, u32)>,
}

impl Guesses {
    /// Nobody has guessed yet. One address may `most` times in a window.
    pub(super) fn new(most: u32) -> Guesses {
        Guesses { most, wrong: HashMap::new() }
    }

    /// Whether an address may try a word.
    ///
    /// # Errors
    /// The time to wait.
    pub(super) fn may(&mut self, from: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let from = from.map(block);
        match self.wrong.get(&from) {
            Some((since, _)) if now >= *since + WINDOW => {
                self.wrong.remove(&from);
                Ok(())
            }
            Some((since, count)) if *count >= self.most => Err(*since + WINDOW - now),
            Some(_) => Ok(()),
            None => self.has_place(now).then_some(()).ok_or(WINDOW),
        }
    }

    /// A word that may be wrong is tried.
    pub(super) fn count(&mut self, from: Option<IpAddr>, now: Instant) {
        self.wrong.entry(from.map(block)).or_insert((now, 0)).1 += 1;
    }

    /// It was right.
    pub(super) fn forgive(&mut self, from: Option<IpAddr>) {
        if let Some((_, count)) = self.wrong.get_mut(&from.map(block)) {
            *count = count.saturating_sub(1);
        }
    }

    fn has_place(&mut self, now: Instant) -> bool {
        if self.wrong.len() >= ADDRESSES {
            self.wrong.retain(|_, (since, _)| now < *since + WINDOW);
        }
        self.wrong.len() < ADDRESSES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_an_address_waits_for_the_rest_of_the_minute() {
        let (mut guesses, start) = (Guesses::new(5), Instant::now());
        let [eve, bob] = ["2001:db8::1", "203.0.113.7"].map(|ip| Some(ip.parse().unwrap()));
        for second in 0..5 {
            let now = start + Duration::from_secs(second);
            assert_eq!(guesses.may(eve, now), Ok(()));
            guesses.count(eve, now);
        }
        let now = start + Duration::from_secs(20);
        assert_eq!(guesses.may(eve, now), Err(Duration::from_secs(40)));
        assert_eq!(guesses.may(Some("2001:db8::2".parse().unwrap()), now), Err(Duration::from_secs(40)), "its network");
        assert_eq!(guesses.may(bob, now), Ok(()));
        assert_eq!(guesses.may(eve, start + WINDOW), Ok(()));
    }

    #[test]
    fn a_right_word_is_no_guess() {
        let (mut guesses, now) = (Guesses::new(5), Instant::now());
        for _ in 0..20 {
            assert_eq!(guesses.may(None, now), Ok(()));
            guesses.count(None, now);
            guesses.forgive(None);
        }
    }
}
