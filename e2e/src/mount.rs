//! A file system of a test's own, in memory, of a few megabytes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Database;
use anyhow::{Context, Result, ensure};

/// A mounted file system. It is gone when this is dropped.
pub struct Mount {
    folder: PathBuf,
}

impl Mount {
    /// Mounts so many bytes of memory where a database is going to be.
    ///
    /// # Errors
    /// When it may not; only root may.
    pub fn at(database: &Database, bytes: u64) -> Result<Mount> {
        let folder = Path::new(database.path()).parent().context("a database is in a folder")?.to_owned();
        let mount = Mount { folder };
        mount.run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "commonroom-e2e"])?;
        Ok(mount)
    }

    /// Forbids writing to it, or permits it again.
    ///
    /// # Errors
    /// When it is busy.
    pub fn read_only(&self, forbidden: bool) -> Result<()> {
        self.run("mount", &["-o", if forbidden { "remount,ro" } else { "remount,rw" }])
    }

    /// Gives it another size.
    ///
    /// # Errors
    /// When more than that is in it.
    pub fn resize(&self, bytes: u64) -> Result<()> {
        self.run("mount", &["-o", &format!("remount,size={bytes}")])
    }

    /// Leaves only so many bytes free.
    ///
    /// # Errors
    /// When even the ballast can't be written.
    pub fn fill(&self, free: u64) -> Result<()> {
        let mut ballast = File::create(self.ballast())?;
        let bytes = self.free()?.saturating_sub(free);
        match io::copy(&mut io::repeat(1).take(bytes), &mut ballast) {
            // A server has taken some of it meanwhile.
            Err(full) if full.kind() == ErrorKind::StorageFull => Ok(()),
            written => Ok(written.map(drop)?),
        }
    }

    /// Gives back what [`Mount::fill`] took.
    ///
    /// # Errors
    /// When it was not filled.
    pub fn empty(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    fn free(&self) -> Result<u64> {
        let df = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.folder).output()?;
        let table = String::from_utf8(df.stdout)?;
        table.lines().last().unwrap_or_default().trim().parse().with_context(|| format!("df says {table}"))
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let ran = Command::new(program).args(args).arg(&self.folder).output()?;
        ensure!(
            ran.status.success(),
            "this test has to mount a file system, which root may, and {program} {args:?} says: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a server that has just been killed may still be on its way out.
        if let Err(fault) = self.run("umount", &["-l"]) {
            eprintln!("{} stays mounted: {fault:#}", self.folder.display());
        }
    }
}
