//! Whether a file is a history that can be used. It is left as it is.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, MAIN_DB};

use super::file::{self, OpenError};
use super::schema;

/// How long the file may be looked through when the server starts.
const CHECK: Duration = Duration::from_secs(3);

/// Looks at the file at `path` as a server does that starts, also while one has it. Where there is none, one can be made.
///
/// # Errors
/// [`OpenError`], as the server would say it.
pub fn check(path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Ok(());
    }
    single(path)?;
    let mut connection = file::existing(path)?;
    let found = connection.is_readonly(MAIN_DB).and_then(|readonly| Ok((readonly, damage(&mut connection)?)));
    match found.map_err(|fault| file::open_error(path, &fault))? {
        (true, _) => Err(unusable(path, "it can't be written to")),
        (_, Some(what)) => Err(OpenError::Damaged { path: path.to_owned(), what }),
        (false, None) => Ok(()),
    }
}

fn unusable(path: &Path, what: &str) -> OpenError {
    OpenError::Unusable { path: path.to_owned(), what: what.to_owned() }
}

/// Whether what is at `path` is a file, or nothing.
pub(super) fn regular(path: &Path) -> Result<(), OpenError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(OpenError::NoFile { path: path.to_owned(), what: kind(found.file_type()) })
        }
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(unusable(path, &fault.to_string())),
        _ => Ok(()),
    }
}

fn kind(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// Whether the file has one name alone: by another one its lock would not be found.
pub(super) fn single(path: &Path) -> Result<(), OpenError> {
    regular(path)?;
    match fs::metadata(path) {
        Ok(file) if file.nlink() > 1 => {
            Err(unusable(path, "it has a second name, a hard link, by which it could be used, too"))
        }
        Ok(_) => Ok(()),
        Err(fault) => Err(unusable(path, &fault.to_string())),
    }
}

/// Whether a file is one of ours, of a version that is known; or empty, where it may be made one.
pub(super) fn inspect(path: &Path, connection: &Connection) -> rusqlite::Result<Result<(), OpenError>> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let empty = !connection.prepare("SELECT 1 FROM sqlite_schema")?.exists([])?;
    let path = || path.to_owned();
    Ok(match application {
        schema::APPLICATION if version > schema::VERSION => Err(OpenError::Newer { path: path(), version }),
        schema::APPLICATION => Ok(()),
        0 if empty => Ok(()),
        _ => Err(OpenError::Foreign { path: path() }),
    })
}

/// What is wrong with the file, as far as it can be looked through in [`CHECK`].
pub(super) fn damage(connection: &mut Connection) -> rusqlite::Result<Option<String>> {
    let until = Instant::now() + CHECK;
    connection.progress_handler(10_000, Some(move || Instant::now() > until))?;
    let found = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match found {
        Ok(ok) if ok == "ok" => Ok(None),
        Ok(what) => Ok(Some(what.replace('\n', "; "))),
        Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(None),
        Err(fault) => Err(fault),
    }
}
