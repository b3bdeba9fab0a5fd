//! Who is not let in. Pure: the time is an argument, and of the calendar, since a ban may outlive the process.

use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::verb::Whom;
use crate::name::By;
use crate::network::block;

/// Bans at most; the oldest makes place for a new one.
const BANS: usize = 10_000;

/// A ban: plain data, so that a store can keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The name or address that was banned, by which the ban is lifted.
    pub label: Box<str>,
    /// The client that is kept out.
    pub client: Option<By>,
    /// The address that is kept out, whoever comes from it; of IPv6, from its /64.
    pub ip: Option<IpAddr>,
    /// When it ends, if it does.
    pub until: Option<Timestamp>,
}

impl Ban {
    /// A ban that ends after `time`, if that is given.
    pub fn new(label: &str, client: Option<By>, ip: Option<IpAddr>, time: Option<Duration>, now: Timestamp) -> Ban {
        let until = time.and_then(|time| now.checked_add(SignedDuration::try_from(time).ok()?).ok());
        Ban { label: label.into(), client, ip, until }
    }

    /// Whether it keeps out this client, or whoever comes from this address.
    pub fn holds(&self, client: By, ip: Option<IpAddr>) -> bool {
        self.client == Some(client) || (ip.is_some() && self.ip.map(block) == ip.map(block))
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn is_of(&self, whom: &Whom) -> bool {
        match whom {
            Whom::Nick(nick) => self.label.to_lowercase() == nick.to_lowercase(),
            Whom::Ip(ip) => self.ip.map(block) == Some(block(*ip)),
        }
    }
}

/// All bans. Every change goes by [`Bans::add`] and [`Bans::lift`]: a store has two places to listen at.
#[derive(Debug, Default)]
pub struct Bans {
    bans: Vec<Ban>,
}

impl Bans {
    /// Bans somebody, or changes how long they are banned.
    pub fn add(&mut self, ban: Ban, now: Timestamp) {
        self.bans.retain(|old| !old.is_over(now) && (old.client, old.ip) != (ban.client, ban.ip));
        if self.bans.len() == BANS {
            self.bans.remove(0);
        }
        self.bans.push(ban);
    }

    /// Lifts the bans of a name or an address, and says how many there were.
    pub fn lift(&mut self, whom: &Whom, now: Timestamp) -> usize {
        self.bans.retain(|ban| !ban.is_over(now));
        let before = self.bans.len();
        self.bans.retain(|ban| !ban.is_of(whom));
        before - self.bans.len()
    }

    /// Whether this client, or whoever comes from this address, is not let in.
    pub fn holds(&self, client: By, ip: Option<IpAddr>, now: Timestamp) -> bool {
        self.bans.iter().any(|ban| ban.holds(client, ip) && !ban.is_over(now))
    }

    /// What is banned, by its label, and for how long still.
    pub fn list(&self, now: Timestamp) -> Vec<(String, Option<Duration>)> {
        let left = |until| Duration::try_from(now.duration_until(until)).unwrap_or_default();
        let held = self.bans.iter().filter(|ban| !ban.is_over(now));
        held.map(|ban| (named(ban), ban.until.map(left))).collect()
    }
}

/// The name, and the address where there is one beside it.
fn named(ban: &Ban) -> String {
    match ban.ip.map(|ip| ip.to_string()) {
        Some(ip) if ip != *ban.label => format!("{} ({ip})", ban.label),
        _ => ban.label.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn of_ipv6_all_are_kept_out_that_one_machine_can_have() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let mut bans = Bans::default();
        bans.add(Ban::new("2001:db8::2", None, ip("2001:db8::2"), None, NOW), NOW);
        assert!(bans.holds(By(1), ip("2001:db8::3"), NOW));
        assert!(!bans.holds(By(1), ip("2001:db8:0:1::2"), NOW));
        assert_eq!(bans.lift(&Whom::Ip(ip("2001:db8::ffff").unwrap()), NOW), 1);
    }

    fn ip(last: u8) -> IpAddr {
        [203, 0, 113, last].into()
    }

    fn later(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    fn nick(name: &str) -> Whom {
        Whom::Nick(name.to_owned())
    }

    #[test]
    fn a_client_is_kept_out_from_everywhere_and_an_address_whoever_comes() {
        let mut bans = Bans::default();
        bans.add(Ban::new("bob", Some(By(1)), None, None, NOW), NOW);
        bans.add(Ban::new("203.0.113.9", None, Some(ip(9)), None, NOW), NOW);
        assert!(bans.holds(By(1), Some(ip(1)), NOW) && bans.holds(By(1), None, NOW));
        assert!(bans.holds(By(2), Some(ip(9)), NOW));
        assert!(!bans.holds(By(2), Some(ip(1)), NOW));
        assert!(!bans.holds(By(2), None, NOW), "no address is not an address that is banned");
    }

    #[test]
    fn a_ban_ends_by_itself_and_not_before() {
        let mut bans = Bans::default();
        bans.add(Ban::new("bob", Some(By(1)), None, Some(Duration::from_mins(10)), NOW), NOW);
        assert!(bans.holds(By(1), None, later(599)));
        assert_eq!(bans.list(later(599)), [("bob".to_owned(), Some(Duration::from_secs(1)))]);
        assert!(!bans.holds(By(1), None, later(600)));
        assert_eq!(bans.list(later(600)), []);
        assert_eq!(bans.lift(&nick("bob"), later(600)), 0);
    }

    #[test]
    fn a_ban_is_lifted_by_name_or_address() {
        let mut bans = Bans::default();
        bans.add(Ban::new("Bob", Some(By(1)), Some(ip(9)), None, NOW), NOW);
        assert_eq!(bans.list(NOW), [("Bob (203.0.113.9)".to_owned(), None)]);
        assert_eq!(bans.lift(&nick("ana"), NOW), 0);
        assert_eq!(bans.lift(&nick("bob"), NOW), 1);
        bans.add(Ban::new("Bob", Some(By(1)), Some(ip(9)), None, NOW), NOW);
        assert_eq!(bans.lift(&Whom::Ip(ip(9)), NOW), 1);
        assert!(!bans.holds(By(1), Some(ip(9)), NOW));
    }

    #[test]
    fn a_ban_again_changes_how_long_it_lasts() {
        let mut bans = Bans::default();
        bans.add(Ban::new("bob", Some(By(1)), None, None, NOW), NOW);
        bans.add(Ban::new("bob", Some(By(1)), None, Some(Duration::from_mins(1)), NOW), NOW);
        assert!(!bans.holds(By(1), None, later(60)));
        assert_eq!(bans.list(NOW).len(), 1);
    }

    #[test]
    fn there_are_never_too_many() {
        let mut bans = Bans::default();
        for client in 0..=BANS as u64 {
            bans.add(Ban { label: "x".into(), client: Some(By(client)), ip: None, until: None }, NOW);
        }
        assert_eq!(bans.bans.len(), BANS);
        assert!(!bans.holds(By(0), None, NOW) && bans.holds(By(BANS as u64), None, NOW));
    }
}
