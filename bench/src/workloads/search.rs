//! Search in a long history while others talk.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use serde_json::Value;

use super::Bench;
use crate::arena::{COLUMNS, Doors, Plan, QUIET, Sample, Seat, TIMES, milliseconds, rows};
use crate::contenders::commonroom::{Commonroom, History};
use crate::crowd::Load;
use crate::proc;
use crate::report::{Figure, Row};
use crate::stats::Spread;

/// Between two searches.
const PAUSE: Duration = Duration::from_millis(100);
/// A million messages are indexed within this.
const INDEXED: Duration = Duration::from_mins(2);
/// A server is at rest if it needs less than a hundredth of this.
const AT_REST: Duration = Duration::from_secs(1);
/// Frequent and rare words, a phrase, a prefix, and what is nowhere; of the talk that `cargo xtask fill` makes.
const QUERIES: &[&str] =
    &["server", "kaleidoscope", "\"the server\"", "deplo*", "天气", "server network disk", "nowhere"];

/// Rounds with and without searches, in turn, at the same server.
pub fn under_load(bench: &mut Bench) -> Result<Vec<Row>> {
    let file = bench.stage.folder.join("million.db");
    ensure!(file.is_file(), "{} is missing: `cargo xtask bench search` makes it", file.display());
    let ours = Commonroom { history: History::File(file) };
    let seat = Seat::new(&ours, Plan::one_to(100, Doors::Tcp, 4096));
    let Some(mut entrant) = seat.take(&bench.stage, &mut bench.missing)? else { return Ok(Vec::new()) };
    let (load, time) = (Load::Rate(200.0), bench.effort.time * 3);
    rest(entrant.pid())?;
    entrant.warm_up(QUIET, load, time)?;
    let (mut quiet, mut busy, mut found) = (Vec::new(), Vec::new(), Histogram::<u64>::new(3)?);
    for _ in 0..bench.effort.rounds {
        quiet.push(entrant.measure(load, time)?);
        let searcher = Searcher::start(entrant.server.tcp);
        busy.push(entrant.measure(load, time)?);
        found.add(searcher.stop()?)?;
    }
    let samples = vec![("nobody searches".to_owned(), quiet), ("somebody searches".to_owned(), busy)];
    let mut rows = rows(&samples, &samples[0].0, &[COLUMNS, TIMES]);
    if let Some(row) = rows.last_mut() {
        row.figures.extend(p99_ratio(&samples[0].1, &samples[1].1));
        for (name, quantile) in [("search p50", 0.5), ("search p99", 0.99)] {
            row.figures.push(Figure { name, unit: "ms", spread: Spread::single(milliseconds(&found, quantile)) });
        }
    }
    Ok(rows)
}

/// Waits until the server has nothing to do: after an import, it makes its index.
fn rest(pid: u32) -> Result<()> {
    let start = Instant::now();
    let mut cpu = proc::cpu(pid)?;
    while start.elapsed() < INDEXED {
        thread::sleep(AT_REST);
        let now = proc::cpu(pid)?;
        if now.saturating_sub(cpu) < AT_REST / 100 {
            return Ok(());
        }
        cpu = now;
    }
    bail!("the server is not at rest after {INDEXED:?}")
}

fn p99_ratio(quiet: &[Sample], busy: &[Sample]) -> Option<Figure> {
    let ratios = busy.iter().zip(quiet).map(|(busy, quiet)| busy.latency(0.99) / quiet.latency(0.99));
    Spread::of(ratios).map(|spread| Figure { name: "p99 ratio", unit: "", spread })
}

/// A program that searches, in a thread of its own on the generator's core.
struct Searcher {
    done: Arc<AtomicBool>,
    thread: thread::JoinHandle<Result<Histogram<u64>>>,
}

impl Searcher {
    fn start(address: SocketAddr) -> Searcher {
        let done = Arc::new(AtomicBool::new(false));
        let flag = done.clone();
        Searcher { done, thread: thread::spawn(move || search(address, &flag)) }
    }

    fn stop(self) -> Result<Histogram<u64>> {
        self.done.store(true, Ordering::Relaxed);
        let Ok(times) = self.thread.join() else { bail!("the searcher has panicked") };
        times.context("while somebody searched")
    }
}

fn search(address: SocketAddr, done: &AtomicBool) -> Result<Histogram<u64>> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut lines = BufReader::new(socket.try_clone()?).lines();
    writeln!(socket, r#"{{"t":"hello","v":1,"client":"bench-searcher"}}"#)?;
    answer(&mut lines, |frame| frame["t"] == "live")?;
    let mut times = Histogram::new(3)?;
    for (number, query) in QUERIES.iter().cycle().enumerate() {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        let query = Value::from(*query);
        let ask = format!("{{\"t\":\"search\",\"n\":{number},\"query\":{query}}}\n");
        socket.write_all(ask.as_bytes())?;
        answer(&mut lines, |frame| frame["t"] == "page" && frame["n"] == number)?;
        times.record(u64::try_from(start.elapsed().as_nanos())?)?;
        thread::sleep(PAUSE.saturating_sub(start.elapsed()));
    }
    Ok(times)
}

/// Reads on to the frame that is waited for.
fn answer(lines: &mut impl Iterator<Item = std::io::Result<String>>, is_it: impl Fn(&Value) -> bool) -> Result<()> {
    for line in lines {
        let line = line?;
        // What others say is not worth the parsing.
        if !line.starts_with(r#"{"t":"said""#) && is_it(&serde_json::from_str(&line)?) {
            return Ok(());
        }
    }
    bail!("the server has ended the connection")
}
