//! Which core does what: servers have the first one to themselves, the generator has the second.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two cores.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    server: usize,
    generator: usize,
}

impl Cores {
    /// The first two that this process may use; one for both where there is no other.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn choose() -> Result<Cores> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = cores.next().context("no core to run on")?;
        let generator = cores.next().unwrap_or(server);
        Ok(Cores { server, generator })
    }

    /// Whether the generator takes time from the servers.
    pub fn shared(self) -> bool {
        self.server == self.generator
    }

    /// Moves this thread to the generator's core.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub fn generate(self) -> Result<()> {
        pin(self.generator)
    }

    /// Does `start`, which starts a process, on the servers' core: the process stays there.
    ///
    /// # Errors
    /// When the system does not allow it, or `start` fails.
    pub fn serve<T>(self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.generator)?;
        started
    }
}

fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).context("cannot move to another core")
}
