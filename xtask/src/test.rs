//! `cargo xtask test`: the steps that CI takes, in order, each with its name, its usual time and what it took.

use crate::{cmd, deb, debian, python, rust, server, tools, workspace};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// One thing to check, stopping at the first failure.
struct Step {
    name: &'static str,
    about: &'static str,
    /// On two cores, in a clone where nothing is built yet, then later.
    usual: &'static str,
    work: Work,
}

enum Work {
    /// A cargo command.
    Cargo(&'static [&'static str]),
    /// Something of our own.
    Own(fn() -> Result<()>),
}

const STEPS: &[Step] = &[
    Step {
        name: "tools",
        about: "trunk, wasm-bindgen, clippy, rustfmt",
        usual: "4 min, then 1 s",
        work: Work::Own(prepare),
    },
    Step {
        name: "format",
        about: "the format of all crates",
        usual: "1 s",
        work: Work::Cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "supply",
        about: "licences, sources and bans of all that is built in, by cargo-deny",
        usual: "1 min, then 4 s",
        work: Work::Own(supply),
    },
    Step {
        name: "clippy",
        about: "lints on all but the web client",
        usual: "2 min, then 1 s",
        work: Work::Cargo(&[
            "clippy",
            "--locked",
            "--workspace",
            "--exclude=commonroom-web",
            "--all-targets",
            "--",
            "-Dwarnings",
        ]),
    },
    Step {
        name: "clippy-web",
        about: "lints on the web client's state, as its unit tests see it",
        usual: "5 s, then 1 s",
        work: Work::Cargo(&["clippy", "--locked", "--package=commonroom-web", "--all-targets", "--", "-Dwarnings"]),
    },
    Step {
        name: "clippy-wasm",
        about: "lints on the web client as the browser gets it, and on its components' tests",
        usual: "30 s, then 1 s",
        work: Work::Cargo(&[
            "clippy",
            "--locked",
            "--package=commonroom-web",
            "--target=wasm32-unknown-unknown",
            "--all-targets",
            "--",
            "-Dwarnings",
        ]),
    },
    Step {
        name: "unit",
        about: "unit tests of protocol, server and xtask",
        usual: "2 min, then seconds",
        work: Work::Cargo(&["test", "--locked"]),
    },
    Step {
        name: "disk",
        about: "the server's outside conformance once more, with its history on disk",
        usual: "40 s",
        work: Work::Own(on_disk),
    },
    Step {
        name: "fuzz",
        about: "a minute of anything for each that reads what comes from outside",
        usual: "4 min",
        work: Work::Own(fuzz),
    },
    Step {
        name: "unit-web",
        about: "unit tests of the web client's state",
        usual: "5 s, then 1 s",
        work: Work::Cargo(&["test", "--locked", "--package=commonroom-web", "--lib"]),
    },
    Step {
        name: "packages",
        about: "browser, driver, fonts, nc and other clients, systemd",
        usual: "1 min, then 1 s",
        work: Work::Own(debian::packages),
    },
    Step {
        name: "components",
        about: "the page's components, each alone in a real browser",
        usual: "1 min, then 20 s",
        work: Work::Own(components),
    },
    Step {
        name: "build",
        about: "the finished binary, the web client inside",
        usual: "3 min, then 1 s",
        work: Work::Own(build),
    },
    Step {
        name: "e2e",
        about: "the real binary with real browsers, nc and scripts; and that nothing is lost when it is killed",
        usual: "3 min, then 2 min",
        work: Work::Own(end_to_end),
    },
    Step {
        name: "performance",
        about: "the benchmark's own tests, and the server beside the limit: ratios, memory, allocations, instructions",
        usual: "5 min, then 40 s",
        work: Work::Own(performance),
    },
];

/// The steps' names, for the help.
pub(crate) fn names() -> String {
    STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(" ")
}

/// Takes the steps of these names, or all when there are none.
pub(crate) fn test(asked: &[OsString]) -> Result<()> {
    let steps = chosen(asked)?;
    let start = Instant::now();
    for (index, step) in steps.iter().enumerate() {
        take(step, index + 1, steps.len())?;
    }
    cmd::say(&format!("all passed in {}", spoken(start.elapsed())));
    Ok(())
}

fn chosen(asked: &[OsString]) -> Result<Vec<&'static Step>> {
    if let Some(stranger) = asked.iter().find(|name| !STEPS.iter().any(|step| *step.name == ***name)) {
        bail!("the test has no step `{}`, only: {}", stranger.to_string_lossy(), names());
    }
    let wanted = |step: &&Step| asked.is_empty() || asked.iter().any(|name| **name == *step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn take(step: &Step, number: usize, count: usize) -> Result<()> {
    let Step { name, about, usual, work } = step;
    cmd::say(&format!("{number}/{count} {name}: {about} (usually {usual})"));
    let start = Instant::now();
    let outcome = match work {
        Work::Cargo(args) => workspace::cargo(format!("`cargo {}`", args.join(" "))).args(*args).run(),
        Work::Own(work) => work(),
    };
    outcome.map_err(|error| anyhow!("step {name}: {error:#}; only that again: `cargo xtask test {name}`"))?;
    cmd::say(&format!("{number}/{count} {name}: passed in {}", spoken(start.elapsed())));
    Ok(())
}

fn prepare() -> Result<()> {
    rust::linters()?;
    tools::ready()?;
    tools::test_runner().map(|_| ())
}

/// Not the advisories: their database is a git repository, which not every machine can reach.
fn supply() -> Result<()> {
    workspace::cargo("fetching the crates")
        .args(["fetch", "--locked"])
        .or("check the network, then try again")
        .run()?;
    tools::deny("the look through the dependencies")?
        .args(["--frozen", "check", "licenses", "bans", "sources"])
        .or("what it said is above; deny.toml has the rules")
        .run()
}

fn on_disk() -> Result<()> {
    workspace::cargo("the conformance test with the history on disk")
        .args(["test", "--locked", "--package=commonroom", "--test=conformance"])
        .env("CONFORMANCE_ON_DISK", "1")
        .run()
}

fn fuzz() -> Result<()> {
    workspace::cargo("the fuzzing")
        .args(["test", "--locked", "--package=commonroom", "fuzz_"])
        .env("COMMONROOM_FUZZ_SECONDS", "60")
        .run()
}

fn components() -> Result<()> {
    let driver = env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| cmd::find("chromedriver"));
    let driver = driver.context("there is no chromedriver on PATH: `cargo xtask test packages` brings it")?;
    workspace::cargo("the test of the components")
        .args(["test", "--locked", "--package=commonroom-web", "--lib", "--target", rust::WASM])
        // By its name alone: cargo would take a path with a space in it for a program and an argument.
        .env("PATH", tools::test_runner()?)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools::TEST_RUNNER)
        .env("CHROMEDRIVER", driver)
        // In seconds, for a machine that does something else as well: until the driver answers, and for all tests.
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "180")
        .or("what it said is above; `cargo xtask test packages` brings the browser and its driver")
        .run()
}

fn build() -> Result<()> {
    server::build().map(|_| ())
}

fn end_to_end() -> Result<()> {
    workspace::cargo("the endpoint that sends back what it is sent")
        .args(["build", "--locked", "--package=commonroom", "--example=echo"])
        .run()?;
    let binary = finished()?;
    let package = deb::pack(&binary)?;
    workspace::cargo("the end-to-end test")
        .args(["test", "--locked", "--package=commonroom-e2e"])
        .env("COMMONROOM_BIN", binary)
        .env("COMMONROOM_DEB", package)
        .env("KOSOKU", python::kosoku()?)
        .run()
}

fn performance() -> Result<()> {
    workspace::cargo("the test of the performance")
        // One at a time: each has the two cores to itself.
        .args(["test", "--locked", "--release", "--package=commonroom-bench", "--", "--test-threads=1"])
        .env("COMMONROOM_BIN", finished()?)
        .run()
}

fn finished() -> Result<PathBuf> {
    let binary = server::binary();
    ensure!(binary.exists(), "{} is missing: `cargo xtask build` makes it", workspace::short(&binary));
    Ok(binary)
}

/// A duration as a person says it: `12.3 s`, `4 min 5 s`.
pub(crate) fn spoken(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, chosen, spoken};
    use std::ffi::OsString;
    use std::time::Duration;

    fn chosen_names(asked: &[&str]) -> Option<Vec<&'static str>> {
        let asked: Vec<OsString> = asked.iter().map(OsString::from).collect();
        chosen(&asked).ok().map(|steps| steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn without_names_every_step_is_taken() {
        assert_eq!(chosen_names(&[]).map(|names| names.len()), Some(STEPS.len()));
    }

    #[test]
    fn named_steps_are_taken_in_their_own_order() {
        assert_eq!(chosen_names(&["e2e", "format"]), Some(vec!["format", "e2e"]));
    }

    #[test]
    fn the_browser_is_there_before_what_needs_it() {
        let asked = ["performance", "e2e", "components", "build", "packages"];
        assert_eq!(chosen_names(&asked), Some(vec!["packages", "components", "build", "e2e", "performance"]));
    }

    #[test]
    fn a_step_that_does_not_exist_is_refused() {
        assert_eq!(chosen_names(&["format", "fromat"]), None);
    }

    #[test]
    fn durations_are_told_as_people_tell_them() {
        assert_eq!(spoken(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(spoken(Duration::from_secs(245)), "4 min 5 s");
    }
}
