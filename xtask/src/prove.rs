//! `cargo xtask prove`: the tests of what a server must withstand, at full size, and the report of what they found.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::test::spoken;
use crate::{cmd, python, server, workspace};

const REPORT: &str = "docs/reliability.md";
const END: &str = "
Nothing here says that it cannot fail: it says what was tried, how often, and what came of it. What is kept on the disk has a
page of its own, [DURABILITY.md](DURABILITY.md); how fast it is has [performance.md](performance.md).
";

/// One row of the report.
struct Proof {
    /// What is asked for to have only this one.
    name: &'static str,
    /// What is done to the server, and what must hold.
    claim: &'static str,
    /// What cargo is told behind `test --locked`.
    test: &'static [&'static str],
}

const E2E: &str = "--package=commonroom-e2e";
const SERVER: &str = "--package=commonroom";

const PROOFS: &[Proof] = &[
    Proof {
        name: "websocket",
        claim: "RFC 6455 as Autobahn's cases have it, by kosoku 0.1.0: all pass; within the server's own bounds only what is \
                over-long is refused, with 1009",
        test: &["--release", E2E, "--test=websocket"],
    },
    Proof {
        name: "frames",
        claim: "Raw hostile frames and lines, cross-protocol requests, wrong origins: each is answered with the right code, \
                nobody else notices",
        test: &[SERVER, "--test=conformance", "refusals::"],
    },
    Proof {
        name: "fuzz",
        claim: "Sanitiser, line decoder with telnet, commands, verbs, frames, and whole connections, a minute each: no \
                panic, bounded memory, what others get is harmless, and cleaning twice is cleaning once",
        test: &[SERVER, "fuzz_"],
    },
    Proof {
        name: "model",
        claim: "A room does as a plain list of its messages does, whatever the order of what is asked of it",
        test: &[SERVER, "--lib", "room::model"],
    },
    Proof {
        name: "durable",
        claim: "Below `strace`: nobody is told of a message before the sync that follows its write has ended",
        test: &["--release", E2E, "--test=durable"],
    },
    Proof {
        name: "killed",
        claim: "`kill -9` at a random moment while eight programs and three terminals talk, again and again: nothing that \
                was acknowledged is lost, nothing is doubled, and SQLite finds the file sound",
        test: &["--release", E2E, "--test=killed"],
    },
    Proof {
        name: "disk",
        claim: "The disk is full, fails, turns read-only, is moved away, gives back garbage: what is refused is never kept, \
                what was said always is, and the server heals by itself",
        test: &["--release", E2E, "--test=faults"],
    },
    Proof {
        name: "exhaustion",
        claim: "No open files left, peers that dribble on both ports, a log that nobody reads: all is told or closed, and a \
                bystander's words take less than a second",
        test: &["--release", E2E, "--test=exhaustion"],
    },
    Proof {
        name: "stalled",
        claim: "Some stop reading: the others' p99 within 1.2 of what it is without them; at most 25 KiB for each",
        test: &["--release", E2E, "--test=stalled"],
    },
    Proof {
        name: "joins",
        claim: "Very many come in, half and half: none is refused, at most 25 KiB for each",
        test: &["--release", E2E, "--test=joins"],
    },
    Proof {
        name: "storm",
        claim: "All are thrown out by `kill -9`, then by SIGTERM, and come back at once: each is shown each message once",
        test: &["--release", E2E, "--test=storm"],
    },
    Proof {
        name: "drain",
        claim: "Asked to end under load: no word is left without an answer",
        test: &["--release", E2E, "--test=drain"],
    },
    Proof {
        name: "soak",
        claim: "Left running while people, programs and burglars come and go, the network breaks and the disk fills up: \
                nothing is lost, memory grows by less than 64 KiB a minute in the second half, all files are closed in the end",
        test: &["--release", E2E, "--test=soak"],
    },
];

/// Takes these proofs, or all, and writes what they found into the report; what it says of the others stays.
pub(crate) fn prove(asked: &[String]) -> Result<()> {
    if let Some(stranger) = asked.iter().find(|name| !PROOFS.iter().any(|proof| proof.name == **name)) {
        bail!("there is no proof `{stranger}`, only: {}", names());
    }
    let binary = server::build()?;
    workspace::cargo("the endpoint that sends back what it is sent")
        .args(["build", "--locked", SERVER, "--example=echo"])
        .run()?;
    let suite = python::kosoku()?;
    let commit = said("git", &["describe", "--always", "--dirty"]);
    let mut failed = Vec::new();
    for proof in PROOFS.iter().filter(|proof| asked.is_empty() || asked.iter().any(|name| *name == proof.name)) {
        cmd::say(&format!("{}: {}", proof.name, proof.claim));
        let findings = workspace::target().join(format!("found-{}.txt", proof.name));
        fs::write(&findings, "")?;
        let began = Instant::now();
        let taken = take(proof, &binary, &suite, &findings);
        let found = fs::read_to_string(&findings)?;
        let run = format!("{}; {}, {commit}", spoken(began.elapsed()), said("date", &["-I"]));
        write(proof.name, &row(proof, taken.is_ok(), &found, &run))?;
        if let Err(fault) = taken {
            cmd::say(&format!("{fault:#}"));
            failed.push(proof.name);
        }
    }
    cmd::say(&format!("{REPORT} has what was found"));
    ensure!(failed.is_empty(), "what must hold does not: {}", failed.join(", "));
    Ok(())
}

fn take(proof: &Proof, binary: &Path, suite: &Path, findings: &Path) -> Result<()> {
    workspace::cargo(format!("the proof `{}`", proof.name))
        .args(["test", "--locked"])
        .args(proof.test)
        // One at a time: each has the machine to itself.
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("COMMONROOM_BIN", binary)
        .env("KOSOKU", suite)
        .env("COMMONROOM_EVIDENCE", findings)
        .env("COMMONROOM_FUZZ_SECONDS", "60")
        .env("PROPTEST_CASES", "20000")
        .run()
}

/// The names of all proofs, for who asks.
pub(crate) fn names() -> String {
    PROOFS.iter().map(|proof| proof.name).collect::<Vec<_>>().join(" ")
}

fn said(program: &str, args: &[&str]) -> String {
    cmd::output(program, args).unwrap_or_default().trim().to_owned()
}

fn row(Proof { name, claim, .. }: &Proof, holds: bool, found: &str, run: &str) -> String {
    let holds = if holds { "holds" } else { "**does not hold**" };
    let found = found.lines().collect::<Vec<_>>().join("<br>");
    format!("| {name} | {claim} | {holds} | {found} | {run} |")
}

/// Puts a row in the place of the one of the same name.
fn write(name: &str, row: &str) -> Result<()> {
    let path = workspace::root().join(REPORT);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let mut rows = String::new();
    for proof in PROOFS {
        let begin = format!("| {} |", proof.name);
        let old = before.lines().find(|line| line.starts_with(&begin));
        if let Some(row) = if proof.name == name { Some(row) } else { old } {
            rows.push_str(row);
            rows.push('\n');
        }
    }
    fs::write(path, format!("{}{rows}{END}", begin())).with_context(|| format!("cannot write {REPORT}"))
}

fn begin() -> String {
    format!(
        "# What it withstands\n\n\
         Written by `cargo xtask prove`, which takes an hour and has to be root, since it mounts file systems;\n\
         `cargo xtask prove NAME` writes one row anew. The same tests run in CI at a smaller size. Each has a server of its own,\n\
         the binary of `cargo xtask build`, and all clients are on the same machine, which others use, too:\n\
         {}.\n\n\
         | | what is done, and what must hold | | what was found | took, when, of which commit |\n\
         | --- | --- | --- | --- | --- |\n",
        machine()
    )
}

/// The machine in a few words, as far as its system tells.
fn machine() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, {cores} cores, Linux {}", model.trim_matches([' ', '\t', ':']), kernel.trim())
}
