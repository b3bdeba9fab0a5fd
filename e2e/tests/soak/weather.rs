//! What breaks around a server: the network to its clients, and its disk.

use std::fmt;
use std::ops::Range;

use anyhow::Result;
use commonroom_e2e::{Dice, Mount, Proxy};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

/// How long all is well, then something is not, and how long the network stays cut after that, in milliseconds.
const FAIR: Range<u64> = 1000..8000;
const FOUL: Range<u64> = 50..2000;
const CUT: Range<u64> = 5..20;

/// How often what was broken.
#[derive(Default)]
pub struct Weather {
    /// The network lost what was sent, then was cut.
    cuts: u32,
    /// The disk was full.
    full: u32,
}

/// Breaks one thing after the other until then, and leaves all whole.
pub async fn rage(networks: &[Proxy], disk: &Mount, mut dice: Dice, end: Instant) -> Result<Weather> {
    let mut weather = Weather::default();
    while Instant::now() < end {
        sleep(dice.millis(FAIR)).await;
        match dice.within(0..3) {
            0 => {
                weather.full += 1;
                block_in_place(|| disk.fill(0))?;
                sleep(dice.millis(FOUL)).await;
                disk.empty()?;
                continue;
            }
            1 => networks.iter().for_each(Proxy::lose_answers),
            _ => networks.iter().for_each(Proxy::lose_everything),
        }
        sleep(dice.millis(FOUL)).await;
        // What was lost on the way is missed only by who comes back.
        networks.iter().for_each(Proxy::cut);
        sleep(dice.millis(CUT)).await;
        networks.iter().for_each(Proxy::mend);
        weather.cuts += 1;
    }
    Ok(weather)
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Weather { cuts, full } = self;
        write!(f, "the network lost what was sent and was cut {cuts} times, the disk was full {full} times")
    }
}
