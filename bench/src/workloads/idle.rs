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
    let Some(server) = arena::start(contender, &bench.stage, &mut bench.missing)? else { return Ok(None) };
    let mut crowd = arena::seat(contender, &server, Plan::one_to(0, doors, 1))?;
    let door = doors.of_sender();
    let mut memory = Vec::new();
    for (count, _) in STEPS {
        while crowd.len() < count / bench.effort.fewer {
            let who = Who { number: crowd.len(), room: 0, sends: None, hears: true };
            let part = Part { hears: 0..1, sends: None, echo: false, stalled: false };
            crowd.join(contender.script(&server, door, who), part)?;
        }
        crowd.gather()?;
        crowd.rest(QUIET)?;
        memory.push(proc::private_memory(server.process.pid())? as f64);
    }
    let connections = ((STEPS[2].0 - STEPS[0].0) / bench.effort.fewer) as f64;
    let slope = Spread::single((memory[2] - memory[0]) / connections);
    let mut figures = vec![Figure { name: "each", unit: "B", spread: slope }];
    let megabytes = |(memory, (_, name)): (f64, (usize, &'static str))| Figure {
        name,
        unit: "MB",
        spread: Spread::single(memory / 1e6),
    };
    figures.extend(memory.into_iter().zip(STEPS).map(megabytes));
    Ok(Some(Row { contender: contender.name(), void: 0, why: None, figures }))
}
