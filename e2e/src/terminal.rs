//! A program at the other end of two pipes: `nc`, or whatever a test starts.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::PATIENCE;

/// A program that is typed to and read from, line by line. It is killed when this is dropped.
pub struct Terminal {
    keys: ChildStdin,
    screen: Lines<BufReader<ChildStdout>>,
    /// All that it has shown so far, for whoever has to find out why a test failed.
    shown: Vec<String>,
    _child: Child,
}

impl Terminal {
    /// Starts a program.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> Result<Terminal> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        let keys = child.stdin.take().context("no stdin")?;
        let screen = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        Ok(Terminal { keys, screen, shown: Vec::new(), _child: child })
    }

    /// `nc HOST PORT`, before anything is typed or shown.
    ///
    /// # Errors
    /// When there is no nc.
    pub fn nc(addr: SocketAddr) -> Result<Terminal> {
        Terminal::start("nc", [addr.ip().to_string(), addr.port().to_string()])
    }

    /// A person at an `nc` who has been welcomed and is known by a name. The welcome and what was said before are shown.
    ///
    /// # Errors
    /// When the server does not take the name.
    pub async fn join(addr: SocketAddr, nick: &str) -> Result<Terminal> {
        let mut nc = Terminal::nc(addr)?;
        nc.until("-- live --").await?;
        nc.say(&format!("/nick {nick}")).await?;
        nc.until(&format!("* you are now {nick}")).await?;
        Ok(nc)
    }

    /// The same in a room, which may be the lobby.
    ///
    /// # Errors
    /// When the server does not take the name, or the room's.
    pub async fn join_room(addr: SocketAddr, nick: &str, room: &str) -> Result<Terminal> {
        let mut nc = Terminal::join(addr, nick).await?;
        if room != "lobby" {
            nc.say(&format!("/join {room}")).await?;
            nc.until("-- live --").await?;
        }
        Ok(nc)
    }

    /// Types a line and presses Enter.
    ///
    /// # Errors
    /// When the program has ended.
    pub async fn say(&mut self, line: &str) -> Result<()> {
        self.send(format!("{line}\n").as_bytes()).await
    }

    /// Sends any bytes.
    ///
    /// # Errors
    /// When the program has ended.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.keys.write_all(bytes).await?;
        Ok(self.keys.flush().await?)
    }

    /// The next line that it shows.
    ///
    /// # Errors
    /// When none comes.
    pub async fn line(&mut self) -> Result<String> {
        let line = timeout(PATIENCE, self.screen.next_line()).await;
        match line.with_context(|| format!("nothing more is shown after {:#?}", self.shown))? {
            Ok(Some(line)) => {
                self.shown.push(line.clone());
                Ok(line)
            }
            ended => bail!("the program is at its end ({ended:?}) after {:#?}", self.shown),
        }
    }

    /// The lines up to exactly this one, and with it.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn until(&mut self, last: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != last) {
            lines.push(self.line().await.with_context(|| format!("waiting for `{last}`"))?);
        }
        Ok(lines)
    }

    /// The lines so far that show this text.
    pub fn count(&self, text: &str) -> usize {
        self.shown.iter().filter(|line| line.contains(text)).count()
    }
}
