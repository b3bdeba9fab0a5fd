//! The server as its operator has it: the release binary, started, stopped, killed and started again.

use std::env;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::{PATIENCE, target};

/// Any free port of this machine alone.
const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A running server. It is killed when this is dropped.
pub struct Binary {
    /// Where plain sockets come in.
    pub tcp: SocketAddr,
    /// Where browsers come in.
    pub http: SocketAddr,
    /// What it printed when it started.
    pub print: String,
    /// What was started: its path, or the words of a command line that end in it.
    program: Vec<OsString>,
    options: Vec<String>,
    child: Child,
}

/// How a server has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, or the signal.
    pub status: ExitStatus,
    /// What it said on stderr.
    pub stderr: String,
}

impl Binary {
    /// Starts a server on free ports, with a history of its own that ends with it.
    ///
    /// # Errors
    /// When there is no binary, or it does not say where it listens.
    pub async fn start() -> Result<Binary> {
        Binary::start_with(&[]).await
    }

    /// The same with more options; a `--db` among them keeps the history there.
    ///
    /// # Errors
    /// As [`Binary::start`].
    pub async fn start_with(options: &[&str]) -> Result<Binary> {
        Binary::start_other(&executable()?, options).await
    }

    /// The same below another program that becomes the server, as `strace -D` does: words of a command line that the
    /// server's own follow.
    ///
    /// # Errors
    /// As [`Binary::start`].
    pub async fn start_below(above: &[&str], options: &[&str]) -> Result<Binary> {
        let above = above.iter().map(OsString::from);
        Binary::launch(ANY, ANY, above.chain([executable()?.into()]).collect(), owned(options)).await
    }

    /// The same of a binary that is elsewhere.
    ///
    /// # Errors
    /// As [`Binary::start`].
    pub async fn start_other(program: &Path, options: &[&str]) -> Result<Binary> {
        Binary::launch(ANY, ANY, vec![program.into()], owned(options)).await
    }

    /// Starts a server anew where this one was, which must have ended.
    ///
    /// # Errors
    /// As [`Binary::start`]; also when the ports are not free yet.
    pub async fn start_again(&mut self) -> Result<()> {
        *self = Binary::launch(self.tcp, self.http, self.program.clone(), self.options.clone()).await?;
        Ok(())
    }

    async fn launch(tcp: SocketAddr, http: SocketAddr, program: Vec<OsString>, options: Vec<String>) -> Result<Binary> {
        // Said twice it would be a mistake.
        let db: &[&str] = if options.iter().any(|option| option == "--db") { &[] } else { &["--db", ":memory:"] };
        let (first, words) = program.split_first().context("there is nothing to start")?;
        let mut child = Command::new(first)
            .args(words)
            .args(["--tcp", &tcp.to_string(), "--http", &http.to_string()])
            .args(db)
            .args(&options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", first.display()))?;
        let stdout = child.stdout.take().context("the server has no stdout")?;
        let print = timeout(PATIENCE, print(BufReader::new(stdout).lines())).await;
        let Some(print) = print.context("the server prints nothing")?? else {
            bail!("the server does not start: {:?}", ended(child).await?);
        };
        let port = |before: &str| port(&print, before).with_context(|| format!("no `{before}PORT` in:\n{print}"));
        let (tcp, http) = (port(" localhost ")?, port("://localhost:")?);
        let at = |port| SocketAddr::new(ANY.ip(), port);
        Ok(Binary { tcp: at(tcp), http: at(http), print, program, options, child })
    }

    /// A page's address on this server, such as `/r/ops`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// The operator's Ctrl-C or a service manager's stop: sends a signal, `INT` or `TERM`, and waits for the end.
    ///
    /// # Errors
    /// When the server does not end.
    pub async fn stop(&mut self, signal: &str) -> Result<Ended> {
        self.signal(signal).await?;
        let status = timeout(PATIENCE, self.child.wait()).await.context("the server does not end")??;
        let mut stderr = String::new();
        if let Some(mut said) = self.child.stderr.take() {
            said.read_to_string(&mut stderr).await?;
        }
        Ok(Ended { status, stderr })
    }

    /// Reads its stderr up to and with the line that has these words. [`Ended`] has only what comes later.
    ///
    /// # Errors
    /// When there is no such line.
    pub async fn logs(&mut self, words: &str) -> Result<String> {
        let mut lines = BufReader::new(self.child.stderr.as_mut().context("the server has no stderr")?).lines();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains(words) {
                    return Ok(line);
                }
            }
            bail!("the log ends without {words:?}")
        };
        timeout(PATIENCE, found).await.with_context(|| format!("nothing is logged of {words:?}"))?
    }

    /// Ends the server as a power cut would.
    ///
    /// # Errors
    /// When it was not running.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("the server can't be killed")
    }

    /// Sends a signal, such as `INT`, and does not wait.
    ///
    /// # Errors
    /// When the server is not running any more.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.pid()?;
        let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().await?;
        ensure!(sent.success(), "kill -{signal} {pid}: {sent}");
        Ok(())
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it is not running any more.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("the server has ended already")
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The server's binary.
///
/// # Errors
/// When there is none; it says what makes it.
pub fn executable() -> Result<PathBuf> {
    let named = env::var_os("COMMONROOM_BIN").map(PathBuf::from);
    let path = named.unwrap_or_else(|| target().join("release").join("commonroom"));
    ensure!(path.exists(), "{} is missing: `cargo xtask build` makes it", path.display());
    Ok(path)
}

/// The start-up print, which is whole with the line about the history. None if there is none.
async fn print(mut lines: Lines<BufReader<ChildStdout>>) -> Result<Option<String>> {
    let mut print = String::new();
    while let Some(line) = lines.next_line().await? {
        print.push_str(&line);
        print.push('\n');
        if line.starts_with("  history") {
            return Ok(Some(print));
        }
    }
    Ok(None)
}

async fn ended(child: Child) -> Result<Ended> {
    let output = child.wait_with_output().await?;
    Ok(Ended { status: output.status, stderr: String::from_utf8_lossy(&output.stderr).into_owned() })
}

fn port(print: &str, before: &str) -> Option<u16> {
    let rest = print.split_once(before)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
