//! How much a peer may send that says nothing: pings, pongs, and the pieces of a message that never ends. Each costs
//! work, and none of it is counted as a message. Pure: time is an argument.

use std::time::{Duration, Instant};

/// Over this time it is counted.
const WINDOW: Duration = Duration::from_mins(1);
/// What a byte of a message takes at most, sent by itself, with something over.
const PIECE: usize = 8;

/// What has come in this window.
#[derive(Debug)]
pub(super) struct Patience {
    since: Instant,
    controls: u32,
    bytes: usize,
    /// Pings and pongs that may come. A browser sends none, and a program one now and then.
    most_controls: u32,
    /// Bytes without a whole message: the longest one in pieces of a byte, each with its head, fits in.
    most: usize,
}

impl Patience {
    /// With a peer whose messages have at most so many bytes, and who may send so many pings in a minute; 0 for any number.
    pub(super) fn new(longest: usize, pings: u32, now: Instant) -> Patience {
        let most_controls = if pings == 0 { u32::MAX } else { pings };
        Patience { since: now, controls: 0, bytes: 0, most_controls, most: PIECE * longest }
    }

    /// So many bytes have come. Says whether that is too much.
    pub(super) fn read(&mut self, bytes: usize, now: impl Fn() -> Instant) -> bool {
        self.bytes += bytes;
        self.is_out(now)
    }

    /// A ping or a pong has come. Says whether that is too much.
    pub(super) fn control(&mut self, now: impl Fn() -> Instant) -> bool {
        self.controls = self.controls.saturating_add(1);
        self.is_out(now)
    }

    /// A whole message has come.
    pub(super) fn message(&mut self) {
        self.bytes = 0;
    }

    /// The clock is looked at only when it matters.
    fn is_out(&mut self, now: impl Fn() -> Instant) -> bool {
        if self.controls <= self.most_controls && self.bytes <= self.most {
            return false;
        }
        let now = now();
        if now < self.since + WINDOW {
            return true;
        }
        *self = Patience { since: now, controls: 0, bytes: 0, ..*self };
        false
    }
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::limits;

    use super::*;

    const PINGS: u32 = 600;

    #[test]
    fn a_flood_of_pings_is_too_much_and_a_ping_now_and_then_is_not() {
        let start = Instant::now();
        let mut patience = Patience::new(limits::FRAME_BYTES, PINGS, start);
        assert!((0..PINGS).all(|_| !patience.control(|| start)));
        assert!(patience.control(|| start));
        let mut patience = Patience::new(limits::FRAME_BYTES, PINGS, start);
        assert!((0..10_000).all(|i| !patience.control(|| start + Duration::from_millis(200) * i)));
    }

    #[test]
    fn a_message_that_never_ends_is_too_much_however_small_its_pieces() {
        let start = Instant::now();
        let mut patience = Patience::new(limits::FRAME_BYTES, PINGS, start);
        let pieces = 7 * limits::FRAME_BYTES;
        assert!(!patience.read(pieces, || start), "the longest message, a byte at a time");
        patience.message();
        assert!(!patience.read(pieces, || start));
        assert!((0..20_000).any(|_| patience.read(6, || start)));
        let mut patience = Patience::new(limits::FRAME_BYTES, PINGS, start);
        assert!(!patience.read(PIECE * limits::FRAME_BYTES + 1, || start + WINDOW), "an hour of silence and pings");
    }
}
