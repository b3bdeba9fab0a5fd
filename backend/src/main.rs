//! The `commonroom` binary: configuration, logs, addresses, and serving until a signal.

use std::num::NonZero;
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::Context;
use clap::Parser;
use commonroom::BUILD;
use commonroom::config::Config;
use commonroom::server::Server;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match run(&Config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("commonroom: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    runtime()?.block_on(async {
        let server = Server::bind(config)?;
        println!("Commonroom {BUILD}\n{}\n  history in memory: it ends with the server", server.addresses());
        server.run(asked_to_end()?).await.context("serving stopped")
    })
}

/// One thread where there is one core: waking another thread would only cost.
fn runtime() -> anyhow::Result<Runtime> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let mut builder = if cores == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build().context("the runtime can't start")
}

/// Waits for Ctrl-C or SIGTERM. Afterwards a second Ctrl-C ends the process at once, and a second SIGTERM changes nothing.
fn asked_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        eprintln!("commonroom: saying goodbye; Ctrl-C ends at once");
        tokio::spawn(async move {
            interrupt.recv().await;
            std::process::exit(130);
        });
        tokio::spawn(async move { while terminate.recv().await.is_some() {} });
    })
}
