//! Some stop reading while a thousand messages a second are said: the others hear each as soon as before, and the server
//! holds no more for the stalled than their place in the log.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_bench::proc;
use commonroom_e2e::history::Clock;
use commonroom_e2e::{Binary, Database, Door, Pipe, Waits, found, sized};
use commonroom_protocol::{ClientFrame, Hello, Seq, ServerFrame};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Who talks, each so often, together 1,000 messages a second; and who measures.
const TALKERS: usize = 10;
const PACE: Duration = Duration::from_millis(10);
const READERS: usize = 10;
/// Bytes of a message's text. A stalled one's buffers in the kernel are full after a second or two of them.
const TEXT: usize = 300;
/// Within this time they are.
const FILLING: Duration = Duration::from_secs(2);
/// Private memory that the server may take for each stalled one.
const MEMORY: u64 = 25 << 10;
/// What two runs without anybody stalled differ by on a busy machine, where CI runs.
const NOISE: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_costs_the_others_nothing() -> Result<()> {
    let (stalled, rounds, time) = (sized(50, 200), sized(1, 3), sized(Duration::from_secs(4), Duration::from_mins(1)));
    let database = Database::new()?;
    let server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let clock = Clock::start();
    // What the log keeps in memory is there before anything is measured.
    talk(&server, clock, time / 4).await?;
    let (mut without, mut with, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        without.push(talk(&server, clock, time).await?);
        let before = proc::private_memory(server.pid()?)?;
        let deaf = stall(&server, stalled).await?;
        // Until their buffers are full, they are so many readers more.
        talk(&server, clock, FILLING).await?;
        with.push(talk(&server, clock, time).await?);
        held.push(proc::private_memory(server.pid()?)?.saturating_sub(before));
        drop(deaf);
    }
    let (without, with) = (middle(without)?, middle(with)?);
    held.sort_unstable();
    let held = held[held.len() / 2];
    found(format!(
        "{stalled} stalled for {time:?}, 1,000 messages a second, {rounds} times: others' {with}; without the stalled \
         {without}; {} kB of memory more, {} kB each",
        held >> 10,
        (held >> 10) / stalled as u64
    ))?;
    let (p99, limit) = (with.within(99), without.within(99).mul_f64(1.2) + sized(NOISE, Duration::ZERO));
    ensure!(p99 <= limit, "the others' p99 is {p99:?}, and may be {limit:?}");
    ensure!(held <= MEMORY * stalled as u64, "{held} bytes for {stalled}");
    database.remove()
}

/// Who asks for much, and reads nothing of it; and the memory that an answer may take: a page of 64 KiB, which is up to 170
/// KiB of JSON.
const ASKERS: usize = 60;
const ANSWER: u64 = 256 << 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_much_and_stops_reading_holds_no_more_than_a_page() -> Result<()> {
    let server = Binary::start_with(&["--burst", "0"]).await?;
    let mut talker = join(Door::Lines(server.tcp), "talker-0000").await?;
    for number in 0..200 {
        let cid = number.to_string();
        talker.send(&ClientFrame::Say { cid: cid.clone(), text: "\"".repeat(4000), me: false }).await?;
        talker.until(|frame| matches!(frame, ServerFrame::Said(said) if said.cid == cid)).await?;
    }
    let before = proc::private_memory(server.pid()?)?;
    let mut askers = Vec::new();
    for number in 0..ASKERS {
        let mut pipe = join(door(&server, number), &format!("asker-{number:04}")).await?;
        let all =
            ClientFrame::History { n: None, before: Some(Seq(u64::MAX)), after: None, around: None, limit: Some(200) };
        // Again and again, until the kernel has no more room for what is told.
        for _ in 0..20 {
            pipe.send(&all).await?;
        }
        askers.push(pipe);
    }
    // Each has been asked by now for all that it takes: it is asked no more than it is read.
    for _ in 0..10 {
        talker.send(&ClientFrame::Ping { n: None }).await?;
        talker.until(|frame| matches!(frame, ServerFrame::Pong { .. })).await?;
    }
    let each = proc::private_memory(server.pid()?)?.saturating_sub(before) / ASKERS as u64;
    ensure!(each <= ANSWER, "{each} bytes each");
    Ok(())
}

/// The run whose p99 is in the middle.
fn middle(mut runs: Vec<Waits>) -> Result<Waits> {
    runs.sort_by_key(|waits| waits.within(99));
    let half = runs.len() / 2;
    runs.into_iter().nth(half).context("there was no run")
}

/// Members who come in and read nothing from then on, half of each kind.
async fn stall(server: &Binary, count: usize) -> Result<Vec<Pipe>> {
    let mut deaf = Vec::new();
    for number in 0..count {
        deaf.push(join(door(server, number), &format!("stalled-{number:04}")).await?);
    }
    Ok(deaf)
}

/// All talk and listen for a while: how long messages took from when they should have been sent until they were read.
async fn talk(server: &Binary, clock: Clock, time: Duration) -> Result<Waits> {
    let end = Instant::now() + time;
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        let pipe = join(door(server, number), &format!("reader-{number:04}")).await?;
        readers.spawn(listen(pipe, clock, end));
    }
    let mut talkers = JoinSet::new();
    for number in 0..TALKERS {
        talkers.spawn(speak(server.tcp, number, clock, end));
    }
    for talker in talkers.join_all().await {
        talker?;
    }
    let waits: Result<Vec<Vec<Duration>>> = readers.join_all().await.into_iter().collect();
    let waits: Vec<Duration> = waits?.concat();
    let expected = time.as_millis() / PACE.as_millis() * (TALKERS * READERS) as u128;
    ensure!(waits.len() as u128 > expected / 2, "only {} of {expected} were heard in time", waits.len());
    Waits::of(waits)
}

fn door(server: &Binary, number: usize) -> Door {
    if number.is_multiple_of(2) { Door::Web(server.http) } else { Door::Lines(server.tcp) }
}

async fn join(door: Door, client: &str) -> Result<Pipe> {
    Pipe::join(door, Hello { client: client.to_owned(), ..Hello::default() }).await
}

/// Says when it should have been said, whatever was late before.
async fn speak(addr: SocketAddr, number: usize, clock: Clock, end: Instant) -> Result<()> {
    let mut pipe = join(Door::Lines(addr), &format!("talker-{number:04}")).await?;
    let (mut due, mut said) = (interval(PACE), 0);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while Instant::now() < end {
        tokio::select! {
            tick = due.tick() => {
                said += 1;
                let late = u64::try_from(tick.elapsed().as_micros())?;
                let text = format!("{:>016} {}", clock.now() - late, "x".repeat(TEXT));
                pipe.send(&ClientFrame::Say { cid: format!("{said}-{}", clock.now()), text, me: false }).await?;
            }
            heard = pipe.next() => drop(heard?.context("a talker is sent away")?),
        }
    }
    Ok(())
}

async fn listen(mut pipe: Pipe, clock: Clock, end: Instant) -> Result<Vec<Duration>> {
    let mut waits = Vec::new();
    loop {
        tokio::select! {
            () = sleep_until(end) => return Ok(waits),
            frame = pipe.next() => {
                if let ServerFrame::Said(said) = frame?.context("a reader is sent away")? {
                    let due: u64 = said.text.split(' ').next().context("no time")?.parse()?;
                    waits.push(Duration::from_micros(clock.now() - due));
                }
            }
        }
    }
}
