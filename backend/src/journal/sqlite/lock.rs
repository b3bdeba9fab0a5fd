//! One process for one database: a lock beside it, with the number of the process that holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Held for as long as the database is open. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum Held {
    /// Another process has it; its number, where it can be read.
    By(Option<u32>),
    /// The file system.
    Fault(io::Error),
}

impl Lock {
    /// Takes the lock of a database.
    pub fn take(database: &Path) -> Result<Lock, Held> {
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).to_owned();
        let mut file = options.open(path(database)).map_err(Held::Fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Held::By(holder(&mut file))),
            Err(TryLockError::Error(fault)) => return Err(Held::Fault(fault)),
        }
        let named = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        // The number is for people: on a full disk the lock holds without it.
        if let Err(fault) = named {
            tracing::warn!(%fault, "the lock file does not name this process");
        }
        Ok(Lock { _file: file })
    }
}

fn path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

fn holder(file: &mut File) -> Option<u32> {
    let mut pid = String::new();
    file.take(16).read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}
