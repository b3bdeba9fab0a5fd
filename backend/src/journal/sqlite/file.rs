//! The database file: found or made, checked, and opened as SQLite should have it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use super::check::{damage, inspect, regular, single};
use super::lock::{Held, Lock};
use super::{schema, unusable};

/// How long somebody else's lock on the database is waited for, such as that of a backup that ends.
const BUSY: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log before they are put into the file: 16 MiB.
const CHECKPOINT_PAGES: u32 = 4096;

/// A database can't be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by {}; stop that first, or choose another file with --db", path.display(), holder(*pid))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process that has it, where that is known.
        pid: Option<u32>,
    },
    /// It is damaged.
    #[error(
        "{} is damaged ({what}), and nothing has been changed in it; `commonroom export --db {} > saved.jsonl` saves \
         what can be read, and `commonroom import --db NEW.db saved.jsonl` makes a new file of it",
        path.display(), path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// It is none, or one whose beginning is damaged.
    #[error(
        "{} is no database, or its first bytes are damaged, and nothing has been changed in it; put a backup in its \
         place, or choose another file with --db",
        path.display()
    )]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// It is a database of something else.
    #[error("{} is a database of another program; choose another file with --db", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is of a newer version of this program.
    #[error(
        "{} is of a newer Commonroom (its version is {version}, this program knows {}); start that one, or choose another \
         file with --db",
        path.display(), schema::VERSION
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: usize,
    },
    /// It is something else than a file.
    #[error("{} is {what}, and a history is a file; choose another place with --db", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// There is none where one is needed.
    #[error("there is no database {}; name another with --db", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It can't be opened or written.
    #[error("can't use {}: {what}; choose another file with --db, or --db :memory: to keep nothing", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("another commonroom (process {pid})"))
}

/// A database that this process alone may write to.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    /// What the paths of the file and of its write-ahead log led to when it was opened.
    inodes: [Option<(u64, u64)>; 2],
    /// Whether it was not there before.
    made: bool,
    lock: Lock,
}

impl Database {
    /// Takes the lock of a database, which is made if there is none, and gives the connection that writes to it.
    pub fn open(path: &Path, epoch: &str) -> Result<(Database, Connection), OpenError> {
        let unusable = |fault: io::Error| unusable(path, &fault);
        make_folder(path).map_err(unusable)?;
        // By its own name, so that whoever comes by a link finds the same lock.
        let path = &own_name(path).map_err(unusable)?;
        regular(path)?;
        let lock = Lock::take(path).map_err(|held| match held {
            Held::By(pid) => OpenError::InUse { path: path.to_owned(), pid },
            Held::Fault(fault) => unusable(fault),
        })?;
        match Database::locked(path, epoch) {
            Ok((made, connection)) => {
                Ok((Database { path: path.to_owned(), inodes: inodes(path), made, lock }, connection))
            }
            Err(fault) => {
                lock.undo();
                Err(fault)
            }
        }
    }

    /// What is done under the lock. Says whether the file was made.
    fn locked(path: &Path, epoch: &str) -> Result<(bool, Connection), OpenError> {
        let made = make_file(path).map_err(|fault| unusable(path, &fault))?;
        let opened = single(path).and_then(|()| prepare(path, epoch));
        if made && opened.is_err() {
            remove(path);
        }
        Ok((made, opened?))
    }

    /// Undoes the opening: a file that was not there before goes, and its lock with it. No connection may be left.
    pub fn undo(self) {
        if self.made {
            remove(&self.path);
        }
        self.lock.undo();
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One more connection that writes, after a failure of the one before, which must be gone.
    pub fn writer(&self) -> rusqlite::Result<Connection> {
        let connection = connect(&self.path)?;
        tune(&connection)?;
        // On a full disk it may be what makes room: the log begins anew in its own place.
        let _ = checkpoint(&connection);
        overwrite(&connection)?;
        Ok(connection)
    }

    /// A connection that reads.
    pub fn reader(&self) -> rusqlite::Result<Connection> {
        let connection = connect(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        // SQLite opens the write-ahead log with the first look at the file, which may have vanished by then.
        connection.query_row("SELECT 1 FROM meta LIMIT 1", [], |_| Ok(()))?;
        Ok(connection)
    }

    /// What is not where it was, the file or its write-ahead log. What is written now would be gone with this process.
    pub fn missing(&self) -> Option<PathBuf> {
        let now = inodes(&self.path);
        let places = [self.path.clone(), log(&self.path)].into_iter();
        places.zip(now.iter().zip(&self.inodes)).find(|(_, (now, then))| now != then).map(|(path, _)| path)
    }
}

/// A path without links. Of a file that is not there yet, its folder's.
fn own_name(path: &Path) -> io::Result<PathBuf> {
    match (fs::canonicalize(path), path.file_name()) {
        (Err(fault), Some(name)) if fault.kind() == io::ErrorKind::NotFound => {
            Ok(fs::canonicalize(folder(path))?.join(name))
        }
        (own, _) => own,
    }
}

fn inodes(path: &Path) -> [Option<(u64, u64)>; 2] {
    let inode = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    [inode(path), inode(&log(path))]
}

/// The write-ahead log of a database.
fn log(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// What SQLite has beside a database.
fn parts(path: &Path) -> [PathBuf; 3] {
    [path.to_owned(), log(path), beside(path, "-shm")]
}

/// A path with this at its end.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

/// Removes a database that has just been made. What stays of it is empty.
fn remove(path: &Path) {
    for part in parts(path) {
        let _ = fs::remove_file(part);
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(path))
}

/// The folder that a path is in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A connection to a history that is there, whoever writes to it. Nothing in it is changed.
pub(super) fn existing(path: &Path) -> Result<Connection, OpenError> {
    reading(path, false)
}

/// The same to one that may be cut short, of which the beginning is read as far as it goes.
pub(super) fn damaged(path: &Path) -> Result<Connection, OpenError> {
    reading(path, true)
}

fn reading(path: &Path, damaged: bool) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    regular(path)?;
    let open = || {
        let connection = connect(path)?;
        leave_alone(path, &connection, true)?;
        // What it permits is not done. SQLite takes it for a sign that somebody is mending, and does not ask for all pages.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, damaged)?;
        let inspected = inspect(path, &connection)?;
        Ok(inspected.map(|()| connection))
    };
    open().map_err(|fault| open_error(path, &fault))?
}

/// Makes an empty file that its owner alone may read, unless there is one; says whether it has. Only here the file is
/// opened by anybody but SQLite: closing it later would drop SQLite's locks (POSIX `fcntl`).
fn make_file(path: &Path) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        // The name is as durable as what is written under it.
        Ok(_) => File::open(folder(path))?.sync_all().map(|()| true),
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Has a history's owner alone read it, and what is beside it; SQLite gives what it makes there the file's mode.
fn make_private(path: &Path) -> io::Result<()> {
    for part in parts(path) {
        match fs::set_permissions(part, Permissions::from_mode(0o600)) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// A connection to a file that is there.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // No mutex: rusqlite lets one thread at a time use a connection.
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Whether a write-ahead log stays as it is when the connection is closed: what is in a damaged file and its log may be
/// all that is left. An empty one goes.
fn leave_alone(path: &Path, connection: &Connection, alone: bool) -> rusqlite::Result<()> {
    let alone = alone && fs::metadata(log(path)).is_ok_and(|log| log.len() > 0);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, alone).map(drop)
}

/// Has the write-ahead log on the disk, then puts into the file what no reader needs there any more.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", i64::from(CHECKPOINT_PAGES) * 4096)
}

/// Opens, checks and migrates. A file with which something is wrong is left as it is.
fn prepare(path: &Path, epoch: &str) -> Result<Connection, OpenError> {
    let wrong = |fault: rusqlite::Error| open_error(path, &fault);
    let mut connection = connect(path).map_err(wrong)?;
    leave_alone(path, &connection, true).map_err(wrong)?;
    inspect(path, &connection).map_err(wrong)??;
    if let Some(what) = damage(&mut connection).map_err(wrong)? {
        return Err(OpenError::Damaged { path: path.to_owned(), what });
    }
    make_private(path).map_err(|fault| unusable(path, &fault))?;
    migrate(path, &mut connection, epoch).map_err(wrong)?;
    Ok(connection)
}

/// Has a sound file as it is to be.
fn migrate(path: &Path, connection: &mut Connection, epoch: &str) -> rusqlite::Result<()> {
    leave_alone(path, connection, false)?;
    tune(connection)?;
    schema::migrate(connection, epoch)?;
    settle(connection)
}

/// Writes, so that what a failed commit may have left in the write-ahead log is overwritten, and so that an `fsync` that
/// counts has succeeded. Where this one fails, too, the next process finds it overwritten all the same, but for a power cut.
fn overwrite(connection: &Connection) -> rusqlite::Result<()> {
    let now = Timestamp::now().to_string();
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('reopened', ?)", [now])?;
    Ok(())
}

/// Has on the disk what a process that was killed had written and not synced, or what a failed sync has made doubtful:
/// nobody can tell it from what was synced, and it is told from now on. A log that is in the file then begins anew.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    match checkpoint(connection).and_then(|()| overwrite(connection)) {
        // The log is synced before the file is written to. A history on a full disk can be read.
        Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::DiskFull) => Ok(()),
        settled => settled,
    }
}

/// What SQLite's failure to open a file means to whoever named it.
pub(super) fn open_error(path: &Path, fault: &rusqlite::Error) -> OpenError {
    let (path, what) = (path.to_owned(), fault.to_string());
    match fault.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, what },
        Some(ErrorCode::NotADatabase) => OpenError::NoDatabase { path },
        _ => OpenError::Unusable { path, what },
    }
}
