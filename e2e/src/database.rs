//! A history on disk: the file that a server is started on, and what is found in it afterwards.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use commonroom_protocol::Said;
use tokio::process::Command;

use crate::executable;

/// Checks a copy, since a database that was not put away cannot be opened without being written to.
const CHECK: &str = "
import glob, os, shutil, sqlite3, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    for part in glob.glob(glob.escape(sys.argv[1]) + '*'):
        shutil.copy(part, folder)
    copy = sqlite3.connect(os.path.join(folder, os.path.basename(sys.argv[1])))
    print(copy.execute('pragma integrity_check').fetchone()[0])
    copy.close()
";

/// A database in a folder of its own. It stays until [`Database::remove`], so that after a failure it can be looked at.
pub struct Database {
    folder: PathBuf,
    path: String,
}

impl Database {
    /// A folder in which a server can make its database.
    ///
    /// # Errors
    /// When there can be none.
    pub fn new() -> Result<Database> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("commonroom-e2e-{}-{number}", process::id()));
        fs::create_dir_all(&folder)?;
        let path = folder.join("chat.db").to_str().context("the temporary folder's name is not UTF-8")?.to_owned();
        Ok(Database { folder, path })
    }

    /// What goes behind `--db`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A path beside the database.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// All messages of a room, as `commonroom export` tells them. No server may run on the file.
    ///
    /// # Errors
    /// When it does not tell them.
    pub async fn export(&self, room: &str) -> Result<Vec<Said>> {
        let mut export = Command::new(executable()?);
        let output = export.args(["export", "--db", &self.path, "--room", room]).kill_on_drop(true).output().await?;
        ensure!(output.status.success(), "export: {}, {}", output.status, String::from_utf8_lossy(&output.stderr));
        let lines = std::str::from_utf8(&output.stdout)?.lines();
        lines.map(|line| serde_json::from_str(line).with_context(|| format!("export says {line}"))).collect()
    }

    /// SQLite finds the file sound.
    ///
    /// # Errors
    /// What it finds.
    pub async fn check(&self) -> Result<()> {
        let output = Command::new("python3").args(["-c", CHECK, &self.path]).kill_on_drop(true).output().await?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success() && out.trim() == "ok", "integrity_check of {}: {out}{err}", self.path);
        Ok(())
    }

    /// Takes it away.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn remove(self) -> Result<()> {
        Ok(fs::remove_dir_all(self.folder)?)
    }
}
