//! How fast one connection is read. Pure: time is an argument.

use std::time::{Duration, Instant};

/// A token bucket (as the generic cell rate algorithm of ITU-T I.371: one instant instead of a count).
pub struct Bucket {
    /// The time one token takes to come back; none if everything may come as fast as it likes.
    interval: Option<Duration>,
    /// How far ahead of its rate a peer may be.
    ahead: Duration,
    /// When the bucket is full again.
    full_at: Option<Instant>,
}

impl Bucket {
    /// A full bucket: `burst` at once, then `per_second`. Either 0 turns it off.
    pub fn new(burst: u32, per_second: u32) -> Bucket {
        let limited = burst > 0 && per_second > 0;
        let interval = limited.then(|| Duration::from_secs(1) / per_second);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_ten_a_second() {
        let (mut bucket, start) = (Bucket::new(20, 10), Instant::now());
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
        let (mut bucket, now) = (Bucket::new(20, 0), Instant::now());
        assert!((0..10_000).all(|_| bucket.take(now).is_ok()));
    }
}
