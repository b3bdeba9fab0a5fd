//! Where things are: the workspace's root, its target folder, its cargo.

use crate::cmd::Cmd;
use std::env;
use std::path::{Path, PathBuf};

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Where cargo builds: `CARGO_TARGET_DIR` or `target`, as an absolute path.
pub(crate) fn target() -> PathBuf {
    let asked = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
    let asked = asked.map(PathBuf::from).and_then(|dir| std::path::absolute(dir).ok());
    asked.unwrap_or_else(|| root().join("target"))
}

/// A path the way a person in the root would write it.
pub(crate) fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The cargo that runs xtask, so that a task never mixes two toolchains.
pub(crate) fn cargo(purpose: impl Into<String>) -> Cmd {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Cmd::new(cargo, purpose).env("CARGO_TARGET_DIR", target())
}
