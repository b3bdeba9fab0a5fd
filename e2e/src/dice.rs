//! Chance that can be had again: the same seed throws the same numbers. `SplitMix64` (Steele, Lea, Flood 2014).

use std::env;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// A die.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// A die that throws what this seed makes it throw.
    pub fn seeded(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// A die, and its seed to be printed: `COMMONROOM_SEED`, or the time where that is not set.
    ///
    /// # Errors
    /// When the variable is no number.
    pub fn asked() -> Result<(Dice, u64)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let seed = match env::var("COMMONROOM_SEED") {
            Ok(seed) => seed.parse().with_context(|| format!("COMMONROOM_SEED={seed} is no number"))?,
            Err(_) => u64::from(now.subsec_nanos()) ^ now.as_secs(),
        };
        Ok((Dice::seeded(seed), seed))
    }

    /// Another die, whose throws do not depend on how often this one is thrown from now on.
    #[must_use]
    pub fn another(&mut self) -> Dice {
        Dice::seeded(self.throw())
    }

    /// A number of the range, which must not be empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.throw() % (range.end - range.start)
    }

    /// A time of so many milliseconds.
    pub fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    fn throw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
