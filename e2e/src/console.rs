//! The server on a terminal, as its operator has it: a pseudo-terminal, and a screen that understands what is written.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use pty_process::{Command, OwnedReadPty, OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use vt100::Parser;

use crate::{eventually, executable};

/// Tall enough that nothing a test looks for has scrolled away.
const ROWS: NonZero<u16> = NonZero::new(60).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(120).unwrap();

/// A shell on a terminal in which a server runs. Both are killed when this is dropped.
pub struct Console {
    /// Where plain sockets come in.
    pub tcp: SocketAddr,
    keys: OwnedWritePty,
    screen: Arc<Mutex<Parser>>,
    _shell: Child,
}

impl Console {
    /// A server on a terminal of this kind, such as `xterm`.
    ///
    /// # Errors
    /// When it does not say where it listens.
    pub async fn start(term: &str) -> Result<Console> {
        Console::start_logging(term, "warn,audit=info").await
    }

    /// The same with this `RUST_LOG`.
    ///
    /// # Errors
    /// As [`Console::start`].
    pub async fn start_logging(term: &str, log: &str) -> Result<Console> {
        Console::run(term, log, "trap : INT; \"$0\" $1; echo exit=$?; stty -a").await
    }

    /// The same in the background of its terminal, until Enter is pressed.
    ///
    /// # Errors
    /// As [`Console::start`].
    pub async fn start_behind(term: &str) -> Result<Console> {
        Console::run(term, "warn", "set -m; \"$0\" $1 & read -r line; kill $!; wait; echo ended").await
    }

    async fn run(term: &str, log: &str, script: &str) -> Result<Console> {
        let (pty, pts) = pty_process::open()?;
        pty.resize(Size::new(ROWS.get(), COLUMNS.get()))?;
        let options = "--tcp 127.0.0.1:0 --http 127.0.0.1:0 --db :memory:";
        let shell = Command::new("sh").args(["-c", script]).arg(executable()?).arg(options);
        let shell = shell.env("TERM", term).env("RUST_LOG", log).kill_on_drop(true).spawn(pts)?;
        let (read, keys) = pty.into_split();
        let screen = Arc::new(Mutex::new(Parser::new(ROWS, COLUMNS, 0)));
        tokio::spawn(show(read, Arc::clone(&screen)));
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut console = Console { tcp: nowhere, keys, screen, _shell: shell };
        console.until("the start-up print", |screen| screen.contains("history in memory")).await?;
        let screen = console.screen();
        let port = screen.split_once("nc localhost ").and_then(|(_, rest)| rest.split_whitespace().next());
        console.tcp.set_port(port.and_then(|port| port.parse().ok()).with_context(|| format!("no port in {screen}"))?);
        Ok(console)
    }

    /// Presses these keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.keys.write_all(keys.as_bytes()).await?)
    }

    /// What the screen shows, a line each, without the empty ones below.
    pub fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.screen().contents()
    }

    /// The rows of the screen, and the cursor's row and column.
    pub fn cursor(&self) -> (Vec<String>, (usize, usize)) {
        let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let (row, column) = parser.screen().cursor_position();
        let lines = parser.screen().rows(0, COLUMNS.get()).collect();
        (lines, (row.into(), column.into()))
    }

    /// Waits until the screen is so.
    ///
    /// # Errors
    /// When it does not become so.
    pub async fn until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> Result<()> {
        eventually(what, async || {
            let screen = self.screen();
            ensure!(is_it(&screen), "the screen:\n{screen}");
            Ok(())
        })
        .await
    }

    /// Waits until exactly these lines stand at the bottom of what is shown.
    ///
    /// # Errors
    /// When they don't.
    pub async fn until_last(&self, lines: &[&str]) -> Result<()> {
        self.until(&format!("{lines:?}"), |screen| {
            let shown: Vec<&str> = screen.trim_end().lines().map(str::trim_end).collect();
            shown.ends_with(lines)
        })
        .await
    }
}

/// Shows what is written, until the terminal is gone.
async fn show(mut read: OwnedReadPty, screen: Arc<Mutex<Parser>>) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = read.read(&mut bytes).await {
        screen.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..length]);
    }
}
