//! Who may speak in a room: mutes, slow mode, the lock. Pure: time is an argument. The operator is not asked about here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::name::By;
use crate::refusal::Refusal;

/// Mutes and remembered speakers of one room at most.
const CLIENTS: usize = 10_000;

/// The rules of a room; at first everybody may speak.
#[derive(Debug, Default)]
pub struct Rules {
    /// Until when a client may not speak; until further notice if none.
    muted: HashMap<By, Option<Instant>>,
    /// The time between two messages of one client; zero for none.
    pause: Duration,
    /// In slow mode: when each may speak again.
    next: HashMap<By, Instant>,
    locked: bool,
}

impl Rules {
    /// Takes a message of this client, which then counts for slow mode.
    ///
    /// # Errors
    /// [`Refusal::Muted`], [`Refusal::Locked`] or [`Refusal::Slow`], looked for in this order.
    pub fn say(&mut self, by: By, now: Instant) -> Result<(), Refusal> {
        self.speak(by, now)?;
        if self.locked {
            return Err(Refusal::Locked);
        }
        if self.pause.is_zero() {
            return Ok(());
        }
        if let Some(wait) =
            self.next.get(&by).and_then(|next| next.checked_duration_since(now)).filter(|w| !w.is_zero())
        {
            return Err(Refusal::Slow { wait });
        }
        if self.next.len() >= CLIENTS {
            self.next.retain(|_, next| *next > now);
        }
        if self.next.len() < CLIENTS {
            self.next.insert(by, now + self.pause);
        }
        Ok(())
    }

    /// Whether this client may make itself heard at all, be it by a whisper or another name.
    ///
    /// # Errors
    /// [`Refusal::Muted`].
    pub fn speak(&mut self, by: By, now: Instant) -> Result<(), Refusal> {
        match self.muted.get(&by) {
            None => Ok(()),
            Some(None) => Err(Refusal::Muted { wait: None }),
            Some(Some(until)) if *until > now => Err(Refusal::Muted { wait: Some(*until - now) }),
            Some(Some(_)) => {
                self.muted.remove(&by);
                Ok(())
            }
        }
    }

    /// Lets a client say nothing, for this time or until further notice.
    pub fn mute(&mut self, by: By, time: Option<Duration>, now: Instant) {
        if self.muted.len() >= CLIENTS {
            self.muted.retain(|_, until| until.is_none_or(|until| until > now));
        }
        if self.muted.len() < CLIENTS {
            self.muted.insert(by, time.map(|time| now + time));
        }
    }

    /// Lets a client speak again. Says whether it was muted.
    pub fn unmute(&mut self, by: By) -> bool {
        self.muted.remove(&by).is_some()
    }

    /// Sets the time between two messages of one client; zero for none.
    pub fn slow(&mut self, pause: Duration) {
        self.pause = pause;
        self.next.clear();
    }

    /// Locks or unlocks the room.
    pub fn lock(&mut self, locked: bool) {
        self.locked = locked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: By = By(1);
    const ANA: By = By(2);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_mute_is_for_one_and_ends_when_it_is_lifted_or_over() {
        let (mut rules, now) = (Rules::default(), Instant::now());
        rules.mute(BOB, None, now);
        assert_eq!(rules.say(BOB, now + seconds(1 << 20)), Err(Refusal::Muted { wait: None }));
        assert_eq!(rules.say(ANA, now), Ok(()));
        assert!(rules.unmute(BOB) && !rules.unmute(BOB));
        assert_eq!(rules.say(BOB, now), Ok(()));
        rules.mute(BOB, Some(seconds(60)), now);
        assert_eq!(rules.speak(BOB, now + seconds(59)), Err(Refusal::Muted { wait: Some(seconds(1)) }));
        assert_eq!(rules.say(BOB, now + seconds(60)), Ok(()));
    }

    #[test]
    fn slow_mode_lets_each_say_one_message_in_its_time() {
        let (mut rules, now) = (Rules::default(), Instant::now());
        rules.slow(seconds(5));
        assert_eq!((rules.say(BOB, now), rules.say(ANA, now)), (Ok(()), Ok(())));
        assert_eq!(rules.say(BOB, now + seconds(2)), Err(Refusal::Slow { wait: seconds(3) }));
        assert_eq!(rules.say(BOB, now + seconds(5)), Ok(()), "a refused one does not count");
        assert!(rules.say(BOB, now + seconds(6)).is_err());
        rules.slow(Duration::ZERO);
        assert_eq!((rules.say(BOB, now), rules.say(BOB, now)), (Ok(()), Ok(())));
    }

    #[test]
    fn in_a_locked_room_nobody_speaks() {
        let (mut rules, now) = (Rules::default(), Instant::now());
        rules.lock(true);
        assert_eq!(rules.say(BOB, now), Err(Refusal::Locked));
        assert_eq!(rules.speak(BOB, now), Ok(()), "a whisper is not for the room");
        rules.lock(false);
        assert_eq!(rules.say(BOB, now), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut rules, now) = (Rules::default(), Instant::now());
        rules.slow(seconds(5));
        for by in 0..2 * CLIENTS as u64 {
            assert_eq!(rules.say(By(by), now), Ok(()));
            rules.mute(By(by), Some(seconds(1)), now);
        }
        assert_eq!((rules.next.len(), rules.muted.len()), (CLIENTS, CLIENTS));
        rules.mute(By(u64::MAX), None, now + seconds(1));
        assert_eq!(rules.muted.len(), 1);
    }
}
