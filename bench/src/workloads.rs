//! What is measured, in the order in which it is printed.

use std::time::Duration;

use anyhow::Result;

use crate::arena::Doors;
use crate::contenders::Stage;
use crate::report::{Missing, Table};

mod fanout;

/// One thing to measure.
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is done.
    pub about: &'static str,
    kind: Kind,
}

/// What kind of thing, and how much of it.
#[derive(Clone, Copy)]
enum Kind {
    /// One sender with a window to so many receivers.
    Batched(Doors, usize),
}

/// How long is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Rounds of each contender.
    pub rounds: usize,
    /// The length of one.
    pub time: Duration,
}

impl Effort {
    /// For figures to publish.
    pub const FULL: Effort = Effort { rounds: 7, time: Duration::from_secs(1) };
    /// For a look.
    pub const QUICK: Effort = Effort { rounds: 3, time: Duration::from_millis(300) };
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

/// All there are.
pub const WORKLOADS: &[Workload] = &[
    batched("tcp-10", "lines from one sender to 10", Doors::Tcp, 10),
    batched("tcp-100", "lines from one sender to 100", Doors::Tcp, 100),
    batched("tcp-1000", "lines from one sender to 1,000", Doors::Tcp, 1000),
    batched("tcp-5000", "lines from one sender to 5,000", Doors::Tcp, 5000),
    batched("ws-10", "frames from one sender to 10", Doors::Ws, 10),
    batched("ws-100", "frames from one sender to 100", Doors::Ws, 100),
    batched("ws-1000", "frames from one sender to 1,000", Doors::Ws, 1000),
    batched("ws-5000", "frames from one sender to 5,000", Doors::Ws, 5000),
];

const fn batched(name: &'static str, about: &'static str, doors: Doors, receivers: usize) -> Workload {
    Workload { name, about, kind: Kind::Batched(doors, receivers) }
}

impl Bench {
    /// Measures it.
    ///
    /// # Errors
    /// When something that is installed does not run.
    pub fn run(&mut self, workload: &Workload) -> Result<Table> {
        let rows = match workload.kind {
            Kind::Batched(doors, receivers) => fanout::batched(self, doors, receivers)?,
        };
        Ok(Table { workload: workload.name.to_owned(), about: workload.about.to_owned(), rows })
    }
}
