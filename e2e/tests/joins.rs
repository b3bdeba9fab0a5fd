//! Very many come into one room, half of them as browsers do and half as programs: none is refused, none costs much
//! memory, and in another room one goes on talking.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use commonroom_bench::proc;
use commonroom_e2e::{Binary, Bystander, Door, Pipe, found, sized};
use commonroom_protocol::Hello;
use tokio::task::JoinSet;

/// How many come at the same moment; the others follow as soon as there is place.
const AT_ONCE: usize = 64;
/// Private memory of the server that one of them may take.
const MEMORY: u32 = 25 << 10;
/// The time between two words of the bystander.
const PACE: Duration = Duration::from_millis(20);
/// The longest that the bystander may wait for a word.
const PATIENT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_come_in_and_cost_little() -> Result<()> {
    let count = sized(1000, 10_000);
    let server = Binary::start_with(&["--burst", "0"]).await?;
    let bystander = Bystander::join(server.tcp, "elsewhere", PACE).await?;
    let before = proc::private_memory(server.pid()?)?;
    let start = Instant::now();
    let mut crowd = Vec::new();
    for some in (0..count).collect::<Vec<usize>>().chunks(AT_ONCE) {
        let mut coming = JoinSet::new();
        for number in some {
            let door = if number.is_multiple_of(2) { Door::Web(server.http) } else { Door::Lines(server.tcp) };
            coming.spawn(join(door, *number));
        }
        crowd.extend(coming.join_all().await.into_iter().collect::<Result<Vec<Pipe>>>()?);
    }
    let took = start.elapsed();
    let each = u32::try_from(proc::private_memory(server.pid()?)?.saturating_sub(before) / count as u64)?;
    let waits = bystander.leave().await?;
    found(format!(
        "{count} came in within {took:.1?}, none refused, {:.1} KiB of memory each; words in another room meanwhile: {waits}",
        f64::from(each) / 1024.0
    ))?;
    ensure!(crowd.len() == count && each <= MEMORY, "{each} bytes each");
    ensure!(waits.longest() < PATIENT, "{waits}");
    Ok(())
}

async fn join(door: Door, number: usize) -> Result<Pipe> {
    Pipe::join(door, Hello { client: format!("member-{number:06}"), ..Hello::default() }).await
}
