//! Other programs: each is run for a purpose, and its failure is one line that says what failed and what to do.

use crate::workspace;
use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Tells the developer what happens next. On stderr: stdout belongs to the server.
pub(crate) fn say(what: &str) {
    eprintln!("==> {what}");
}

/// A program to run in the workspace's root, without a terminal to read from.
pub(crate) struct Cmd {
    command: Command,
    purpose: String,
    advice: String,
}

impl Cmd {
    /// `purpose` begins the sentence that ends in "failed".
    pub(crate) fn new(program: impl AsRef<OsStr>, purpose: impl Into<String>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        // What `cargo run` says about xtask would make other crates' build scripts run again.
        for (key, _) in env::vars_os() {
            let name = key.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&key);
            }
        }
        Self { command, purpose: purpose.into(), advice: "what it said is above".into() }
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the child's environment.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Takes a variable out of the child's environment.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    /// What to do when it fails; ends the sentence.
    pub(crate) fn or(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Runs it to its end, its output on ours.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.start()?.wait().with_context(|| format!("{} got lost", self.purpose))?;
        if !status.success() {
            bail!("{} failed ({status}): {}", self.purpose, self.advice);
        }
        Ok(())
    }

    /// Runs it to its end, while `write` writes to its stdin.
    pub(crate) fn feed(mut self, write: impl FnOnce(ChildStdin) -> io::Result<()>) -> Result<()> {
        self.command.stdin(Stdio::piped());
        let mut child = self.start()?;
        let written = child.stdin.take().map_or(Ok(()), write);
        let status = child.wait().with_context(|| format!("{} got lost", self.purpose))?;
        // First what it says itself: one that gives up early reads no more.
        if !status.success() {
            bail!("{} failed ({status}): {}", self.purpose, self.advice);
        }
        written.with_context(|| format!("{} did not take all", self.purpose))
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(&mut self) -> Result<Child> {
        let program = self.command.get_program().to_owned();
        self.command.spawn().with_context(|| {
            format!("{} failed, {} does not start: {}", self.purpose, program.to_string_lossy(), self.advice)
        })
    }
}

/// What a program writes to stdout; nothing if it does not start or fails.
pub(crate) fn output(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(workspace::root()).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first program of that name on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let file = executable(name);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// A program's file name on this system.
pub(crate) fn executable(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}
