//! One sender to many.

use anyhow::Result;

use super::Bench;
use crate::arena::{self, COLUMNS, Doors, Plan};
use crate::contenders::Contender;
use crate::contenders::bun::Bun;
use crate::contenders::commonroom::{Commonroom, History};
use crate::contenders::limit::Limit;
use crate::contenders::nats::Nats;
use crate::crowd::Load;
use crate::report::Row;

/// Messages under way.
const WINDOW: u32 = 256;

/// As fast as it goes with a window.
pub fn batched(bench: &mut Bench, doors: Doors, receivers: usize) -> Result<Vec<Row>> {
    let plan = Plan { rooms: 1, senders: 1, receivers, stalled: 0, doors, under_way: WINDOW as usize };
    let ours = Commonroom { history: History::Memory };
    let limit = Limit { each: false };
    let contenders: Vec<&dyn Contender> = match doors {
        Doors::Ws => vec![&limit, &ours, &Bun, &Nats],
        _ => vec![&limit, &ours, &Nats],
    };
    let contenders: Vec<_> = contenders.into_iter().map(|contender| (contender, plan)).collect();
    let mut entrants = arena::gather(&contenders, &bench.stage, &mut bench.missing)?;
    let samples = arena::rounds(&mut entrants, bench.effort.rounds, Load::Window(WINDOW.into()), bench.effort.time)?;
    Ok(arena::rows(&entrants, &samples, "limit", &[COLUMNS]))
}
