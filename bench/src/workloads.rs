//! What is measured, in the order in which it is printed.

use std::time::Duration;

use anyhow::Result;

use crate::arena::Doors;
use crate::contenders::Stage;
use crate::report::{Missing, Row, Table};

mod coming;
pub mod fanout;
mod history;
pub mod idle;
mod search;

/// One thing to measure.
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is done.
    pub about: &'static str,
    measure: fn(&mut Bench) -> Result<Vec<Row>>,
}

/// How long is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Rounds of each contender.
    pub rounds: usize,
    /// The length of one.
    pub time: Duration,
    /// What numbers of connections are divided by, where it takes long to make them.
    pub fewer: usize,
}

impl Effort {
    /// For figures to publish.
    pub const FULL: Effort = Effort { rounds: 5, time: Duration::from_secs(1), fewer: 1 };
    /// For a look.
    pub const QUICK: Effort = Effort { rounds: 3, time: Duration::from_millis(300), fewer: 5 };
}

/// What a run goes by.
pub struct Bench {
    /// Where it is.
    pub stage: Stage,
    /// How long it measures.
    pub effort: Effort,
    /// Who was not there.
    pub missing: Vec<Missing>,
}

macro_rules! workloads {
    ($($name:literal, $about:literal, $measure:expr;)*) => {
        &[$(Workload { name: $name, about: $about, measure: $measure }),*]
    };
}

/// All there are.
pub const WORKLOADS: &[Workload] = workloads![
    "tcp-10", "lines from one sender to 10", |b| fanout::batched(b, Doors::Tcp, 10);
    "tcp-100", "lines from one sender to 100", |b| fanout::batched(b, Doors::Tcp, 100);
    "tcp-1000", "lines from one sender to 1,000", |b| fanout::batched(b, Doors::Tcp, 1000);
    "tcp-5000", "lines from one sender to 5,000", |b| fanout::batched(b, Doors::Tcp, 5000);
    "ws-10", "frames from one sender to 10", |b| fanout::batched(b, Doors::Ws, 10);
    "ws-100", "frames from one sender to 100", |b| fanout::batched(b, Doors::Ws, 100);
    "ws-1000", "frames from one sender to 1,000", |b| fanout::batched(b, Doors::Ws, 1000);
    "ws-5000", "frames from one sender to 5,000", |b| fanout::batched(b, Doors::Ws, 5000);
    "half-100", "half lines, half frames, to 100, beside all of one kind", |b| fanout::half(b, 100);
    "half-1000", "half lines, half frames, to 1,000, beside all of one kind", |b| fanout::half(b, 1000);
    "all-tcp", "lines from each of 100 to all", |b| fanout::all_to_all(b, Doors::Tcp);
    "all-ws", "frames from each of 100 to all", |b| fanout::all_to_all(b, Doors::Ws);
    "rooms-tcp", "lines in 1,000 rooms of 10, one of whom speaks", |b| fanout::rooms(b, Doors::Tcp);
    "rooms-ws", "frames in 1,000 rooms of 10, one of whom speaks", |b| fanout::rooms(b, Doors::Ws);
    "rate-tcp", "200 lines a second, one by one, to 200", |b| fanout::rate(b, Doors::Tcp, 200, 200.0);
    "rate-ws", "200 frames a second, one by one, to 200", |b| fanout::rate(b, Doors::Ws, 200, 200.0);
    "rate-tcp-1000", "40 lines a second, one by one, to 1,000", |b| fanout::rate(b, Doors::Tcp, 1000, 40.0);
    "rate-ws-1000", "40 frames a second, one by one, to 1,000", |b| fanout::rate(b, Doors::Ws, 1000, 40.0);
    "idle-tcp", "memory of idle plain sockets", |b| idle::memory(b, Doors::Tcp);
    "idle-ws", "memory of idle WebSockets", |b| idle::memory(b, Doors::Ws);
    "joins-tcp", "10,000 come in on plain sockets", |b| coming::joins(b, Doors::Tcp);
    "joins-ws", "10,000 come in on WebSockets", |b| coming::joins(b, Doors::Ws);
    "join-history", "one after the other comes in and reads the last 50", coming::with_history;
    "slow-tcp", "lines to 900 who read, with and without 100 who don't", |b| fanout::slow(b, Doors::Tcp);
    "slow-ws", "frames to 900 who read, with and without 100 who don't", |b| fanout::slow(b, Doors::Ws);
    "disk-1", "lines to 1, history in memory and on disk", |b| history::on_disk(b, Doors::Tcp, 1);
    "disk-100", "lines to 100, history in memory and on disk", |b| history::on_disk(b, Doors::Tcp, 100);
    "disk-1000", "lines to 1,000, history in memory and on disk", |b| history::on_disk(b, Doors::Tcp, 1000);
    "disk-ws-1000", "frames to 1,000, history in memory and on disk", |b| history::on_disk(b, Doors::Ws, 1000);
    "search", "200 lines a second to 100, with and without 10 searches a second in a million messages", search::under_load;
];

impl Bench {
    /// Measures it.
    ///
    /// # Errors
    /// When something that is installed does not run.
    pub fn run(&mut self, workload: &Workload) -> Result<Table> {
        let rows = (workload.measure)(self)?;
        Ok(Table { workload: workload.name.to_owned(), about: workload.about.to_owned(), rows })
    }
}
