//! `cargo xtask bench`: the server measured against the limit and against what people would use instead.

use crate::{server, workspace};
use anyhow::Result;
use std::ffi::OsString;

/// Builds the server and the benchmark, both for release, and runs it with these words.
pub(crate) fn bench(words: &[OsString]) -> Result<()> {
    let commonroom = server::build()?;
    workspace::cargo("the benchmark")
        .args(["run", "--release", "--locked", "--quiet", "--package=commonroom-bench", "--"])
        .args([commonroom, workspace::target().join("bench")])
        .args(words)
        .run()
}
