//! How fast one connection is read. Pure: time is an argument.

use std::time::{Duration, Instant};

/// A token bucket (as the generic cell rate algorithm of ITU-T I.371: one instant instead of a count).
#[derive(Debug)]
pub struct Bucket {
    /// The time one token takes to come back; none if everything may come as fast as it likes.
    interval: Option<Duration>,
    /// How far ahead of its rate a peer may be.
    ahead: Duration,
    /// When the bucket is full again.
    full_at: Option<Instant>,
}

impl Bucket {
    /// A full bucket: `burst` at once, then `count` in each span of time. Either 0 turns it off.
    pub fn new(burst: u32, count: u32, span: Duration) -> Bucket {
        let interval = (burst > 0 && count > 0).then(|| span / count);
        Bucket { interval, ahead: interval.unwrap_or_default() * burst.saturating_sub(1), full_at: None }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// When there will be one, if there is none now.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let Some(interval) = self.interval else { return Ok(()) };
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        match full_at.checked_sub(self.ahead) {
            Some(free_at) if free_at > now => Err(free_at),
            _ => {
                self.full_at = Some(full_at + interval);
                Ok(())
            }
        }
    }

    /// Whether the peer has been within its rate for long enough to have all its tokens back.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|full_at| full_at <= now)
    }
}

/// When a program that has just come is told what others say: not while it is speaking.
///
/// One that says its lines and closes at once may have lines left in its own system when it does; were it told something
/// then, its system would answer with a reset, and throw those lines away (RFC 9293 section 3.10.7.1).
pub struct Hush {
    /// Nothing is hushed after this.
    end: Instant,
    /// Since when it is speaking, and until when nothing is told.
    speaking: Option<(Instant, Instant)>,
}

impl Hush {
    /// Who is here for longer than this has not come to say its lines and go.
    const NEW: Duration = Duration::from_secs(2);
    /// A program has spoken when it has been silent for this long.
    const SILENCE: Duration = Duration::from_millis(20);
    /// One that never is silent is told all the same after this.
    const MOST: Duration = Duration::from_millis(100);

    /// Somebody has come.
    pub fn new(now: Instant) -> Hush {
        Hush { end: now + Self::NEW, speaking: None }
    }

    /// It has said something.
    pub fn heard(&mut self, now: Instant) {
        if now < self.end {
            let since = self.speaking.map_or(now, |(since, _)| since);
            self.speaking = Some((since, (now + Self::SILENCE).min(since + Self::MOST)));
        }
    }

    /// Until when nothing is told.
    pub fn until(&self) -> Option<Instant> {
        self.speaking.map(|(_, until)| until)
    }

    /// It is told now.
    pub fn end(&mut self) {
        self.speaking = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_once_it_is_silent_or_has_spoken_for_long() {
        let start = Instant::now();
        let mut hush = Hush::new(start);
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(hush.until(), None);
        hush.heard(start);
        assert_eq!(hush.until(), Some(after(20)));
        for ms in (0..=90).step_by(10) {
            hush.heard(after(ms));
        }
        assert_eq!(hush.until(), Some(after(100)));
        hush.end();
        assert_eq!(hush.until(), None);
        hush.heard(start + Hush::NEW);
        assert_eq!(hush.until(), None, "it is here for long");
    }

    #[test]
    fn a_burst_passes_and_then_ten_a_second() {
        let (mut bucket, start) = (Bucket::new(20, 10, Duration::from_secs(1)), Instant::now());
        assert!((0..20).all(|_| bucket.take(start).is_ok()));
        let mut now = start;
        for i in 1..=30 {
            now = bucket.take(now).unwrap_err();
            assert_eq!(now, start + i * Duration::from_millis(100));
            assert!(bucket.take(now).is_ok());
        }
        assert!(!bucket.is_full(now));
        assert!(bucket.is_full(now + Duration::from_secs(2)));
    }

    #[test]
    fn zero_turns_it_off() {
        let (mut bucket, now) = (Bucket::new(20, 0, Duration::from_secs(1)), Instant::now());
        assert!((0..10_000).all(|_| bucket.take(now).is_ok()));
    }
}
