//! Who comes in, many at once or one after the other.

use std::time::Instant;

use anyhow::Result;

use super::Bench;
use super::fanout::{DURABLE, OURS};
use crate::arena::{self, Doors, Plan, QUIET, milliseconds};
use crate::contenders::bun::Bun;
use crate::contenders::limit::Limit;
use crate::contenders::nats::Nats;
use crate::contenders::ws::Ws;
use crate::contenders::{Contender, Who};
use crate::crowd::{Load, Part};
use crate::proc;
use crate::report::{Figure, Row};
use crate::stats::Spread;

/// How many come in at once.
const MANY: usize = 10_000;
/// How many come in one after the other.
const ONE_BY_ONE: usize = 500;
/// Messages that a first join replays.
const REPLAY: f64 = 50.0;

/// Many come in, 64 at a time: how long that takes, and the server's CPU until it is at rest again.
pub fn joins(bench: &mut Bench, doors: Doors) -> Result<Vec<Row>> {
    let contenders: &[&dyn Contender] = match doors {
        Doors::Ws => &[&Limit { each: false }, OURS, &Bun, &Nats, &Ws],
        _ => &[&Limit { each: false }, OURS, &Nats],
    };
    let mut found: Vec<(String, Vec<[f64; 3]>)> = contenders.iter().map(|one| (one.name(), Vec::new())).collect();
    for _ in 0..bench.effort.rounds.min(3) {
        for (contender, (_, samples)) in contenders.iter().zip(&mut found) {
            samples.extend(storm(*contender, bench, doors)?);
        }
    }
    Ok(found
        .into_iter()
        .filter(|(_, samples)| !samples.is_empty())
        .map(|(name, samples)| row(name, &samples))
        .collect())
}

const STORM: [(&str, &str); 3] = [("all in", "s"), ("CPU/join", "us"), ("p99", "ms")];

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn storm(contender: &dyn Contender, bench: &mut Bench, doors: Doors) -> Result<Option<[f64; 3]>> {
    let Some(server) = arena::start(contender, &bench.stage, &mut bench.missing)? else { return Ok(None) };
    let count = MANY / bench.effort.fewer;
    let (start, pid) = (Instant::now(), server.process.pid());
    let before = proc::cpu(pid)?;
    let mut crowd = arena::seat(contender, &server, Plan::one_to(count - 1, doors, 1))?;
    let time = start.elapsed();
    crowd.rest(QUIET)?;
    let cpu = proc::cpu(pid)?.saturating_sub(before);
    let each = cpu.as_secs_f64() * 1e6 / count as f64;
    Ok(Some([time.as_secs_f64(), each, milliseconds(crowd.joining(), 0.99)]))
}

fn row(contender: String, samples: &[[f64; 3]]) -> Row {
    let figures = STORM.iter().enumerate().filter_map(|(index, (name, unit))| {
        let spread = Spread::of(samples.iter().map(|sample| sample[index]))?;
        Some(Figure { name, unit, spread })
    });
    Row { contender, void: 0, why: None, figures: figures.collect() }
}

/// One after the other comes into a room where much was said, by a WebSocket: from before the connection to the end of
/// what is replayed.
pub fn with_history(bench: &mut Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for contender in [OURS, DURABLE] {
        let Some(server) = arena::start(contender, &bench.stage, &mut bench.missing)? else { continue };
        let mut talk = arena::seat(contender, &server, Plan::one_to(1, Doors::Ws, 8))?;
        talk.run(Load::Rate(10.0 * REPLAY), bench.effort.time)?;
        let mut crowd = arena::seat(contender, &server, Plan { senders: 0, ..Plan::one_to(0, Doors::Ws, 1) })?;
        for number in 0..ONE_BY_ONE {
            let who = Who { number: number + MANY, room: 0, sends: None, hears: false };
            let part = Part { hears: 0..0, sends: None, echo: false, stalled: false };
            crowd.join(contender.script(&server, Doors::Ws.of_sender(), who), part)?;
            crowd.gather()?;
        }
        let time = |name, quantile| {
            let spread = Spread::single(milliseconds(crowd.joining(), quantile));
            Figure { name, unit: "ms", spread }
        };
        let figures = vec![time("p50", 0.5), time("p99", 0.99)];
        rows.push(Row { contender: contender.name(), void: 0, why: None, figures });
    }
    Ok(rows)
}
