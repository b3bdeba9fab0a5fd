//! What happened in a room, as everybody who was there tells it, and what the journal holds in the end.
//!
//! Tests of faults write a [`History`] down and have it checked. Here is what one is made of; `history/` has the
//! invariants of the design, one subject a file. All of it is pure: no clock but [`Clock`], no I/O but the file that a
//! history which breaks an invariant is left in.

mod fate;
mod index;
mod line;
mod room;
mod view;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use commonroom_protocol::{Code, GapWhy, Said};
use serde::Serialize;

use crate::target;
use index::Index;

/// Violations of each invariant that are told in words; the others are counted.
const TOLD: usize = 5;
/// Characters of a text by which a violation names a message.
const NAMED: usize = 30;

/// The one clock of a history: microseconds since it began.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Microseconds since then.
    pub fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A room's history. Every text in it is sent once, or again with the same `cid`, so that a text names a message.
#[derive(Clone, Debug, Default, Serialize)]
pub struct History {
    /// Everybody who was there, and what each did and saw.
    pub clients: Vec<Client>,
    /// What the journal holds after recovery, in its order.
    pub journal: Vec<Said>,
    /// When the server was away.
    pub faults: Vec<Fault>,
}

/// Somebody who was there, over all of their connections.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    /// Who is meant, in the words of a violation.
    pub name: String,
    /// The public id; none for a terminal, whose messages are known by their texts alone.
    pub by: Option<String>,
    /// What they did, were told and saw, in the order in which they did.
    pub events: Vec<Event>,
}

/// A moment in somebody's life.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// When: just before a send begins, and just after something was read. Microseconds of the [`Clock`].
    pub at: u64,
    /// What.
    pub what: What,
}

/// What a client does, is told or sees.
#[derive(Clone, Debug, Serialize)]
pub enum What {
    /// It begins to send a message: from here on the server may have it.
    Sent {
        /// The message's id; a terminal's is its text.
        cid: String,
        /// The text.
        text: String,
    },
    /// It has joined, or come back.
    Welcome {
        /// What it said it had seen.
        since: Option<u64>,
        /// The history that the server has.
        epoch: String,
        /// The newest message.
        head: u64,
    },
    /// A frame with a message.
    Said(Said),
    /// Messages are not told; both included.
    Gap {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// The reason.
        why: GapWhy,
    },
    /// The replay is over.
    Live {
        /// The head that `welcome` named.
        head: u64,
    },
    /// A message of its own is not said.
    Refused {
        /// Which.
        cid: String,
        /// The reason.
        code: Code,
    },
    /// A terminal is told that its line is saved.
    Saved {
        /// The line.
        cid: String,
        /// Its place.
        seq: u64,
    },
    /// A terminal shows a line that somebody has said.
    Shown {
        /// The text.
        text: String,
    },
    /// The connection is at its end: what has no answer yet never gets one.
    Closed,
}

/// A time without a server.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fault {
    /// When it was taken away.
    pub began: u64,
    /// When whatever was wrong was over: a new server was started.
    pub ended: u64,
}

/// Something that must never be.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The number of the design's invariant.
    pub invariant: u8,
    /// What was seen.
    pub words: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.invariant {
            1 => "one total order",
            2 => "nothing acknowledged or seen is lost",
            3 => "nothing is doubled",
            4 => "nothing is invented",
            5 => "no gap that is not named",
            6 => "real-time order",
            9 => "sends are accepted again",
            10 => "every attempt ends in said, refused or closed",
            _ => "no invariant of ours",
        };
        write!(f, "invariant {} ({name}): {}", self.invariant, self.words)
    }
}

/// What a sound history tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages in the journal.
    pub kept: usize,
    /// Messages whose senders were told that they are said.
    pub acknowledged: usize,
    /// Messages whose senders did not hear of them before a break, and found them in what was replayed after it.
    pub found: usize,
    /// Messages that were sent again and answered with the original.
    pub answered_again: usize,
    /// Lines that terminals were told are saved.
    pub saved: usize,
    /// Lines that terminals were shown.
    pub shown: usize,
    /// Gaps that were named.
    pub gaps: usize,
    /// Faults after which a send was accepted before the next one.
    pub recoveries: usize,
    /// The longest time from a fault's end until a send was accepted.
    pub slowest_recovery: Duration,
}

impl History {
    /// All that is wrong with it.
    pub fn violations(&self) -> Vec<Violation> {
        let index = Index::of(self);
        let mut found = Vec::new();
        for client in &self.clients {
            found.extend(view::check(client));
            found.extend(line::check(client, &index));
            found.extend(fate::check(client));
        }
        found.extend(room::check(self, &index));
        found.sort_by_key(|violation| violation.invariant);
        found
    }

    /// The numbers of the invariants that it breaks.
    pub fn broken(&self) -> BTreeSet<u8> {
        self.violations().iter().map(|violation| violation.invariant).collect()
    }

    /// Checks it, and says what it tells.
    ///
    /// # Errors
    /// What is wrong with it, and the path of a file in which all of it can be looked at.
    pub fn prove(&self, name: &str) -> Result<Report> {
        let violations = self.violations();
        if violations.is_empty() {
            return Ok(self.report());
        }
        let path = self.write(name)?;
        let told: Vec<String> = violations.chunk_by(|a, b| a.invariant == b.invariant).map(told).collect();
        bail!("the history is in {}\n{}", path.display(), told.join("\n"));
    }

    fn report(&self) -> Report {
        let recoveries: Vec<u64> = fate::recoveries(self);
        let mut report = Report {
            kept: self.journal.len(),
            recoveries: recoveries.len(),
            slowest_recovery: Duration::from_micros(recoveries.into_iter().max().unwrap_or(0)),
            ..Report::default()
        };
        for client in &self.clients {
            fate::count(client, &mut report);
        }
        report
    }

    fn write(&self, name: &str) -> Result<PathBuf> {
        let folder = target().join("histories");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}-{}.json", std::process::id()));
        fs::write(&path, serde_json::to_vec_pretty(self)?)?;
        Ok(path)
    }
}

impl Report {
    /// This and another one, of another history.
    #[must_use]
    pub fn and(self, other: Report) -> Report {
        Report {
            kept: self.kept + other.kept,
            acknowledged: self.acknowledged + other.acknowledged,
            found: self.found + other.found,
            answered_again: self.answered_again + other.answered_again,
            saved: self.saved + other.saved,
            shown: self.shown + other.shown,
            gaps: self.gaps + other.gaps,
            recoveries: self.recoveries + other.recoveries,
            slowest_recovery: self.slowest_recovery.max(other.slowest_recovery),
        }
    }
}

impl Client {
    /// Somebody who has not done anything yet.
    pub fn new(name: impl Into<String>) -> Client {
        Client { name: name.into(), by: None, events: Vec::new() }
    }

    /// Writes down what happens now.
    pub fn note(&mut self, clock: Clock, what: What) {
        self.events.push(Event { at: clock.now(), what });
    }

    /// Whether a message is this client's own.
    pub(crate) fn owns(&self, said: &Said) -> bool {
        self.by.as_ref() == Some(&said.by)
    }
}

/// Violations of one invariant, the first in words.
fn told(violations: &[Violation]) -> String {
    let mut lines: Vec<String> = violations.iter().take(TOLD).map(ToString::to_string).collect();
    if violations.len() > TOLD {
        lines.push(format!("... and {} more of these", violations.len() - TOLD));
    }
    lines.join("\n")
}

/// How a violation names a message.
fn named(said: &Said) -> String {
    format!("#{} \"{}\" (by {}, cid {})", said.seq.0, brief(&said.text), said.by, said.cid)
}

/// As much of a text as tells it from others.
fn brief(text: &str) -> String {
    text.chars().take(NAMED).collect()
}
