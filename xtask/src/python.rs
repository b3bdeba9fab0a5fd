//! What the tests take from the Python Package Index, into an environment of its own in target/tools.

use crate::cmd::{self, Cmd};
use crate::workspace;
use anyhow::Result;
use std::path::PathBuf;

/// The conformance suite of WebSockets: Autobahn's cases, in a runner for today's Python.
const KOSOKU: &str = "kosoku";
const VERSION: &str = "0.1.0";

/// Where the suite's program is, installed first if it is missing.
pub(crate) fn kosoku() -> Result<PathBuf> {
    let home = workspace::target().join("tools").join(format!("{KOSOKU}-{VERSION}"));
    let (program, pip) = (home.join("bin").join(KOSOKU), home.join("bin").join("pip"));
    if !program.exists() {
        cmd::say(&format!("installing {KOSOKU} {VERSION} into {} (a few seconds)", workspace::short(&home)));
        Cmd::new("python3", "python3 -m venv").args(["-m", "venv"]).args([&home]).run()?;
        Cmd::new(&pip, "pip install")
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args([format!("{KOSOKU}=={VERSION}")])
            .or("check the network, then try again")
            .run()?;
    }
    Ok(program)
}
