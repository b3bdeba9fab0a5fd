//! Messages to many.

use anyhow::Result;

use super::Bench;
use crate::arena::{COLUMNS, Doors, Plan, Sample, Seat, TIMES, contest, rows};
use crate::contenders::Contender;
use crate::contenders::bun::Bun;
use crate::contenders::commonroom::{Commonroom, History};
use crate::contenders::inspircd::Inspircd;
use crate::contenders::limit::Limit;
use crate::contenders::mosquitto::Mosquitto;
use crate::contenders::nats::Nats;
use crate::contenders::ncat::Ncat;
use crate::contenders::ws::Ws;
use crate::crowd::Load;
use crate::report::{Figure, Row};
use crate::stats::Spread;

/// Messages of one sender under way.
pub const WINDOW: usize = 256;
/// The server with its history in memory.
pub const OURS: &Commonroom = &Commonroom { history: History::Memory };
/// The server with its history on disk.
pub const DURABLE: &Commonroom = &Commonroom { history: History::Disk };
/// The limit program.
pub const LIMIT: &Limit = &Limit { each: false };
/// Where the generator is late, several messages come with one read; this one gathers nothing even then.
const ONE_BY_ONE: &Limit = &Limit { each: true };
/// Beyond so many receivers those that write each message by itself are left out: they would take minutes.
const PATIENT: usize = 100;

/// As fast as it goes with a window.
pub fn batched(bench: &mut Bench, doors: Doors, receivers: usize) -> Result<Vec<Row>> {
    let mut contenders: Vec<&dyn Contender> = vec![LIMIT, OURS];
    match doors {
        Doors::Ws => contenders.extend([&Bun as &dyn Contender, &Nats]),
        _ => contenders.push(&Nats),
    }
    if receivers <= PATIENT {
        match doors {
            Doors::Ws => contenders.push(&Ws),
            _ => contenders.extend([&Mosquitto as &dyn Contender, &Inspircd]),
        }
    }
    against_limit(bench, &contenders, Plan::one_to(receivers, doors, WINDOW), WINDOW as u64)
}

/// Half of them by each door. The base is the mean of the two doors.
pub fn half(bench: &mut Bench, receivers: usize) -> Result<Vec<Row>> {
    let seat = |name: &str, doors| Seat {
        name: name.to_owned(),
        contender: OURS,
        plan: Plan::one_to(receivers, doors, WINDOW),
    };
    let seats = [seat("lines", Doors::Tcp), seat("frames", Doors::Ws), seat("half and half", Doors::Half)];
    let samples = contest(&seats, bench, Load::Window(WINDOW as u64), bench.effort.time)?;
    let mut found = rows(&samples, "", &[COLUMNS]);
    if let [(_, lines), (_, frames), (_, half)] = &samples[..] {
        let rounds = lines.iter().zip(frames).zip(half);
        let ratios = rounds.map(|((a, b), both)| 2.0 * both.cpu_each() / (a.cpu_each() + b.cpu_each()));
        let figure = Spread::of(ratios).map(|spread| Figure { name: "ratio to the mean", unit: "", spread });
        found[2].figures.extend(figure);
    }
    Ok(found)
}

/// Each of a hundred speaks to all.
pub fn all_to_all(bench: &mut Bench, doors: Doors) -> Result<Vec<Row>> {
    const EACH: usize = 16;
    let plan = Plan { rooms: 1, senders: 100, receivers: 0, stalled: 0, doors, under_way: EACH };
    let contenders: &[&dyn Contender] = match doors {
        Doors::Ws => &[LIMIT, OURS, &Bun, &Nats],
        _ => &[LIMIT, OURS, &Nats],
    };
    against_limit(bench, contenders, plan, EACH as u64)
}

/// Many small rooms.
pub fn rooms(bench: &mut Bench, doors: Doors) -> Result<Vec<Row>> {
    const EACH: usize = 16;
    let rooms = 1000 / bench.effort.fewer;
    let plan = Plan { rooms, senders: 1, receivers: 9, stalled: 0, doors, under_way: EACH };
    let contenders: &[&dyn Contender] = match doors {
        Doors::Ws => &[LIMIT, OURS, &Bun, &Nats],
        _ => &[LIMIT, OURS, &Nats],
    };
    against_limit(bench, contenders, plan, EACH as u64)
}

/// One message after the other, in an open loop: no server can gather any.
pub fn rate(bench: &mut Bench, doors: Doors, receivers: usize, rate: f64) -> Result<Vec<Row>> {
    const UNDER_WAY: usize = 4096;
    let contenders: &[&dyn Contender] = match doors {
        Doors::Ws => &[LIMIT, ONE_BY_ONE, OURS, DURABLE, &Bun, &Nats, &Ws],
        // More than select(2) knows; and whoever comes into an IRC channel is told to all others.
        _ if receivers > 500 => &[LIMIT, ONE_BY_ONE, OURS, DURABLE, &Nats, &Mosquitto],
        _ => &[LIMIT, ONE_BY_ONE, OURS, DURABLE, &Nats, &Mosquitto, &Inspircd, &Ncat],
    };
    let seats = seats(contenders, Plan::one_to(receivers, doors, UNDER_WAY));
    let samples = contest(&seats, bench, Load::Rate(rate), bench.effort.time * 2)?;
    Ok(rows(&samples, "limit", &[COLUMNS, TIMES]))
}

/// With and without some who read nothing.
pub fn slow(bench: &mut Bench, doors: Doors) -> Result<Vec<Row>> {
    let plan = Plan::one_to(900, doors, WINDOW);
    let seat = |name: &str, stalled| Seat { name: name.to_owned(), contender: OURS, plan: Plan { stalled, ..plan } };
    let seats = [seat("all read", 0), seat("100 don't", 100)];
    let samples = contest(&seats, bench, Load::Window(WINDOW as u64), bench.effort.time)?;
    Ok(rows(&samples, "all read", &[COLUMNS]))
}

fn against_limit(bench: &mut Bench, contenders: &[&dyn Contender], plan: Plan, window: u64) -> Result<Vec<Row>> {
    let samples = contest(&seats(contenders, plan), bench, Load::Window(window), bench.effort.time)?;
    Ok(rows(&samples, "limit", &[COLUMNS, &[("CPU/message", "us", Sample::cpu_message)]]))
}

fn seats<'a>(contenders: &[&'a dyn Contender], plan: Plan) -> Vec<Seat<'a>> {
    contenders.iter().map(|contender| Seat::new(*contender, plan)).collect()
}
