//! The service's unit, as the package installs it: packaging/ against systemd and the binary.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Database, Terminal, eventually, root};
use tokio::process::Command;

const UNIT: &str = "packaging/commonroom.service";
/// What `systemd-analyze security` may say at most, of 10: in tenths.
const EXPOSURE: &str = "20";

#[tokio::test]
async fn the_unit_is_understood_and_exposes_little() -> Result<()> {
    let unit = root().join(UNIT);
    let unit = unit.to_str().context("the clone's path is not UTF-8")?;
    run("systemd-analyze", &["security", "--offline=true", "--threshold", EXPOSURE, unit]).await?;
    // A program that is not installed is all that it may find wrong.
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no", unit]).output().await?;
    let found = String::from_utf8(verified.stderr)?;
    let wrong: Vec<&str> =
        found.lines().filter(|line| !line.contains("/usr/bin/commonroom is not executable")).collect();
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// What a server asks of the system is allowed by the unit's filter: nothing is refused that works elsewhere.
#[tokio::test]
async fn the_unit_allows_every_call_that_the_server_makes() -> Result<()> {
    let database = Database::new()?;
    let log = database.beside("calls");
    // Not as root, for whom SQLite does more.
    let trace = ["unshare", "--user", "--map-user=1000", "strace", "-D", "-f", "-o", log.to_str().context("no UTF-8")?];
    let options = ["--db", database.path(), "--password", "word", "--keep-messages", "1"];
    let mut server = Binary::start_below(&trace, &options).await?;
    let mut nc = Terminal::nc(server.tcp)?;
    for line in ["/password word", "/ack on", "hello"] {
        nc.say(line).await?;
    }
    nc.until("* saved #1").await?;
    ensure!(server.stop("TERM").await?.status.success());
    let trace = eventually("the end of the trace", async || {
        let trace = fs::read_to_string(&log)?;
        ensure!(trace.ends_with("+++ exited with 0 +++\n"), "strace goes on");
        Ok(trace)
    })
    .await?;

    let allowed = allowed(&fs::read_to_string(root().join(UNIT))?).await?;
    let made: BTreeSet<String> = trace.lines().filter_map(call).map(ToOwned::to_owned).collect();
    ensure!(made.len() > 30 && made.contains("accept4") && made.contains("fsync"), "no trace of a server: {made:?}");
    let refused: Vec<&String> = made.difference(&allowed).collect();
    ensure!(refused.is_empty(), "the unit refuses {refused:?}");
    database.remove()
}

/// The name of the call on a line of `strace -f`, as `123 read(4, ...`.
fn call(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(' ')?.1.trim_start().split_once('(')?;
    name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_').then_some(name)
}

/// The calls that a unit leaves: its filters of sets, first the one of those that are allowed.
async fn allowed(unit: &str) -> Result<BTreeSet<String>> {
    let mut allowed = BTreeSet::new();
    for sets in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        for set in sets.trim_start_matches('~').split(' ') {
            let calls = filter(set).await?;
            allowed = if sets.starts_with('~') { &allowed - &calls } else { &allowed | &calls };
        }
    }
    Ok(allowed)
}

/// The calls of a set of systemd's, and of the sets in it.
async fn filter(set: &str) -> Result<BTreeSet<String>> {
    let (mut calls, mut sets) = (BTreeSet::new(), vec![set.to_owned()]);
    while let Some(set) = sets.pop() {
        let printed = run("systemd-analyze", &["syscall-filter", &set]).await?;
        let words = printed.lines().skip(1).map(str::trim).filter(|word| !word.is_empty() && !word.starts_with('#'));
        let (inner, own): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('@'));
        sets.extend(inner.into_iter().map(ToOwned::to_owned));
        calls.extend(own.into_iter().map(ToOwned::to_owned));
    }
    Ok(calls)
}

async fn run(program: &str, args: &[&str]) -> Result<String> {
    let output =
        Command::new(program).args(args).output().await.with_context(|| format!("{program} does not start"))?;
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{program} {args:?}: {}\n{out}{err}", output.status);
    Ok(out)
}
