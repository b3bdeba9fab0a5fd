//! What the kernel tells of a process in /proc.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The CPU time of a process's threads, in user space and in the kernel.
///
/// From schedstat, which counts nanoseconds: `stat` has ticks of 10 ms. A thread that is running right now is behind by
/// up to a tick, so the process should be at rest. Threads that have ended are not counted.
///
/// # Errors
/// When there is no such process, or the kernel keeps no such statistics.
pub fn cpu(pid: u32) -> Result<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).context("the process has ended")?;
    let mut sum = 0;
    for thread in threads {
        let Ok(line) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let nanoseconds = line.split(' ').next().and_then(|first| first.parse::<u64>().ok());
        sum += nanoseconds.context("this kernel keeps no schedstat")?;
    }
    Ok(Duration::from_nanos(sum))
}

/// The bytes of memory that a process alone holds and has written to.
///
/// # Errors
/// When there is no such process.
pub fn private_memory(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("the process has ended")?;
    let kilobytes = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kilobytes = kilobytes.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let kilobytes: u64 = kilobytes.context("no Private_Dirty in smaps_rollup")?.parse()?;
    Ok(kilobytes * 1024)
}

/// The machine in a few words: its processor, cores, kernel and system.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpus, release, system) = (read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"), read("/etc/os-release"));
    let field = |text: &str, key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key));
        value.map_or_else(|| "unknown".to_owned(), |value| value.trim_matches([' ', '\t', ':', '"', '=']).to_owned())
    };
    let (model, system) = (field(&cpus, "model name"), field(&system, "PRETTY_NAME"));
    format!("{model}, {cores} cores, Linux {}, {system}", release.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_time_and_memory() {
        let before = cpu(std::process::id()).unwrap();
        let mut sum = 0_u64;
        while cpu(std::process::id()).unwrap() == before {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(private_memory(std::process::id()).unwrap() > 0);
    }
}
