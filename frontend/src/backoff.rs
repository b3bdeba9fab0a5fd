//! When to connect again after a connection has ended, and when not to.

use commonroom_protocol::ByeCode;

const BASE_MS: f64 = 500.0;
const CAP_MS: f64 = 30_000.0;
/// Six doublings are past the cap.
const MOST_DOUBLINGS: u32 = 6;

/// How a connection ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// What the server's `bye` said, if it came.
    pub bye: Option<ByeCode>,
    /// The times between which the server wants its clients back, in milliseconds.
    pub after_ms: Option<[u32; 2]>,
    /// The WebSocket close code; 1006 where the connection broke, 0 where we ended it.
    pub close: u16,
    /// The server does not take the room's name.
    pub room_bad: bool,
}

/// Why the page does not connect again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The operator has sent this member away.
    Kicked,
    /// The operator does not let this member in.
    Banned,
    /// The server wants a password.
    Password,
    /// The server speaks another version of the protocol: the page is too old or too new.
    Version,
    /// The address names no room.
    Room,
}

/// What to do after an [`End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: say why.
    Stop(Stop),
    /// Connect after so many milliseconds.
    Wait(u32),
    /// The same after having taken another client id: this one is in use by a newer tab.
    Renew(u32),
}

/// Counts the attempts since the last `welcome`.
#[derive(Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The server has let us in.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// What to do now. `random` lies in `0.0..1.0`.
    pub fn after(&mut self, end: &End, random: f64) -> Next {
        if let Some(stop) = stop(end) {
            return Next::Stop(stop);
        }
        if end.bye == Some(ByeCode::Replaced) || end.close == ByeCode::Replaced.close_code() {
            let first = self.tries == 0;
            let wait = self.jitter(random);
            return Next::Renew(if first { 0 } else { wait });
        }
        match end.after_ms {
            Some([from, to]) if from <= to => Next::Wait(between(f64::from(from), f64::from(to), random)),
            _ => Next::Wait(self.jitter(random)),
        }
    }

    /// Full jitter: anything from nothing to a limit that doubles.
    fn jitter(&mut self, random: f64) -> u32 {
        let limit = (BASE_MS * f64::from(1 << self.tries.min(MOST_DOUBLINGS))).min(CAP_MS);
        self.tries = self.tries.saturating_add(1);
        between(0.0, limit, random)
    }
}

fn stop(end: &End) -> Option<Stop> {
    match (end.bye, end.close) {
        _ if end.room_bad => Some(Stop::Room),
        (Some(ByeCode::Banned), _) => Some(Stop::Banned),
        (Some(ByeCode::Kicked), _) | (_, 4002) => Some(Stop::Kicked),
        (Some(ByeCode::Password), _) | (_, 4001) => Some(Stop::Password),
        (Some(ByeCode::Version), _) | (_, 4003) => Some(Stop::Version),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both ends are u32s")]
fn between(from: f64, to: f64, random: f64) -> u32 {
    (from + (to - from) * random) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALMOST_ONE: f64 = 0.999_999;

    fn broken() -> End {
        End { close: 1006, ..End::default() }
    }

    fn said(bye: ByeCode) -> End {
        End { bye: Some(bye), close: bye.close_code(), ..End::default() }
    }

    #[test]
    fn the_wait_doubles_to_thirty_seconds_and_stays_there() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9).map(|_| backoff.after(&broken(), ALMOST_ONE)).collect();
        let limits = [499, 999, 1999, 3999, 7999, 15_999, 29_999, 29_999, 29_999];
        assert_eq!(waits, limits.map(Next::Wait));
    }

    #[test]
    fn the_jitter_is_full() {
        let mut backoff = Backoff::default();
        backoff.after(&broken(), 0.5);
        assert_eq!(backoff.after(&broken(), 0.0), Next::Wait(0));
    }

    #[test]
    fn a_welcome_starts_the_wait_anew() {
        let mut backoff = Backoff::default();
        backoff.after(&broken(), 0.5);
        backoff.reset();
        assert_eq!(backoff.after(&broken(), ALMOST_ONE), Next::Wait(499));
    }

    #[test]
    fn the_servers_own_range_is_kept() {
        let end = End { after_ms: Some([500, 5000]), ..said(ByeCode::Restart) };
        assert_eq!(Backoff::default().after(&end, 0.0), Next::Wait(500));
        assert_eq!(Backoff::default().after(&end, ALMOST_ONE), Next::Wait(4999));
    }

    #[test]
    fn a_replaced_client_comes_back_at_once_but_not_for_ever() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.after(&said(ByeCode::Replaced), ALMOST_ONE), Next::Renew(0));
        assert_eq!(backoff.after(&End { close: 4004, ..End::default() }, ALMOST_ONE), Next::Renew(999));
    }

    #[test]
    fn an_end_that_another_attempt_cannot_mend_stops() {
        let stops = |end: End| Backoff::default().after(&end, 0.5);
        assert_eq!(stops(said(ByeCode::Kicked)), Next::Stop(Stop::Kicked));
        assert_eq!(stops(said(ByeCode::Banned)), Next::Stop(Stop::Banned));
        assert_eq!(stops(End { close: 4001, ..End::default() }), Next::Stop(Stop::Password));
        assert_eq!(stops(End { close: 4003, ..End::default() }), Next::Stop(Stop::Version));
        assert_eq!(stops(End { room_bad: true, ..broken() }), Next::Stop(Stop::Room));
        assert!(matches!(stops(said(ByeCode::Restart)), Next::Wait(_)));
        assert!(matches!(stops(said(ByeCode::Closing)), Next::Wait(_)));
    }
}
