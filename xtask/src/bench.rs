//! `cargo xtask bench`: the server measured against the limit and against what people would use instead.

use crate::{cmd, fill, server, workspace};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What the benchmark leaves in its folder, and where that belongs in the workspace.
const PICTURE: (&str, &str) = ("ratios.svg", "docs/performance.svg");

/// Builds the server and the benchmark, both for release, and runs it with these words. All workloads together, measured
/// in full, make the picture in docs/ anew.
pub(crate) fn bench(words: &[OsString]) -> Result<()> {
    let (commonroom, folder) = (server::build()?, workspace::target().join("bench"));
    let everything = words.iter().all(|word| word.to_string_lossy().starts_with('-'));
    if everything || words.iter().any(|word| word == "search") {
        long_history(&folder)?;
    }
    workspace::cargo("the benchmark")
        .args(["run", "--release", "--locked", "--quiet", "--package=commonroom-bench", "--"])
        .args([commonroom, folder.clone()])
        .args(words)
        .run()?;
    if words.is_empty() {
        let (from, to) = PICTURE;
        fs::copy(folder.join(from), workspace::root().join(to)).with_context(|| format!("cannot write {to}"))?;
        cmd::say(&format!("{to} is of this run"));
    }
    Ok(())
}

/// A million messages to search in, made once.
fn long_history(folder: &Path) -> Result<()> {
    let (whole, partial) = (folder.join("million.db"), folder.join("filling.db"));
    if whole.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let words = ["--db".into(), partial.clone().into_os_string()];
    fill::fill(&fill::Order::parse(words).map_err(anyhow::Error::msg)?)?;
    fs::rename(partial, whole).context("cannot rename the long history")
}
