//! What CI holds the release binary to, on a machine that does other things as well: ratios within one run, and bytes. No
//! time is compared with a constant. `cargo xtask test performance` makes what is needed, and runs one test at a time.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use commonroom_bench::arena::{Doors, Plan, Sample, Seat, contest};
use commonroom_bench::contenders::Stage;
use commonroom_bench::cores::Cores;
use commonroom_bench::crowd::Load;
use commonroom_bench::stats::Spread;
use commonroom_bench::workloads::fanout::{LIMIT, OURS, WINDOW};
use commonroom_bench::workloads::{Bench, Effort, idle};

/// The server's CPU for one delivery to 100 receivers, as a multiple of the limit's: lines, frames.
const RATIO: [f64; 2] = [3.0, 3.0];
/// The server's private memory for an idle connection, in bytes: plain sockets, WebSockets.
const MEMORY: [i64; 2] = [4_500, 7_500];

fn bench() -> Bench {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let named = std::env::var_os("COMMONROOM_BIN").map(PathBuf::from);
    let commonroom = named.unwrap_or_else(|| target.join("release").join("commonroom"));
    assert!(commonroom.is_file(), "{} is missing: `cargo xtask build` makes it", commonroom.display());
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder).unwrap();
    let cores = Cores::choose().unwrap();
    cores.generate().unwrap();
    let limit = env!("CARGO_BIN_EXE_commonroom-bench").into();
    let effort = Effort { rounds: 9, time: Duration::from_millis(200), fewer: 1 };
    Bench { stage: Stage { cores, folder, commonroom, limit }, effort, missing: Vec::new() }
}

fn ratio(doors: Doors) -> f64 {
    let plan = Plan::one_to(100, doors, WINDOW);
    let (mut bench, load) = (bench(), Load::Window(WINDOW as u64));
    let time = bench.effort.time;
    let samples = contest(&[Seat::new(LIMIT, plan), Seat::new(OURS, plan)], &mut bench, load, time).unwrap();
    let [(_, limit), (_, ours)] = &samples[..] else { panic!("only {} took part", samples.len()) };
    let faults: Vec<_> = limit.iter().chain(ours).filter_map(|sample| sample.outcome.fault.as_ref()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let each = |samples: &[Sample]| Spread::of(samples.iter().map(Sample::cpu_each)).unwrap().median;
    println!("{doors:?}: {:.3} us a delivery, the limit {:.3}", each(ours), each(limit));
    each(ours) / each(limit)
}

fn memory(doors: Doors) -> i64 {
    let memory = idle::at(OURS, &mut bench(), doors, &[100, 1_100]).unwrap().unwrap();
    println!("{doors:?}: {} bytes an idle connection", (memory[1] - memory[0]) / 1_000);
    (memory[1] - memory[0]) / 1_000
}

#[test]
fn a_line_costs_little_more_than_its_writing() {
    let ratio = ratio(Doors::Tcp);
    assert!(ratio < RATIO[0], "{ratio:.2} times the limit");
}

#[test]
fn a_frame_costs_little_more_than_its_writing() {
    let ratio = ratio(Doors::Ws);
    assert!(ratio < RATIO[1], "{ratio:.2} times the limit");
}

#[test]
fn an_idle_plain_socket_owns_next_to_nothing() {
    let memory = memory(Doors::Tcp);
    assert!(memory < MEMORY[0], "{memory} bytes each");
}

#[test]
fn an_idle_websocket_owns_next_to_nothing() {
    let memory = memory(Doors::Ws);
    assert!(memory < MEMORY[1], "{memory} bytes each");
}
