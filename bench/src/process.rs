//! Other programs, each running on the servers' core for as long as it is held.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};

use crate::cores::Cores;

/// A program must listen after so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running program. It is killed when this is dropped.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it, with nothing to read and nothing of what it says shown.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(command: &mut Command, cores: Cores) -> Result<Process> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = cores.serve(|| command.spawn().with_context(|| format!("{program} does not start")))?;
        Ok(Process { child })
    }

    /// The same, and gives what it prints to `take` until that has found what it looks for.
    ///
    /// # Errors
    /// When it does not start, or ends before.
    pub fn printing<T>(
        command: &mut Command,
        cores: Cores,
        mut take: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Process, T)> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = cores.serve(|| command.spawn().with_context(|| format!("{program} does not start")))?;
        let mut process = Process { child };
        let stdout = process.child.stdout.take().context("it has no stdout")?;
        for line in BufReader::new(stdout).lines() {
            if let Some(found) = take(&line?) {
                return Ok((process, found));
            }
        }
        bail!("{program} does not say where it listens")
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until somebody listens there.
    ///
    /// # Errors
    /// When nobody does, or the program has ended.
    pub fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let start = Instant::now();
        while !is_listened_at(address.port())? {
            if let Some(status) = self.child.try_wait()? {
                bail!("it has ended: {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("nobody listens at {address}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// Whether the kernel lists a listener there, of any process: a connection to see it might be one that it minds.
fn is_listened_at(port: u16) -> Result<bool> {
    let listens = format!(":{port:04X} 00000000:0000 0A ");
    Ok(fs::read_to_string("/proc/net/tcp")?.contains(&listens))
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of this machine alone that nobody listens at.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The first program of that name on PATH, or in the folder where Debian keeps servers.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|dir| dir.join(name)).find(|path| path.is_file())
}
