//! The server is left running while people come and go, programs and terminals talk over a network that breaks, the disk
//! fills up now and then, and some behave as badly as they can: nothing is lost, and nothing grows.

mod visitors;
mod vitals;
mod weather;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::history::{Clock, History};
use commonroom_e2e::{Binary, Bystander, Crowd, Database, Dice, Mount, Proxy, Stage, eventually, found, sized};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::try_join;

use crate::vitals::files;

/// The disk that the history is on, in bytes.
const DISK: u64 = 512 << 20;
/// Time between two messages of each who talks, in milliseconds.
const PACE: std::ops::Range<u64> = 300..900;
/// What makes an operator; it is guessed at.
const OPERATOR: &str = "correct horse battery staple";
/// The time between two words of the bystander, within the server's own limits.
const BYSTANDER: Duration = Duration::from_millis(125);
/// How fast memory may seem to grow, in KiB a minute: it goes up and down by megabytes.
const SLOPE: f64 = 64.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_left_running_loses_nothing_and_does_not_grow() -> Result<()> {
    let time = sized(Duration::from_secs(25), Duration::from_mins(30));
    let (mut dice, seed) = Dice::asked()?;
    let database = Database::new()?;
    let disk = Mount::at(&database, DISK)?;
    let mut server = Binary::start_with(&["--db", database.path(), "--op-token", OPERATOR]).await?;
    let (networks, clock) = ([Proxy::to(server.http).await?, Proxy::to(server.tcp).await?], Clock::start());
    let (pid, idle) = (server.pid()?, files(server.pid()?)?);
    let (stage, staged) = watch::channel(Stage::TALK);
    let mut crowd = Crowd::gather(networks[0].addr, networks[1].addr, clock, &staged, &PACE, &mut dice);
    let bystander = Bystander::join(server.tcp, "quiet", BYSTANDER).await?;
    let visitors = visitors::come(&server, &mut dice);
    let end = Instant::now() + time;
    let (weather, vitals) = tokio::select! {
        both = async { try_join!(weather::rage(&networks, &disk, dice.another(), end), vitals::watch(pid, end)) } => both?,
        gone = crowd.gives_up() => return gone,
    };
    let visits = visitors.leave().await?;
    stage.send_replace(Stage::DONE);
    let mut history = History { clients: crowd.leave().await?, ..History::default() };
    let waits = bystander.leave().await?;
    eventually("all files closed", async || {
        let open = files(pid)?;
        ensure!(open <= idle, "{open} files are open; {idle} were before anybody came");
        Ok(())
    })
    .await?;
    ensure!(server.stop("TERM").await?.status.success());
    history.journal = database.export("lobby").await?;
    let report = history.prove("soak").with_context(|| format!("{}, COMMONROOM_SEED={seed}", database.path()))?;
    database.check().await?;
    found(format!(
        "{time:?}: {} messages acknowledged, 0 lost, 0 doubled; {visits}; {weather}; a bystander's words {waits}; {vitals}; open \
         files {idle} before and after",
        report.acknowledged
    ))?;
    ensure!(vitals.slope() <= sized(f64::INFINITY, SLOPE), "{vitals}");
    drop(disk);
    database.remove()
}
