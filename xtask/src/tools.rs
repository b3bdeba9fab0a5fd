//! Programs from crates.io, at fixed versions: trunk and wasm-bindgen, at the version in Cargo.lock, which build the web
//! client, and cargo-deny, which looks through the dependencies.
//!
//! One of the right version on PATH is used as it is; otherwise it is compiled into target/tools, once.

use crate::cmd::{self, Cmd};
use crate::{rust, workspace};
use anyhow::{Context, Result};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What brings a crate's tests into a browser. It comes with wasm-bindgen.
pub(crate) const TEST_RUNNER: &str = "wasm-bindgen-test-runner";
/// 0.22 needs a newer Rust than rust-toolchain.toml names.
const TRUNK: &str = "0.21.14";
const DENY: &str = "0.20.2";

/// A program on crates.io and how to compile it soon rather than fast.
struct Tool {
    name: &'static str,
    package: &'static str,
    version: String,
    options: &'static [&'static str],
    opt_level: &'static str,
    minutes: &'static str,
}

/// Where the programs are.
pub(crate) struct Tools {
    trunk: PathBuf,
    /// PATH for trunk, which looks there for wasm-bindgen.
    path: OsString,
}

impl Tools {
    /// trunk, ready for its arguments.
    pub(crate) fn trunk(&self, purpose: &str) -> Cmd {
        Cmd::new(&self.trunk, purpose)
            .env("PATH", &self.path)
            .env("CARGO_TARGET_DIR", workspace::target())
            .env("TRUNK_SKIP_VERSION_CHECK", "true")
            // It has all it needs; asked to fetch something it would take another version.
            .env("TRUNK_OFFLINE", "true")
            .env("TRUNK_BUILD_LOCKED", "true")
            // trunk 0.21 takes NO_COLOR=1 for a value of its own --no-color and stops.
            .without("NO_COLOR")
            // Ours is meant for our server. It always warns that it cannot minify the script: the server's build does that.
            .env("RUST_LOG", "error,trunk=info,trunk::processing::minify=error")
    }
}

/// Finds the tools, installs those that are missing, and fetches the crates that trunk will ask for.
pub(crate) fn ready() -> Result<Tools> {
    rust::wasm_target()?;
    let (trunk, bindgen) = (trunk(), wasm_bindgen()?);
    provide(&[&trunk, &bindgen])?;
    let tools = Tools { trunk: place(&trunk)?, path: path_to(bindgen.name, &place(&bindgen)?)? };
    workspace::cargo("fetching the crates")
        .args(["fetch", "--locked"])
        .or("check the network, then try again")
        .run()?;
    Ok(tools)
}

/// The PATH on which cargo finds [`TEST_RUNNER`], installed first if it is missing.
pub(crate) fn test_runner() -> Result<OsString> {
    rust::wasm_target()?;
    let runner = Tool { name: TEST_RUNNER, ..wasm_bindgen()? };
    provide(&[&runner])?;
    path_to(runner.name, &place(&runner)?)
}

/// cargo-deny, ready for its arguments, installed first if it is missing.
pub(crate) fn deny(purpose: &str) -> Result<Cmd> {
    let deny = Tool {
        name: "cargo-deny",
        package: "cargo-deny",
        version: DENY.into(),
        options: &["--locked"],
        opt_level: "0",
        minutes: "1 minute",
    };
    provide(&[&deny])?;
    Ok(Cmd::new(place(&deny)?, purpose))
}

/// Installs those that are missing.
fn provide(wanted: &[&Tool]) -> Result<()> {
    let missing: Vec<&Tool> = wanted.iter().copied().filter(|tool| located(tool).is_none()).collect();
    if !missing.is_empty() {
        announce(&missing);
        missing.iter().try_for_each(|tool| install(tool))?;
        // A gigabyte that nobody needs again.
        let _ = fs::remove_dir_all(scratch());
    }
    Ok(())
}

/// Where a tool is that has been provided.
fn place(tool: &Tool) -> Result<PathBuf> {
    located(tool).with_context(|| format!("{} {} does not start after its installation", tool.name, tool.version))
}

fn trunk() -> Tool {
    Tool {
        name: "trunk",
        package: "trunk",
        version: TRUNK.into(),
        options: &["--locked", "--no-default-features", "--features", "rustls"],
        opt_level: "0",
        minutes: "2 minutes",
    }
}

fn wasm_bindgen() -> Result<Tool> {
    let lock = workspace::root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let version =
        locked(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen: is it the project's own?")?;
    Ok(Tool {
        name: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: version.into(),
        // Not --locked: its lock file names versions that registries no longer give out.
        options: &[],
        // At 0 it would need longer for each client than is saved here.
        opt_level: "1",
        minutes: "1.5 minutes",
    })
}

/// The version of `package` in the text of a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Where `tool` is in the right version: ours first, then PATH.
fn located(tool: &Tool) -> Option<PathBuf> {
    let own = own().join("bin").join(cmd::executable(tool.name));
    [Some(own), cmd::find(tool.name)].into_iter().flatten().find(|path| {
        let said = cmd::output(path, &["--version"]);
        said.is_some_and(|said| says_version(&said, &tool.version))
    })
}

/// Whether a `--version` output, such as `trunk 0.21.14`, names exactly this version.
fn says_version(said: &str, version: &str) -> bool {
    said.split_whitespace().nth(1) == Some(version)
}

fn announce(missing: &[&Tool]) {
    let into = workspace::short(&own());
    for tool in missing {
        let Tool { name, version, minutes, .. } = tool;
        cmd::say(&format!("{name} {version} is missing: it will be compiled into {into}, once, in about {minutes}"));
    }
}

fn install(tool: &Tool) -> Result<()> {
    let Tool { name, package, version, options, opt_level, .. } = tool;
    let by_hand = format!("cargo install {package} --version {version} {}", options.join(" "));
    workspace::cargo(format!("compiling {name} {version}"))
        .args(["install", package, "--version", version, "--force", "--root"])
        .args([own()])
        .args(*options)
        .env("CARGO_TARGET_DIR", scratch())
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level)
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("PATH", path_to(name, &own().join("bin").join(name))?)
        .or(format!("check the network, then try again, or install it yourself: `{}`", by_hand.trim_end()))
        .run()
}

/// Our own installation folder.
fn own() -> PathBuf {
    workspace::target().join("tools")
}

/// Where the tools are compiled, until all are there.
fn scratch() -> PathBuf {
    own().join("build")
}

/// A PATH on which `tool` at `program` is the one found.
fn path_to(tool: &str, program: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    if cmd::find(tool).is_some_and(|found| found == program) {
        // As it is: in front, its folder could hide this toolchain's cargo.
        return Ok(path);
    }
    let dirs = program.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path));
    env::join_paths(dirs).context("a folder's name does not fit into PATH: move the clone to a path without `:`")
}

#[cfg(test)]
mod tests {
    use super::{locked, says_version, wasm_bindgen};

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.71\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";

    #[test]
    fn the_lock_file_gives_the_version_of_exactly_that_package() {
        assert_eq!(locked(LOCK, "wasm-bindgen"), Some("0.2.130"));
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(locked(LOCK, "wasm"), None);
        assert_eq!(locked("name = \"wasm\"", "wasm"), None);
    }

    #[test]
    fn the_projects_own_lock_file_can_be_read() {
        assert!(wasm_bindgen().is_ok_and(|tool| tool.version.starts_with("0.2.")));
    }

    #[test]
    fn another_version_is_not_taken_for_the_right_one() {
        assert!(says_version("trunk 0.21.14\n", "0.21.14"));
        assert!(says_version("wasm-bindgen 0.2.130 (a1b2c3d4e)", "0.2.130"));
        assert!(!says_version("trunk 0.21.1", "0.21.14"));
        assert!(!says_version("trunk 0.21.140", "0.21.14"));
        assert!(!says_version("", "0.21.14"));
    }
}
