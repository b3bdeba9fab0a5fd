//! The web client: trunk makes dist/, which the server's build takes in. Not made again while nothing has changed.

use crate::cmd::{self, Cmd};
use crate::{fingerprint, rust, tools, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// All that the client is made of; the last two are the toolchain and its flags.
const SOURCES: &[&str] = &[
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    "frontend",
    "protocol",
    "rust-toolchain.toml",
    ".cargo/config.toml",
];
const DIST: &str = "dist";

/// Makes dist/ the finished client of the present sources.
pub(crate) fn build() -> Result<()> {
    let root = workspace::root();
    let stamp = workspace::target().join("web-client.stamp");
    let sources = fingerprint::of(root, SOURCES)?;
    if is_fresh(&stamp, root, sources) {
        return Ok(());
    }
    let tools = tools::ready()?;
    rust::library_sources()?;
    // The library needs crates of its own.
    small(workspace::cargo("fetching the library's crates")).args(["fetch", "--locked"]).run()?;
    cmd::say("building the web client (about a minute the first time)");
    small(tools.trunk("building the web client")).args(["build", "--release"]).run()?;
    // Of what was read before the build: an edit during it makes the next one.
    let text = stamp_text(sources, fingerprint::of(root, &[DIST])?);
    fs::write(&stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Makes what is built a tenth smaller: the standard library is compiled along, for size, and a program that fails stops
/// without composing a message that nobody would read; the page has its own words for that, in index.html.
///
/// Cargo does not promise these switches yet, hence `RUSTC_BOOTSTRAP`; the toolchain is pinned. A bare `trunk build` does
/// without, and the page is the same.
fn small(cargo: Cmd) -> Cmd {
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none \
             -Ctarget-feature=-reference-types,-multivalue",
        )
}

/// Whether dist/ is still what trunk made, and made of these sources. A bare `trunk serve` puts a debug build there.
fn is_fresh(stamp: &Path, root: &Path, sources: u64) -> bool {
    let Ok(dist) = fingerprint::of(root, &[DIST]) else { return false };
    fs::read_to_string(stamp).is_ok_and(|text| text == stamp_text(sources, dist))
}

fn stamp_text(sources: u64, dist: u64) -> String {
    format!("sources {sources:016x}\ndist    {dist:016x}\n")
}

#[cfg(test)]
mod tests {
    use super::{is_fresh, stamp_text};
    use crate::fingerprint::{self, tests::Folder};
    use std::fs;

    fn built(name: &str) -> Folder {
        let folder = Folder::new(name);
        fs::create_dir(folder.path().join("dist")).unwrap();
        folder.write("dist/index.html", "<p>");
        let dist = fingerprint::of(folder.path(), &["dist"]).unwrap();
        folder.write("stamp", &stamp_text(7, dist));
        folder
    }

    #[test]
    fn a_client_of_the_same_sources_is_fresh() {
        let folder = built("fresh");
        assert!(is_fresh(&folder.path().join("stamp"), folder.path(), 7));
    }

    #[test]
    fn a_client_of_other_sources_is_stale() {
        let folder = built("stale");
        assert!(!is_fresh(&folder.path().join("stamp"), folder.path(), 8));
    }

    #[test]
    fn a_client_that_something_else_has_overwritten_is_stale() {
        let folder = built("overwritten");
        folder.write("dist/index.html", "<p>debug");
        assert!(!is_fresh(&folder.path().join("stamp"), folder.path(), 7));
    }

    #[test]
    fn a_client_never_built_is_stale() {
        let folder = Folder::new("never");
        assert!(!is_fresh(&folder.path().join("stamp"), folder.path(), 7));
    }
}
