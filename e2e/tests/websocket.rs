//! The conformance suite of WebSockets (RFC 6455; Autobahn's cases, by kosoku) against the server's own reading and
//! writing, in an endpoint that sends back what it is sent: `backend/examples/echo.rs`.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{PATIENCE, found, target};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Compression, which is not offered.
const NOT_OURS: [&str; 4] = ["--exclude", "12.*", "--exclude", "13.*"];
/// All others.
const CASES: usize = 301;
/// Those with messages of more than 16 KiB.
const OVER_LONG: usize = 49;

/// What became of a case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    behavior: String,
    behavior_close: String,
    remote_close_code: Option<u16>,
}

impl Case {
    fn passed(&self) -> bool {
        let good = |outcome: &str| matches!(outcome, "OK" | "NON-STRICT" | "INFORMATIONAL");
        good(&self.behavior) && good(&self.behavior_close)
    }
}

/// Runs the suite against an endpoint with these words, and tells each case's end.
async fn suite(words: &[&str]) -> Result<BTreeMap<String, Case>> {
    let (_endpoint, address) = echo(words).await?;
    let report = target().join("tmp").join(format!("websocket-{}-{}", std::process::id(), words.len()));
    let kosoku = env::var_os("KOSOKU").map(PathBuf::from);
    let kosoku = kosoku.context("KOSOKU names no suite: `cargo xtask test e2e` brings it")?;
    // Its own status says that some case has failed, which the report tells better.
    Command::new(kosoku)
        .args(["--mode", "fuzzingclient", "--parallelism", "4", "--outdir"])
        .arg(&report)
        .args(NOT_OURS)
        .arg(&address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await?;
    let index = std::fs::read(report.join("index.json")).context("the suite has written no report")?;
    let agents: BTreeMap<String, BTreeMap<String, Case>> = serde_json::from_slice(&index)?;
    std::fs::remove_dir_all(report)?;
    agents.into_values().next().context("the report is of nobody")
}

async fn echo(words: &[&str]) -> Result<(Child, String)> {
    let program = target().join("debug").join("examples").join("echo");
    ensure!(program.exists(), "{} is missing: `cargo xtask test e2e` makes it", program.display());
    let mut endpoint = Command::new(program).args(words).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(endpoint.stdout.take().context("no stdout")?).lines();
    let address = timeout(PATIENCE, lines.next_line()).await??.context("it names no address")?;
    Ok((endpoint, address))
}

fn failed(cases: &BTreeMap<String, Case>) -> Vec<String> {
    let failed = cases.iter().filter(|(_, case)| !case.passed());
    failed.map(|(name, case)| format!("{name} ({:?})", case.remote_close_code)).collect()
}

#[tokio::test]
async fn every_case_passes() -> Result<()> {
    let cases = suite(&[]).await?;
    assert_eq!(cases.len(), CASES);
    assert_eq!(failed(&cases), Vec::<String>::new());
    found(format!("{CASES} cases, 0 failed"))
}

#[tokio::test]
async fn within_the_servers_bounds_exactly_the_over_long_ones_are_refused() -> Result<()> {
    let cases = suite(&["production"]).await?;
    assert_eq!(cases.len(), CASES);
    let refused: Vec<&Case> = cases.values().filter(|case| !case.passed()).collect();
    assert_eq!(refused.len(), OVER_LONG, "{:?}", failed(&cases));
    assert!(refused.iter().all(|case| case.remote_close_code == Some(1009)), "{:?}", failed(&cases));
    found(format!("at the server's own bounds {OVER_LONG} of {CASES} are over-long, each is closed with 1009"))
}
