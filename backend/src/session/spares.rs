//! A browser that comes to the wrong door opens a second connection to spare, and says nothing on it: it looks like a
//! person. It is known by the first, which has asked for a page. Pure: time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Whoever is silent is no person if their address has spoken another protocol within this time: a browser decides within
/// milliseconds, and a person's silence is judged after a quarter of a second.
const LATELY: Duration = Duration::from_secs(1);
/// Addresses that are remembered at once.
const MOST: usize = 1024;

/// When an address has last spoken another protocol.
#[derive(Default)]
pub struct Spares(Mutex<HashMap<IpAddr, Instant>>);

impl Spares {
    /// This address has just spoken another protocol.
    pub(super) fn note(&self, from: Option<IpAddr>, now: Instant) {
        let Some(from) = from else { return };
        let mut strangers = self.0.lock();
        strangers.retain(|_, at| now < *at + LATELY);
        if strangers.len() < MOST {
            strangers.insert(from, now);
        }
    }

    /// Whether somebody silent from this address is likely to be a spare connection.
    pub(super) fn suspect(&self, from: Option<IpAddr>, now: Instant) -> bool {
        from.is_some_and(|from| self.0.lock().get(&from).is_some_and(|at| now < *at + LATELY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_address_is_suspected_and_only_for_a_moment() {
        let (spares, now) = (Spares::default(), Instant::now());
        let [browser, other] = [10, 9].map(|net| Some(IpAddr::from([net, 0, 0, 1])));
        assert!(!spares.suspect(browser, now));
        spares.note(browser, now);
        assert!(spares.suspect(browser, now));
        assert!(!spares.suspect(other, now));
        assert!(!spares.suspect(browser, now + LATELY));
    }

    #[test]
    fn many_addresses_take_no_more_than_their_share_and_are_forgotten() {
        let (spares, now) = (Spares::default(), Instant::now());
        for address in 0..5000 {
            spares.note(Some(IpAddr::from(u32::to_be_bytes(address))), now);
        }
        assert_eq!(spares.0.lock().len(), MOST);
        spares.note(Some(IpAddr::from([9; 4])), now + LATELY);
        assert_eq!(spares.0.lock().len(), 1);
    }
}
