//! The parts of the Rust toolchain beyond the compiler: the wasm target, clippy, rustfmt. rustup adds what is missing.

use crate::cmd::{self, Cmd};
use crate::workspace;
use anyhow::{Result, bail, ensure};
use std::path::Path;

/// What the web client is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Makes sure the standard library for [`WASM`] is there.
pub(crate) fn wasm_target() -> Result<()> {
    if has_wasm() {
        return Ok(());
    }
    rustup(&["target", "add", WASM], "the Rust library for browsers", "libstd-rust-dev-wasm32")?;
    ensure!(has_wasm(), "rustc still has no {WASM}: the rustc on PATH is not rustup's; put ~/.cargo/bin first");
    Ok(())
}

/// Makes sure the sources of the standard library are there: the web client compiles them.
pub(crate) fn library_sources() -> Result<()> {
    let has = || {
        let root = cmd::output("rustc", &["--print", "sysroot"]);
        root.is_some_and(|root| Path::new(root.trim()).join("lib/rustlib/src/rust/library/std").is_dir())
    };
    if !has() {
        rustup(&["component", "add", "rust-src"], "the sources of Rust's library", "rust-src")?;
    }
    ensure!(has(), "rustc has no rust-src: the rustc on PATH is not rustup's; put ~/.cargo/bin first");
    Ok(())
}

/// Makes sure `cargo fmt` and `cargo clippy` are there.
pub(crate) fn linters() -> Result<()> {
    for (tool, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if cmd::output(tool, &["--version"]).is_none() {
            rustup(&["component", "add", component], component, component)?;
        }
    }
    Ok(())
}

fn has_wasm() -> bool {
    let folder = cmd::output("rustc", &["--print", "target-libdir", "--target", WASM]);
    folder.is_some_and(|folder| Path::new(folder.trim()).is_dir())
}

fn rustup(args: &[&str], what: &str, debian: &str) -> Result<()> {
    let typed = format!("rustup {}", args.join(" "));
    if cmd::find("rustup").is_none() {
        bail!("{what} is missing, and so is rustup: install rustup, then `{typed}`; or Debian's {debian}");
    }
    cmd::say(&format!("{what} is missing: `{typed}` (a few seconds)"));
    let advice = format!("check the network, then try `{typed}` in {}", workspace::root().display());
    Cmd::new("rustup", format!("installing {what}")).args(args).or(advice).run()
}
