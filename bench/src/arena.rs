//! Where contenders meet: each with a server and a crowd of its own, measured in turn, round after round.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use crate::contenders::{Contender, Door, Server, Stage, Who};
use crate::crowd::{Crowd, Load, Outcome, Part};
use crate::proc;
use crate::report::{Figure, Missing, Row};
use crate::stats::Spread;
use crate::workloads::Bench;

/// How a crowd is seated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rooms.
    pub rooms: usize,
    /// Who speaks, in each room. Several hear each other.
    pub senders: usize,
    /// Who only listens, in each room.
    pub receivers: usize,
    /// Who reads nothing once they are in, in each room.
    pub stalled: usize,
    /// What they come by.
    pub doors: Doors,
    /// Messages of one sender that may be under way.
    pub under_way: usize,
}

/// What a crowd comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doors {
    /// Plain sockets.
    Tcp,
    /// WebSockets.
    Ws,
    /// Every other receiver by a WebSocket; senders by plain sockets.
    Half,
}

/// One who takes part.
pub struct Entrant {
    /// Its server.
    pub server: Server,
    /// Who is connected to it.
    pub crowd: Crowd,
}

/// A round of one entrant.
pub struct Sample {
    /// What its crowd saw.
    pub outcome: Outcome,
    /// The server's CPU time.
    pub cpu: Duration,
}

/// After so long without a word a crowd is at rest: a room tells of many who come within 2 s together, and a program is
/// told of once it has stayed 2 s.
pub const QUIET: Duration = Duration::from_millis(2_500);
/// Connections that the generator holds at once: a process may have 20,000 descriptors on many systems.
const TOGETHER: usize = 15_000;
/// The server may tidy up for so long after the last delivery.
const TIDY: Duration = Duration::from_millis(20);

impl Plan {
    /// One sender and so many receivers.
    pub const fn one_to(receivers: usize, doors: Doors, under_way: usize) -> Plan {
        Plan { rooms: 1, senders: 1, receivers, stalled: 0, doors, under_way }
    }

    /// Connections.
    pub fn members(&self) -> usize {
        self.rooms * (self.senders + self.receivers + self.stalled)
    }
}

impl Doors {
    fn of_receiver(self, number: usize) -> Door {
        let ws = self == Doors::Ws || self == Doors::Half && number % 2 == 1;
        if ws { Door::Ws } else { Door::Tcp }
    }

    /// What senders come by.
    pub fn of_sender(self) -> Door {
        if self == Doors::Ws { Door::Ws } else { Door::Tcp }
    }
}

/// Starts one of them; nothing if it is not installed, which `missing` then says.
///
/// # Errors
/// When it is there and does not start.
pub fn start(contender: &dyn Contender, stage: &Stage, missing: &mut Vec<Missing>) -> Result<Option<Server>> {
    let Some(program) = contender.program(stage) else {
        let one = Missing { contender: contender.name(), install: contender.install().to_owned() };
        if !missing.contains(&one) {
            missing.push(one);
        }
        return Ok(None);
    };
    contender.start(program, stage).with_context(|| format!("{} does not start", contender.name())).map(Some)
}

/// One who is to take part.
pub struct Seat<'a> {
    /// What its row is called; its own name unless there is more to say.
    pub name: String,
    /// Who.
    pub contender: &'a dyn Contender,
    /// With how many.
    pub plan: Plan,
}

impl<'a> Seat<'a> {
    /// By its own name.
    pub fn new(contender: &'a dyn Contender, plan: Plan) -> Seat<'a> {
        Seat { name: contender.name(), contender, plan }
    }

    /// Starts its server and seats its crowd; nothing if it is not installed.
    ///
    /// # Errors
    /// When it does not start, or lets nobody in.
    pub fn take(&self, stage: &Stage, missing: &mut Vec<Missing>) -> Result<Option<Entrant>> {
        let Some(server) = start(self.contender, stage, missing)? else { return Ok(None) };
        let crowd = seat(self.contender, &server, self.plan).with_context(|| format!("at {}", self.name))?;
        Ok(Some(Entrant { server, crowd }))
    }
}

/// Seats a crowd.
///
/// # Errors
/// When the server does not let them in.
pub fn seat(contender: &dyn Contender, server: &Server, plan: Plan) -> Result<Crowd> {
    let door = plan.doors.of_sender();
    let speech = contender.speech(door, plan.senders);
    let mut crowd = Crowd::new(plan.rooms * plan.senders, plan.under_way, speech)?;
    let echo = contender.echoes(door);
    for room in 0..plan.rooms {
        let all = room * plan.senders..(room + 1) * plan.senders;
        for number in 0..plan.receivers + plan.stalled {
            let who = Who { number: crowd.len(), room, sends: None, hears: true };
            let part = Part { hears: all.clone(), sends: None, echo, stalled: number >= plan.receivers };
            crowd.join(contender.script(server, plan.doors.of_receiver(number), who), part)?;
        }
        for sender in all.clone() {
            let hears = echo || plan.senders > 1;
            let who = Who { number: crowd.len(), room, sends: Some(sender), hears };
            let hears = if hears { all.clone() } else { 0..0 };
            let part = Part { hears, sends: Some(sender), echo, stalled: false };
            crowd.join(contender.script(server, door, who), part)?;
        }
    }
    crowd.gather()?;
    Ok(crowd)
}

/// What each of those who are installed has done, by name.
pub type Samples = Vec<(String, Vec<Sample>)>;

/// Has each of them measured in turn, round after round; each is warmed up before.
///
/// # Errors
/// When one of them does not start, or lets nobody in.
pub fn contest(seats: &[Seat], bench: &mut Bench, load: Load, time: Duration) -> Result<Samples> {
    if seats.iter().map(|seat| seat.plan.members()).sum::<usize>() > TOGETHER {
        return apart(seats, bench, load, time);
    }
    let mut entrants = Vec::new();
    for seat in seats {
        match seat.take(&bench.stage, &mut bench.missing) {
            Ok(entrant) => entrants.extend(entrant.map(|entrant| (seat.name.clone(), entrant))),
            // Half an hour of others' figures is not lost for it; in the table its row is missing.
            Err(error) => eprintln!("{} is left out: {error:#}", seat.name),
        }
    }
    // While the first one waits the others come to rest, too; what they have been told since is soon read.
    let mut quiet = QUIET;
    for (_, entrant) in &mut entrants {
        entrant.warm_up(quiet, load, time)?;
        quiet = QUIET / 10;
    }
    let mut samples: Samples = entrants.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
    for _ in 0..bench.effort.rounds {
        for ((_, entrant), (_, samples)) in entrants.iter_mut().zip(&mut samples) {
            // Once a message is lost all that follows is out of order.
            if samples.last().is_none_or(|last| last.outcome.fault.is_none()) {
                samples.push(entrant.measure(load, time)?);
            }
        }
    }
    Ok(samples)
}

/// The same where there are too many connections for all to be open: each has a new server and crowd in every round.
fn apart(seats: &[Seat], bench: &mut Bench, load: Load, time: Duration) -> Result<Samples> {
    let mut samples: Samples = seats.iter().map(|seat| (seat.name.clone(), Vec::new())).collect();
    for _ in 0..bench.effort.rounds {
        for (seat, (_, samples)) in seats.iter().zip(&mut samples) {
            let Some(mut entrant) = seat.take(&bench.stage, &mut bench.missing)? else { continue };
            entrant.warm_up(QUIET, load, time)?;
            samples.push(entrant.measure(load, time)?);
        }
    }
    samples.retain(|(_, samples)| !samples.is_empty());
    Ok(samples)
}

impl Entrant {
    /// Waits until nothing has come for `quiet`, and makes the load for a while.
    ///
    /// # Errors
    /// When the system fails.
    pub fn warm_up(&mut self, quiet: Duration, load: Load, time: Duration) -> Result<()> {
        self.crowd.rest(quiet)?;
        self.measure(load, time / 4).map(drop)
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.process.pid()
    }

    /// Makes the load for so long.
    ///
    /// # Errors
    /// When the system fails.
    pub fn measure(&mut self, load: Load, time: Duration) -> Result<Sample> {
        self.crowd.rest(Duration::ZERO)?;
        let pid = self.server.process.pid();
        let before = proc::cpu(pid)?;
        let outcome = self.crowd.run(load, time)?;
        thread::sleep(TIDY);
        Ok(Sample { outcome, cpu: proc::cpu(pid)?.saturating_sub(before) })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
impl Sample {
    /// Whether it counts.
    pub fn is_good(&self) -> bool {
        self.outcome.fault.is_none()
    }

    /// Microseconds of the server's CPU for one delivery.
    pub fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.outcome.deliveries as f64
    }

    /// Microseconds of the server's CPU for one message, whatever its audience.
    pub fn cpu_message(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.outcome.messages as f64
    }

    /// Deliveries a second.
    pub fn throughput(&self) -> f64 {
        self.outcome.deliveries as f64 / self.outcome.time.as_secs_f64()
    }

    /// Bytes of one delivery, all that the protocol adds included.
    pub fn bytes(&self) -> f64 {
        self.outcome.bytes as f64 / self.outcome.deliveries as f64
    }

    /// Milliseconds below which this share of deliveries took.
    pub fn latency(&self, quantile: f64) -> f64 {
        milliseconds(&self.outcome.latency, quantile)
    }

    /// Milliseconds by which messages were sent late, but for one in a hundred.
    pub fn lateness(&self) -> f64 {
        milliseconds(&self.outcome.lateness, 0.99)
    }
}

/// A quantile in milliseconds of times in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^52 ns")]
pub fn milliseconds(times: &Histogram<u64>, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1e6
}

/// A column: its name, its unit, and how a sample has it.
pub type Column = (&'static str, &'static str, fn(&Sample) -> f64);

/// The columns of every load.
pub const COLUMNS: &[Column] = &[
    ("CPU/delivery", "us", Sample::cpu_each),
    ("deliveries/s", "", Sample::throughput),
    ("bytes", "", Sample::bytes),
    ("generator", "%", |sample| sample.outcome.generator * 100.0),
];

/// Those of a load with a rate.
pub const TIMES: &[Column] = &[
    ("p50", "ms", |sample| sample.latency(0.5)),
    ("p99", "ms", |sample| sample.latency(0.99)),
    ("late p99", "ms", Sample::lateness),
];

/// A row for each: first its CPU time for a delivery as a multiple of the base's in the same round, then the columns.
pub fn rows(samples: &Samples, base: &str, columns: &[&[Column]]) -> Vec<Row> {
    let base = samples.iter().find(|(name, _)| name == base).map(|(_, samples)| samples);
    samples.iter().map(|(name, samples)| row(name, samples, base, columns)).collect()
}

fn row(name: &str, samples: &[Sample], base: Option<&Vec<Sample>>, columns: &[&[Column]]) -> Row {
    let good = || samples.iter().filter(|sample| sample.is_good());
    let mut figures = Vec::new();
    if let Some(base) = base {
        let pairs = samples.iter().zip(base).filter(|(one, base)| one.is_good() && base.is_good());
        let ratios = pairs.map(|(one, base)| one.cpu_each() / base.cpu_each());
        figures.extend(Spread::of(ratios).map(|spread| Figure { name: "ratio", unit: "", spread }));
    }
    for (name, unit, of) in columns.iter().copied().flatten() {
        figures.extend(Spread::of(good().map(of)).map(|spread| Figure { name, unit, spread }));
    }
    let faults: Vec<_> = samples.iter().filter_map(|sample| sample.outcome.fault.as_ref()).collect();
    Row { contender: name.to_owned(), void: faults.len(), why: faults.first().map(ToString::to_string), figures }
}
