//! What it costs that nobody sees a message that could still be lost.

use anyhow::Result;

use super::Bench;
use super::fanout::{DURABLE, OURS, WINDOW};
use crate::arena::{COLUMNS, Doors, Plan, Sample, Seat, contest, rows};
use crate::crowd::Load;
use crate::report::Row;

/// The same load with the history in memory and on disk.
pub fn on_disk(bench: &mut Bench, doors: Doors, receivers: usize) -> Result<Vec<Row>> {
    let plan = Plan::one_to(receivers, doors, WINDOW);
    let seats = [Seat::new(OURS, plan), Seat::new(DURABLE, plan)];
    let samples = contest(&seats, bench, Load::Window(WINDOW as u64), bench.effort.time)?;
    Ok(rows(&samples, &seats[0].name, &[COLUMNS, &[("CPU/message", "us", Sample::cpu_message)]]))
}
