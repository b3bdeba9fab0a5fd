//! Development: the server is rebuilt and restarted when its sources change, and `trunk serve` does the same for the page.
//!
//! The server reads no terminal here, so its console is off. Ctrl-C reaches all of them, being one process group.

use crate::{cmd, fingerprint, tools, workspace};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What the server is made of.
const SOURCES: &[&str] = &["backend", "protocol", "Cargo.toml", "Cargo.lock"];
const POLL: Duration = Duration::from_millis(500);
/// What the server may need to say goodbye to everyone; it promises to be done in 7 s.
const GRACE: Duration = Duration::from_secs(8);

const HELLO: &str = "\
developing Commonroom (about two minutes until it is up the first time, then seconds); Ctrl-C ends all of it
      page    http://localhost:8080   follows frontend/ and protocol/
      socket  nc localhost 8888       the server, follows backend/ and protocol/";

/// Keeps server and page up to date until Ctrl-C.
pub(crate) fn dev() -> Result<()> {
    let tools = tools::ready()?;
    cmd::say(HELLO);
    let mut server = Server::default();
    server.refresh();
    // A folder of its own: dist/ is for the finished client.
    let dist = workspace::target().join("dev-client");
    let mut page = tools.trunk("trunk serve").args(["serve", "--dist"]).args([dist]).start()?;
    loop {
        if let Some(status) = page.try_wait().context("trunk serve got lost")? {
            // Its answer to Ctrl-C.
            if status.success() {
                return Ok(());
            }
            bail!("trunk serve ended ({status}): what it said is above; is something else on port 8080?");
        }
        server.refresh();
        sleep(POLL);
    }
}

/// The server under development. Dropped, it is stopped.
#[derive(Default)]
struct Server {
    process: Option<Child>,
    /// Of the sources last built, well or badly.
    built: Option<u64>,
}

impl Server {
    /// Rebuilds and restarts it if the sources have changed; after a failed build the old one stays.
    fn refresh(&mut self) {
        self.notice_end();
        // An error is a file on its way in or out: the next look will see it settled.
        let Ok(now) = fingerprint::of(workspace::root(), SOURCES) else { return };
        if self.built.replace(now) == Some(now) {
            return;
        }
        let outcome = build().and_then(|()| self.restart());
        if let Err(error) = outcome {
            cmd::say(&format!("{error:#}; tried again after the next change"));
        }
    }

    fn notice_end(&mut self) {
        if let Some(Ok(Some(status))) = self.process.as_mut().map(Child::try_wait) {
            cmd::say(&format!("the server ended ({status}); started again after the next change"));
            self.process = None;
        }
    }

    fn restart(&mut self) -> Result<()> {
        self.stop();
        cmd::say("starting the server");
        // Not where `run` has its own: one server alone may have a history.
        let history = workspace::target().join("dev.db");
        let server = Command::new(binary()).arg("--db").arg(history).stdin(Stdio::null()).spawn();
        self.process = Some(server.with_context(|| format!("{} does not start", binary().display()))?);
        Ok(())
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            if ask_to_end(&process) && ends_within(&mut process, GRACE) {
                return;
            }
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn build() -> Result<()> {
    workspace::cargo("building the server").args(["build", "--locked", "--package", "commonroom"]).run()
}

fn binary() -> PathBuf {
    workspace::target().join("debug").join(cmd::executable("commonroom"))
}

/// SIGTERM, by the shell: std can only kill. False where there is none.
fn ask_to_end(process: &Child) -> bool {
    let status = Command::new("sh").args(["-c", "kill -TERM \"$0\""]).arg(process.id().to_string()).status();
    status.is_ok_and(|status| status.success())
}

fn ends_within(process: &mut Child, limit: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if !matches!(process.try_wait(), Ok(None)) {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}
