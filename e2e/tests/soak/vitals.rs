//! How much a process holds, looked at again and again.

use std::fmt;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use commonroom_bench::proc;
use tokio::time::{Instant, interval};

/// How often one looks.
const EACH: Duration = Duration::from_millis(500);
/// What fills up at first (caches, the log's memory) is not growth: one part of so many of the time is not counted.
const WARM_UP: usize = 2;

/// A process's memory over time.
pub struct Vitals {
    /// Minutes since the start, and KiB of private memory.
    memory: Vec<(f64, f64)>,
    /// The most open files.
    files: usize,
}

/// Looks at a process until then.
pub async fn watch(pid: u32, end: Instant) -> Result<Vitals> {
    let mut vitals = Vitals { memory: Vec::new(), files: 0 };
    let (start, mut due) = (Instant::now(), interval(EACH));
    while Instant::now() < end {
        due.tick().await;
        let kib = u32::try_from(proc::private_memory(pid)? >> 10).context("terabytes of memory")?;
        vitals.memory.push((start.elapsed().as_secs_f64() / 60.0, f64::from(kib)));
        vitals.files = vitals.files.max(files(pid)?);
    }
    Ok(vitals)
}

impl Vitals {
    /// KiB that the memory grows in a minute: the line of least squares, after what fills up at first.
    pub fn slope(&self) -> f64 {
        let settled = self.settled();
        let (x, y) = (mean(settled.iter().map(|at| at.0)), mean(settled.iter().map(|at| at.1)));
        let over: f64 = settled.iter().map(|at| (at.0 - x) * (at.1 - y)).sum();
        let under: f64 = settled.iter().map(|at| (at.0 - x).powi(2)).sum();
        over / under
    }

    fn settled(&self) -> &[(f64, f64)] {
        &self.memory[self.memory.len() / WARM_UP..]
    }
}

impl fmt::Display for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let settled = self.settled();
        let least = settled.iter().map(|at| at.1).fold(f64::INFINITY, f64::min) / 1024.0;
        let most = settled.iter().map(|at| at.1).fold(0.0, f64::max) / 1024.0;
        let (slope, files) = (self.slope(), self.files);
        write!(f, "memory {least:.1} to {most:.1} MiB, {slope:+.1} KiB a minute, at most {files} open files")
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand values")]
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// A process's open files.
pub fn files(pid: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd")).context("the process has ended")?.count())
}
