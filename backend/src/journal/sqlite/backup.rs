//! A copy of a history, whole and consistent, also while a server writes to it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use thiserror::Error;

use super::file::{self, OpenError};

/// A backup was not made.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The file can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something already where the copy should be.
    #[error("{} is there already; name a file that is not", .0.display())]
    Exists(PathBuf),
    /// The copy can't be made.
    #[error("can't copy to {}", to.display())]
    Copy {
        /// Where it should be.
        to: PathBuf,
        /// Why not.
        source: CopyError,
    },
}

/// Why a copy can't be made.
#[derive(Debug, Error)]
#[error(transparent)]
pub enum CopyError {
    /// SQLite can't.
    Sqlite(#[from] rusqlite::Error),
    /// It can't be written.
    Write(#[from] io::Error),
}

/// Copies the history at `path` to a file that is not there yet, and says how many messages there are in it. The copy
/// is there when it is whole, and on the disk.
///
/// It is another epoch: what is said after a backup is gone once that is put back, so its seqs come again.
///
/// # Errors
/// [`BackupError`].
pub fn backup(path: &Path, to: &Path) -> Result<u64, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let source = file::existing(path)?;
    put(&source, to).map_err(|source| BackupError::Copy { to: to.to_owned(), source })
}

/// Puts the copy in its place once it is whole.
fn put(source: &Connection, to: &Path) -> Result<u64, CopyError> {
    let part = file::beside(to, ".part");
    // What an earlier try may have left.
    remove(&part)?;
    remove(&file::beside(&part, "-journal"))?;
    let copied = copy(source, &part).inspect_err(|_| drop(remove(&part)))?;
    fs::rename(&part, to)?;
    File::open(file::folder(to))?.sync_all()?;
    Ok(copied)
}

fn copy(source: &Connection, part: &Path) -> Result<u64, CopyError> {
    let epoch = super::super::new_epoch().map_err(io::Error::other)?;
    // Made first, so that nobody else can read it for a moment.
    File::create_new(part)?.set_permissions(Permissions::from_mode(0o600))?;
    source.execute("VACUUM INTO ?", [part.to_string_lossy()])?;
    let copy = file::connect(part)?;
    copy.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", [epoch])?;
    let count = super::count(&copy)?;
    copy.close().map_err(|(_, fault)| fault)?;
    File::open(part)?.sync_all()?;
    Ok(count)
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|fault| if fault.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(fault) })
}
