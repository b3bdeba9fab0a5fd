//! The `commonroom` binary: configuration, logs, addresses, the console, and serving until a signal.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use commonroom::config::Config;
use commonroom::console::{Closing, LogLine, Restore, Terminal};
use commonroom::server::Server;
use commonroom::tls::Tls;
use commonroom::{BUILD, archive, manager, process};
use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is logged unless `RUST_LOG` says otherwise: what goes wrong, and what the operator does; not what strangers do wrong
/// by HTTP/2.
const LOGGED: &str = "warn,h2=error,audit=info";
/// Whatever `RUST_LOG` says: at `trace` the library for WebSockets writes down what is said, and passwords.
const DISCREET: [&str; 2] = ["tungstenite=info", "tokio_tungstenite=info"];
/// Lines of the log that may wait for who reads stderr.
const LOG_LINES: usize = 1024;
/// How often it is looked whether some have found no place.
const LOST_EVERY: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let config = Config::parse();
    let done = match &config.task {
        Some(task) => archive::run(&config, task),
        None => run(&config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("commonroom: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> anyhow::Result<()> {
    let terminal = Terminal::open(config.console);
    // What is logged until this is dropped is written, if anybody takes it.
    let (stderr, _written) = NonBlockingBuilder::default().buffered_lines_limit(LOG_LINES).finish(stderr());
    let lost = stderr.error_counter();
    let log = terminal.as_ref().and_then(Terminal::log).map_or(LogLine::Stderr(stderr), LogLine::Screen);
    start_log(log.clone());
    raise_open_files();
    runtime()?.block_on(async {
        tokio::spawn(tell_lost(lost));
        let mut server = Server::bind(config)?;
        let (addresses, history, openness) = (server.addresses(), server.history(), server.openness());
        let status = addresses.to_string();
        let print = format!("Commonroom {BUILD}\n{addresses}\n  access  {openness}\n  history {history}\n");
        // Where nobody reads stdout any more, it serves all the same.
        let _ = stdout().write_all(print.as_bytes());
        let signal = listen(SignalKind::interrupt())?;
        let (mut closing, mut typed) = (None, None);
        if let Some(terminal) = terminal {
            // After the print: what is typed before it waits.
            let desk = terminal.start().context("the console can't start")?;
            server = server.with_console(desk.console);
            (closing, typed) = (desk.screen, Some(desk.interrupts));
        }
        let interrupts = Interrupts { signal, typed };
        let restore = closing.as_ref().map_or_else(Restore::nothing, Closing::restorer);
        // A service manager means a reload, whatever there is to reload; elsewhere the terminal is gone.
        let mut hangup = None;
        if server.tls().is_some() || manager::listens() {
            tokio::spawn(reload(server.tls(), listen(SignalKind::hangup())?));
        } else if !process::ignores_hangup() {
            hangup = Some(listen(SignalKind::hangup())?);
        }
        let asked = asked_to_end(interrupts, hangup, server.quit(), log, restore)?;
        manager::ready(&status);
        let outcome = server.run(asked.cancelled_owned()).await.context("serving stopped");
        if let Some(closing) = closing {
            closing.close().await;
        }
        outcome
    })
}

/// As many open files as the system allows: each connection is one.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where it can't be raised, there are fewer connections.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn start_log(line: LogLine) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let filter = DISCREET.iter().filter_map(|limit| limit.parse().ok()).fold(filter, EnvFilter::add_directive);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(stderr().is_terminal());
    log.with_writer(move || line.clone()).init();
}

/// Says how many lines of the log are not in it: a trail that has holes must say so. Where this finds no place either, it
/// is said again.
async fn tell_lost(lines: ErrorCounter) {
    let mut told = 0;
    let mut every = interval(LOST_EVERY);
    loop {
        every.tick().await;
        let lost = lines.dropped_lines();
        if lost > told {
            tracing::warn!("nobody has read the log for a while: {lost} lines since the start are not in it");
            told = lost;
        }
    }
}

/// One thread where there is one core: waking another thread would only cost.
fn runtime() -> anyhow::Result<Runtime> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let mut builder = if cores == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build().context("the runtime can't start")
}

/// Reads the certificate again at each SIGHUP.
async fn reload(tls: Option<Arc<Tls>>, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        manager::reloading();
        let tls = tls.clone();
        // The files may be on a disk that does not answer.
        let read = spawn_blocking(move || tls.map(|tls| (tls.reload(), tls.facts())));
        match read.await.unwrap_or_default() {
            Some((Ok(()), facts)) => {
                tracing::warn!("the certificate has been read again: {facts}");
                if let Some(warning) = facts.warning(Timestamp::now()) {
                    tracing::warn!("{warning}");
                }
            }
            Some((Err(fault), _)) => tracing::error!("{fault}; the certificate stays as it was"),
            None => tracing::warn!("there is no certificate to read again"),
        }
        manager::reloaded();
    }
}

/// Every Ctrl-C, be it a signal or a key that the console's line editor has taken.
struct Interrupts {
    signal: Signal,
    typed: Option<mpsc::Receiver<()>>,
}

impl Interrupts {
    async fn next(&mut self) {
        let typed = async {
            match &mut self.typed {
                Some(typed) => typed.recv().await,
                None => None,
            }
        };
        tokio::select! {
            _ = self.signal.recv() => {}
            Some(()) = typed => {}
        }
    }
}

async fn hung_up(hangup: Option<Signal>) -> Option<()> {
    hangup?.recv().await
}

fn listen(kind: SignalKind) -> anyhow::Result<Signal> {
    signal(kind).context("can't listen for signals")
}

/// Cancelled by Ctrl-C, SIGTERM, the end of the terminal or the operator's `/quit`. Afterwards a Ctrl-C ends the process at once, and a SIGTERM
/// changes nothing.
fn asked_to_end(
    mut interrupts: Interrupts,
    hangup: Option<Signal>,
    quit: CancellationToken,
    mut log: LogLine,
    restore: Restore,
) -> anyhow::Result<CancellationToken> {
    let mut terminate = listen(SignalKind::terminate())?;
    let asked = CancellationToken::new();
    let ending = asked.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = interrupts.next() => {}
            _ = terminate.recv() => {}
            Some(()) = hung_up(hangup) => {}
            () = quit.cancelled() => {}
        }
        manager::stopping();
        // Where stderr is gone, nobody is told.
        let _ = writeln!(log, "commonroom: saying goodbye; Ctrl-C ends at once");
        ending.cancel();
        interrupts.next().await;
        restore.now();
        std::process::exit(130);
    });
    Ok(asked)
}
