//! The finished server: one binary with the web client inside.

use crate::{cmd, web, workspace};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Where [`build`] puts it.
pub(crate) fn binary() -> PathBuf {
    workspace::target().join("release").join(cmd::executable("commonroom"))
}

/// Makes the web client, then the release binary around it.
pub(crate) fn build() -> Result<PathBuf> {
    web::build()?;
    if !binary().exists() {
        cmd::say("building the server (about 2 minutes the first time)");
    }
    workspace::cargo("building the server")
        .args(["build", "--release", "--locked", "--package", "commonroom"])
        .run()?;
    Ok(binary())
}

/// Builds the server and becomes it, where the system allows that; in the developer's own folder and terminal.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let binary = build()?;
    become_it(Command::new(&binary).args(args)).with_context(|| format!("cannot start {}", binary.display()))
}

#[cfg(unix)]
fn become_it(server: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(server.exec().into())
}

#[cfg(not(unix))]
fn become_it(server: &mut Command) -> Result<()> {
    let status = server.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
