//! `cargo xtask kill [ROUNDS]`: the end-to-end test that kills the server while everybody talks, with more rounds than in
//! CI.

use std::ffi::OsStr;

use anyhow::Result;

use crate::{server, workspace};

/// Rounds unless another number is said.
pub(crate) const ROUNDS: u32 = 200;

/// The number of rounds in a word, or what is wrong with it.
pub(crate) fn parse(word: &OsStr) -> Result<u32, String> {
    let rounds = word.to_str().and_then(|word| word.parse().ok()).filter(|rounds| *rounds > 0);
    rounds.ok_or_else(|| format!("`kill` takes how many times, not `{}`", word.to_string_lossy()))
}

/// Makes the server and kills it so many times.
pub(crate) fn kill(rounds: u32) -> Result<()> {
    let binary = server::build()?;
    workspace::cargo("the killing of the server")
        .args(["test", "--locked", "--package=commonroom-e2e", "--test=killed", "--", "--nocapture"])
        .env("COMMONROOM_BIN", binary)
        .env("COMMONROOM_KILLS", rounds.to_string())
        .run()
}
