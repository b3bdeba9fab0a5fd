//! What a connection costs that does nothing.

use anyhow::Result;

use super::Bench;
use super::fanout::OURS;
use crate::arena::{self, Doors, Plan, QUIET};
use crate::contenders::bun::Bun;
use crate::contenders::mosquitto::Mosquitto;
use crate::contenders::nats::Nats;
use crate::contenders::ws::Ws;
use crate::contenders::{Contender, Who};
use crate::crowd::Part;
use crate::proc;
use crate::report::{Figure, Row};
use crate::stats::Spread;

/// How many are connected when memory is read.
const STEPS: [(usize, &str); 3] = [(1_000, "at 1,000"), (5_000, "at 5,000"), (10_000, "at 10,000")];

/// The memory that only the server holds, in user space, and its slope from the first step to the last.
pub fn memory(bench: &mut Bench, doors: Doors) -> Result<Vec<Row>> {
    let contenders: &[&dyn Contender] = match doors {
        Doors::Ws => &[OURS, &Bun, &Nats, &Ws],
        _ => &[OURS, &Nats, &Mosquitto],
    };
    let mut rows = Vec::new();
    for contender in contenders {
        rows.extend(row(*contender, bench, doors)?);
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "bytes are far below 2^52")]
fn row(contender: &dyn Contender, bench: &mut Bench, doors: Doors) -> Result<Option<Row>> {
    let counts = STEPS.map(|(count, _)| count / bench.effort.fewer);
    let Some(memory) = at(contender, bench, doors, &counts)? else { return Ok(None) };
    let [first, .., last] = memory[..] else { return Ok(None) };
    let slope = (last - first) as f64 / (counts[2] - counts[0]) as f64;
    let mut figures = vec![Figure { name: "each", unit: "B", spread: Spread::single(slope) }];
    figures.extend(memory.iter().zip(STEPS).map(|(memory, (_, name))| {
        let spread = Spread::single(*memory as f64 / 1e6);
        Figure { name, unit: "MB", spread }
    }));
    Ok(Some(Row { contender: contender.name(), void: 0, why: None, figures }))
}

/// The private memory of a new server, in bytes, with so many connections at rest; nothing if it is not installed.
///
/// # Errors
/// When it does not start, or lets nobody in.
pub fn at(contender: &dyn Contender, bench: &mut Bench, doors: Doors, counts: &[usize]) -> Result<Option<Vec<i64>>> {
    let Some(server) = arena::start(contender, &bench.stage, &mut bench.missing)? else { return Ok(None) };
    let mut crowd = arena::seat(contender, &server, Plan::one_to(0, doors, 1))?;
    let mut memory = Vec::new();
    for count in counts {
        while crowd.len() < *count {
            let who = Who { number: crowd.len(), room: 0, sends: None, hears: true };
            let part = Part { hears: 0..1, sends: None, echo: false, stalled: false };
            crowd.join(contender.script(&server, doors.of_sender(), who), part)?;
        }
        crowd.gather()?;
        crowd.rest(QUIET)?;
        memory.push(proc::private_memory(server.process.pid())?.try_into()?);
    }
    Ok(Some(memory))
}
