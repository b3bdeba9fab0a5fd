//! What a run has found, in the words of its JSON.

use serde::Serialize;

use crate::stats::Spread;

/// All that one run has found.
#[derive(Serialize)]
pub struct Report {
    /// The command that does it again.
    pub command: String,
    /// When it began, as a date of UTC.
    pub date: String,
    /// On what it ran.
    pub machine: String,
    /// What was found, in order.
    pub workloads: Vec<Table>,
    /// Who was not there.
    pub missing: Vec<Missing>,
}

/// What one workload has found.
#[derive(Serialize)]
pub struct Table {
    /// The workload's name on the command line.
    pub workload: String,
    /// What was done.
    pub about: String,
    /// A row for each who was measured.
    pub rows: Vec<Row>,
}

/// What one of them did.
#[derive(Serialize)]
pub struct Row {
    /// Who.
    pub contender: String,
    /// Rounds that count for nothing, and why the first of them does.
    pub void: usize,
    /// Why the first of them is void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What was measured in the others.
    pub figures: Vec<Figure>,
}

/// One thing that was measured.
#[derive(Clone, Copy, Serialize)]
pub struct Figure {
    /// Its name, which is the column's.
    pub name: &'static str,
    /// How it is counted.
    pub unit: &'static str,
    /// Over all rounds.
    #[serde(flatten)]
    pub spread: Spread,
}

/// Who was not measured.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Who.
    pub contender: String,
    /// The command that installs it.
    pub install: String,
}

impl Row {
    /// The figure of that name.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}
