//! How large a test is, and what it found: `cargo xtask prove` runs some of them far larger than CI does, and writes what
//! they find into docs/reliability.md.

use std::env;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;

use anyhow::{Context, Result};

/// The file that findings are added to. Where it is named, tests have their full size.
const FILE: &str = "COMMONROOM_EVIDENCE";

/// The first value in CI, the second at full size.
pub fn sized<T>(in_ci: T, full: T) -> T {
    if env::var_os(FILE).is_some() { full } else { in_ci }
}

/// Tells what was found, in one line, with the numbers that it was found with.
///
/// # Errors
/// When the file can't be written.
pub fn found(what: impl Display) -> Result<()> {
    println!("{what}");
    let Some(path) = env::var_os(FILE) else { return Ok(()) };
    let mut file =
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
    // In one write: tests of one file run beside each other.
    Ok(file.write_all(format!("{what}\n").as_bytes())?)
}
