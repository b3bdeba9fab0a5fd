//! One process for one database: a lock beside it, with the number of the process that holds it.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::file::beside;

/// Held for as long as the database is open. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Whether its file was not there before.
    made: bool,
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
        let path = beside(database, ".lock");
        let (mut file, made) = loop {
            let (mut file, made) = open(&path).map_err(Held::Fault)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Held::By(holder(&mut file))),
                Err(TryLockError::Error(fault)) => return Err(Held::Fault(fault)),
            }
            // Another process may have removed it meanwhile, and a third one made another.
            if is_at(&file, &path).map_err(Held::Fault)? {
                break (file, made);
            }
        };
        let named = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        // The number is for people: on a full disk the lock holds without it.
        if let Err(fault) = named {
            tracing::warn!(%fault, "the lock file does not name this process");
        }
        Ok(Lock { path, made, _file: file })
    }

    /// Lets go of it, and leaves no file of it that was not there before.
    pub fn undo(self) {
        if self.made {
            // While it is held: who has opened it by now finds that it is gone. One that stays does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Opens the file of a lock; says whether it has been made.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let options = OpenOptions::new().read(true).write(true).truncate(false).mode(0o600).to_owned();
    match options.clone().create_new(true).open(path) {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {
            Ok((options.clone().create(true).open(path)?, false))
        }
        made => Ok((made?, true)),
    }
}

/// Whether a file is the one at this path.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let inode = |file: Metadata| (file.dev(), file.ino());
    match fs::metadata(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(false),
        there => Ok(inode(there?) == inode(file.metadata()?)),
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut pid = String::new();
    file.take(16).read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}
