//! Somebody in the room who wants nothing but to talk: what others do to the server is seen by how long their words take.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::Witness;

/// A member that says a word now and then and hears what becomes of it, until it is asked how that was.
pub struct Bystander {
    talk: JoinHandle<Result<Vec<Duration>>>,
    stage: watch::Sender<bool>,
}

impl Bystander {
    /// Joins a room and begins: a word every `pace`, which should be within the server's limits. What one waits for the
    /// word before counts for the next one, too.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn join(addr: SocketAddr, room: &str, pace: Duration) -> Result<Bystander> {
        let mut witness = Witness::join(addr, room).await?;
        let (stage, staged) = watch::channel(true);
        let talk = tokio::spawn(async move {
            let (mut waits, mut next) = (Vec::new(), Instant::now());
            while *staged.borrow() {
                sleep_until(next).await;
                witness.try_to_say("undisturbed").await?;
                waits.push(next.elapsed());
                next += pace;
            }
            Ok(waits)
        });
        Ok(Bystander { talk, stage })
    }

    /// Goes, and tells how long it took until its words were said or refused.
    ///
    /// # Errors
    /// When one was not answered.
    pub async fn leave(self) -> Result<Waits> {
        self.stage.send_replace(false);
        Waits::of(self.talk.await??)
    }
}

/// How long things took.
pub struct Waits {
    sorted: Vec<Duration>,
}

impl Waits {
    /// Of these, in any order.
    ///
    /// # Errors
    /// When there are none.
    pub fn of(mut waits: Vec<Duration>) -> Result<Waits> {
        waits.sort_unstable();
        waits.last().context("nothing was measured")?;
        Ok(Waits { sorted: waits })
    }

    /// The time within which so many of a hundred were done.
    pub fn within(&self, percent: usize) -> Duration {
        let last = self.sorted.len() - 1;
        self.sorted[(self.sorted.len() * percent / 100).min(last)]
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        self.within(100)
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (p50, p99, longest) = (self.within(50), self.within(99), self.longest());
        write!(f, "p50 {p50:.1?}, p99 {p99:.1?}, longest {longest:.1?}")
    }
}
