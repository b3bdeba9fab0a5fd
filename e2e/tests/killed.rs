//! The server is killed at a random moment while everybody talks, and started again on the same file: nothing that
//! anybody was told is lost, nothing is doubled, everybody goes on where they were.
//!
//! 20 rounds, unless `COMMONROOM_KILLS` says another number; `cargo xtask kill` has 200. `COMMONROOM_SEED` has the dice fall as they did once; when the threads of two
//! processes run is nobody's to say.

use std::env;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::history::{Clock, Fault, History, Report};
use commonroom_e2e::{Binary, Crowd, Database, Dice, Stage, found, sized};
use tokio::sync::watch;
use tokio::time::sleep;

/// Rounds on one file. More of them take another one, so that the checker has them in memory at once.
const ROUNDS_OF_A_FILE: u32 = 20;
/// Time between two messages of each, in milliseconds.
const PACE: std::ops::Range<u64> = 0..20;
/// How long a server lives, in milliseconds.
const LIFE: std::ops::Range<u64> = 50..500;

#[tokio::test]
async fn a_server_that_is_killed_while_everybody_talks_loses_and_doubles_nothing() -> Result<()> {
    let rounds = match env::var("COMMONROOM_KILLS") {
        Ok(rounds) => rounds.parse().with_context(|| format!("COMMONROOM_KILLS={rounds} is no number"))?,
        Err(_) => sized(20, 200),
    };
    let (mut dice, seed) = Dice::asked()?;
    println!("COMMONROOM_SEED={seed}");
    let (mut taken, mut all) = (0, Report::default());
    while taken < rounds {
        let count = ROUNDS_OF_A_FILE.min(rounds - taken);
        let report = some_rounds(count, &mut dice).await.with_context(|| format!("COMMONROOM_SEED={seed}"))?;
        taken += count;
        all = all.and(report);
        println!("{taken} rounds: {all:?}");
    }
    found(told(rounds, all))?;
    ensure!(all.gaps == 0, "nobody was away for so long that anything had to be left out: {all:?}");
    ensure!(all.acknowledged > 20 * rounds as usize, "that was no load: {all:?}");
    ensure!(all.saved > rounds as usize && all.shown > 20 * rounds as usize, "the terminals slept: {all:?}");
    ensure!(all.recoveries * 2 > rounds as usize, "hardly a server lived to take anything: {all:?}");
    Ok(())
}

fn told(rounds: u32, all: Report) -> String {
    format!(
        "in {rounds} rounds: {} messages acknowledged, 0 lost, 0 doubled, {} found again after a break, {} resent answered \
         with the original; the first send was taken {} ms after a start at the latest",
        all.acknowledged,
        all.found,
        all.answered_again,
        all.slowest_recovery.as_millis()
    )
}

/// Rounds on one file, and what its history tells in the end.
async fn some_rounds(count: u32, dice: &mut Dice) -> Result<Report> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let clock = Clock::start();
    let (stage, staged) = watch::channel(Stage::TALK);
    let mut crowd = Crowd::gather(server.http, server.tcp, clock, &staged, &PACE, dice);
    let mut history = History::default();
    for _ in 0..count {
        tokio::select! {
            () = sleep(dice.millis(LIFE)) => {}
            gone = crowd.gives_up() => gone?,
        }
        stage.send_replace(Stage::AWAY);
        let began = clock.now();
        server.kill().await?;
        history.faults.push(Fault { began, ended: clock.now() });
        server.start_again().await?;
        stage.send_replace(Stage::TALK);
    }
    stage.send_replace(Stage::DONE);
    history.clients = crowd.leave().await?;
    let ended = server.stop("TERM").await?;
    ensure!(ended.status.success(), "{ended:?}");
    history.journal = database.export("lobby").await?;
    let report = history.prove("killed").with_context(|| format!("the database is {}", database.path()))?;
    database.check().await?;
    database.remove()?;
    Ok(report)
}
