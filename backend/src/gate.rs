//! How many may connect: in all, from one address at once, and from one address in a minute; and how many new rooms one
//! address may speak in. Time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use thiserror::Error;

use crate::network::{Network, block};
use crate::session::limits::Bucket;

/// Sockets of browsers beside their rooms: each opens up to six to fetch a page, so an address may have so many times
/// more of them.
const SOCKETS_FOR_EACH: usize = 6;
/// New rooms are counted over this time.
const WINDOW: Duration = Duration::from_mins(1);
/// New rooms that one address may speak in at once, beside those in a minute.
const NEW_ROOMS_AT_ONCE: u32 = 10;
/// Addresses known at once before those that have gone are forgotten.
const KNOWN: usize = 4096;
/// Files that are kept for all but connections: the history, the listeners, whoever is being told that there is no place.
const OTHER_FILES: u64 = 64;

/// What is let through; 0 in a field for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections in all.
    pub connections: usize,
    /// Rooms that one address may be in at once: plain sockets and WebSockets. An IPv6 network of 64 bits is one address.
    pub per_address: usize,
    /// Rooms that one address may come into in a minute.
    pub new_per_minute: usize,
    /// New rooms that one address may speak in each minute, and ten times as many at once: each stays in the history for
    /// good.
    pub new_rooms: u32,
}

/// As many connections as there may be open files, but for some that the server itself needs.
pub fn connections_for(open_files: u64) -> usize {
    usize::try_from(open_files.saturating_sub(OTHER_FILES).max(1)).unwrap_or(usize::MAX)
}

/// There is no place.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Full {
    /// Not for anybody.
    #[error("this server is full ({0} connections); try again in a minute")]
    Server(usize),
    /// Not for this address: it has too many.
    #[error("{0} connections from your address are open, which is the limit; close one first")]
    Address(usize),
    /// Not for this address: it comes too often.
    #[error("{count} connections came from your address within a minute, which is the limit; try again in {} s", retry.as_secs() + 1)]
    Often {
        /// The limit.
        count: usize,
        /// When there is place again.
        retry: Duration,
    },
}

impl Full {
    /// When to try again, in whole seconds.
    pub fn retry_after(&self) -> u64 {
        match self {
            Full::Server(_) => 60,
            Full::Address(_) => 10,
            Full::Often { retry, .. } => retry.as_secs() + 1,
        }
    }
}

/// Counts who has come in. Shared by every listener.
#[derive(Debug)]
pub struct Gate {
    bounds: Bounds,
    /// Proxies: whoever comes through one is counted by their own address, where that is known.
    proxies: Vec<Network>,
    crowd: Mutex<Crowd>,
}

#[derive(Debug, Default)]
struct Crowd {
    sockets: usize,
    addresses: HashMap<IpAddr, Count>,
}

#[derive(Debug)]
struct Count {
    sockets: usize,
    rooms: usize,
    /// When the window began, and how many have come in it.
    window: (Instant, usize),
    /// What is left of the new rooms it may speak in.
    new_rooms: Bucket,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Socket,
    Room,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
    kind: Kind,
}

impl Gate {
    /// A gate that nobody has come through. Proxies are not counted by their addresses.
    pub fn new(bounds: Bounds, proxies: Vec<Network>) -> Arc<Gate> {
        Arc::new(Gate { bounds, proxies, crowd: Mutex::default() })
    }

    /// By what an address is counted; none for this machine itself, and for a proxy.
    fn counted(&self, ip: IpAddr) -> Option<IpAddr> {
        let counts = !ip.to_canonical().is_loopback() && !self.proxies.iter().any(|proxy| proxy.holds(ip));
        counts.then(|| block(ip))
    }

    /// A place for a socket. From this machine itself any number may come as far as that address goes.
    ///
    /// # Errors
    /// [`Full`].
    pub fn socket(self: &Arc<Self>, from: IpAddr, now: Instant) -> Result<Pass, Full> {
        let Bounds { connections, per_address, .. } = self.bounds;
        let mut crowd = self.crowd.lock();
        if connections > 0 && crowd.sockets >= connections {
            return Err(Full::Server(connections));
        }
        let address = self.counted(from);
        if let Some(address) = address {
            let count = crowd.count(address, self.bounds, now);
            let most = per_address.saturating_mul(SOCKETS_FOR_EACH);
            if most > 0 && count.sockets >= most {
                return Err(Full::Address(most));
            }
            count.sockets += 1;
        }
        crowd.sockets += 1;
        Ok(Pass { gate: Arc::clone(self), address, kind: Kind::Socket })
    }

    /// A place for somebody who comes into a room, on a socket that has its own.
    ///
    /// # Errors
    /// [`Full`], but not because the server is.
    pub fn room(self: &Arc<Self>, from: IpAddr, now: Instant) -> Result<Pass, Full> {
        let Bounds { per_address, new_per_minute, .. } = self.bounds;
        let address = self.counted(from);
        if let Some(address) = address {
            let mut crowd = self.crowd.lock();
            let count = crowd.count(address, self.bounds, now);
            if per_address > 0 && count.rooms >= per_address {
                return Err(Full::Address(per_address));
            }
            if now >= count.window.0 + WINDOW {
                count.window = (now, 0);
            }
            let (since, new) = &mut count.window;
            if new_per_minute > 0 && *new >= new_per_minute {
                return Err(Full::Often { count: new_per_minute, retry: *since + WINDOW - now });
            }
            *new += 1;
            count.rooms += 1;
        }
        Ok(Pass { gate: Arc::clone(self), address, kind: Kind::Room })
    }

    /// Lets somebody speak in a room in which nothing was ever said. The console has no address, and may.
    ///
    /// # Errors
    /// The time to wait.
    pub fn new_room(&self, from: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let Some(address) = from.and_then(|from| self.counted(from)) else { return Ok(()) };
        let mut crowd = self.crowd.lock();
        crowd.count(address, self.bounds, now).new_rooms.take(now).map_err(|free_at| free_at - now)
    }

    /// Sockets that are open.
    pub fn sockets(&self) -> usize {
        self.crowd.lock().sockets
    }

    /// Connections there may be in all; 0 for any number.
    pub fn connections(&self) -> usize {
        self.bounds.connections
    }
}

impl Crowd {
    fn count(&mut self, address: IpAddr, bounds: Bounds, now: Instant) -> &mut Count {
        if self.addresses.len() >= KNOWN && !self.addresses.contains_key(&address) {
            self.addresses.retain(|_, count| count.matters(now));
        }
        self.addresses.entry(address).or_insert_with(|| Count::new(bounds, now))
    }
}

impl Count {
    fn new(bounds: Bounds, now: Instant) -> Count {
        let new_rooms = Bucket::new(bounds.new_rooms.saturating_mul(NEW_ROOMS_AT_ONCE), bounds.new_rooms, WINDOW);
        Count { sockets: 0, rooms: 0, window: (now, 0), new_rooms }
    }

    /// Forgotten, it would let in more than is right.
    fn matters(&self, now: Instant) -> bool {
        let (since, new) = self.window;
        let came = new > 0 && now < since + WINDOW;
        self.sockets > 0 || self.rooms > 0 || came || !self.new_rooms.is_full(now)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut crowd = self.gate.crowd.lock();
        if self.kind == Kind::Socket {
            crowd.sockets -= 1;
        }
        let Some(count) = self.address.and_then(|address| crowd.addresses.get_mut(&address)) else { return };
        match self.kind {
            Kind::Socket => count.sockets -= 1,
            Kind::Room => count.rooms -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { connections: 10, per_address: 2, new_per_minute: 3, new_rooms: 10 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_rooms_at_once_and_a_place_is_given_back() {
        let (gate, now, from) = (Gate::new(BOUNDS, Vec::new()), Instant::now(), ip("10.0.0.1"));
        let first = gate.room(from, now).unwrap();
        let _second = gate.room(from, now).unwrap();
        assert_eq!(gate.room(from, now).unwrap_err(), Full::Address(2));
        assert!(gate.room(ip("10.0.0.2"), now).is_ok());
        drop(first);
        assert!(gate.room(from, now).is_ok());
    }

    #[test]
    fn an_address_comes_so_often_a_minute_whether_it_stays_or_not() {
        let (gate, now, from) = (Gate::new(BOUNDS, Vec::new()), Instant::now(), ip("10.0.0.1"));
        for second in [0, 10, 20] {
            drop(gate.room(from, now + Duration::from_secs(second)).unwrap());
        }
        let full = gate.room(from, now + Duration::from_millis(30_500)).unwrap_err();
        assert_eq!(full, Full::Often { count: 3, retry: Duration::from_millis(29_500) });
        assert_eq!(full.retry_after(), 30);
        assert!(full.to_string().ends_with("try again in 30 s"), "{full}");
        assert!(gate.room(from, now + Duration::from_mins(1)).is_ok());
    }

    #[test]
    fn the_server_has_so_many_sockets_wherever_they_come_from() {
        let (gate, now) = (Gate::new(BOUNDS, Vec::new()), Instant::now());
        let mut passes: Vec<_> = (0..10).map(|_| gate.socket(ip("127.0.0.1"), now).unwrap()).collect();
        assert_eq!(gate.socket(ip("10.0.0.1"), now).unwrap_err(), Full::Server(10));
        assert_eq!(gate.sockets(), 10);
        passes.pop();
        assert!(gate.socket(ip("::1"), now).is_ok());
    }

    #[test]
    fn a_browser_has_sockets_beside_its_rooms() {
        let (gate, now) = (Gate::new(Bounds { connections: 0, ..BOUNDS }, Vec::new()), Instant::now());
        let _passes: Vec<_> = (0..12).map(|_| gate.socket(ip("10.0.0.1"), now).unwrap()).collect();
        assert_eq!(gate.socket(ip("10.0.0.1"), now).unwrap_err(), Full::Address(12));
        assert!(gate.room(ip("10.0.0.1"), now).is_ok());
    }

    #[test]
    fn this_machine_is_not_counted_and_a_network_is_one_address() {
        let (gate, now) = (Gate::new(BOUNDS, Vec::new()), Instant::now());
        for own in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let _many: Vec<_> = (0..9).map(|_| gate.room(ip(own), now).unwrap()).collect();
        }
        let _first = gate.room(ip("2001:db8::1"), now).unwrap();
        let _second = gate.room(ip("2001:db8::ffff:1"), now).unwrap();
        assert!(gate.room(ip("2001:db8::2"), now).is_err());
        assert!(gate.room(ip("2001:db8:0:1::2"), now).is_ok());
        let _third = gate.room(ip("::ffff:10.0.0.1"), now).unwrap();
        let _fourth = gate.room(ip("10.0.0.1"), now).unwrap();
        assert!(gate.room(ip("10.0.0.1"), now).is_err());
    }

    #[test]
    fn an_address_speaks_in_a_hundred_new_rooms_and_then_in_ten_a_minute() {
        let (gate, now, from) = (Gate::new(BOUNDS, Vec::new()), Instant::now(), Some(ip("10.0.0.1")));
        assert!((0..100).all(|_| gate.new_room(from, now).is_ok()));
        assert_eq!(gate.new_room(from, now), Err(Duration::from_secs(6)));
        let later = now + Duration::from_mins(1);
        assert_eq!((0..100).filter(|_| gate.new_room(from, later).is_ok()).count(), 10);
        assert!(gate.new_room(Some(ip("10.0.0.2")), now).is_ok());
        for (each_minute, at_once) in [(1, 10), (0, 1000)] {
            let gate = Gate::new(Bounds { new_rooms: each_minute, ..BOUNDS }, Vec::new());
            assert_eq!((0..1000).filter(|_| gate.new_room(from, now).is_ok()).count(), at_once);
        }
        for own in [None, Some(ip("127.0.0.1"))] {
            assert!((0..1000).all(|_| gate.new_room(own, now).is_ok()));
        }
    }

    #[test]
    fn a_proxy_brings_as_many_as_it_likes() {
        let (gate, now) = (Gate::new(BOUNDS, vec!["10.0.0.0/24".parse().unwrap()]), Instant::now());
        let _many: Vec<_> = (0..9).map(|_| gate.room(ip("10.0.0.5"), now).unwrap()).collect();
        let _two: Vec<_> = (0..2).map(|_| gate.room(ip("10.0.1.5"), now).unwrap()).collect();
        assert!(gate.room(ip("10.0.1.5"), now).is_err());
    }

    #[test]
    fn nought_is_any_number() {
        let gate = Gate::new(Bounds { connections: 0, per_address: 0, new_per_minute: 0, new_rooms: 0 }, Vec::new());
        let now = Instant::now();
        let _many: Vec<_> = (0..1000)
            .map(|_| (gate.socket(ip("10.0.0.1"), now).unwrap(), gate.room(ip("10.0.0.1"), now).unwrap()))
            .collect();
    }

    #[test]
    fn who_has_gone_is_forgotten_once_there_are_many() {
        let (gate, now) = (
            Gate::new(Bounds { connections: 0, per_address: 1, new_per_minute: 1, new_rooms: 10 }, Vec::new()),
            Instant::now(),
        );
        let _stays = gate.room(ip("10.9.9.9"), now).unwrap();
        for i in 0..u32::try_from(3 * KNOWN).unwrap() {
            drop(
                gate.room(std::net::Ipv4Addr::from_bits(i + (9 << 24)).into(), now + WINDOW * (1 + i / 2000)).unwrap(),
            );
        }
        assert!(gate.crowd.lock().addresses.len() <= 2 * KNOWN);
        assert!(gate.room(ip("10.9.9.9"), now + 60 * WINDOW).is_err(), "still there");
    }

    #[test]
    fn some_open_files_are_kept_for_the_rest() {
        assert_eq!([20_000, 256, 64, 0].map(connections_for), [19_936, 192, 1, 1]);
    }
}
