//! A thousand are in the room when the server goes, by its own will or killed, and a thousand come back at once: each is
//! shown each message once, and all are back before anybody gives up.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::history::{Client, Clock, Fault, History, What};
use commonroom_e2e::{Binary, Database, Dice, Door, Habits, Program, Stage};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Half of them over WebSockets, half over JSON lines; both ends of their connections are on this machine.
const CROWD: usize = 1000;
/// One of so many talks all the time; every one of them has a last word only where the crowd is small.
const TALKS: usize = 100;
/// Time between two messages of each who talks, in milliseconds.
const PACE: std::ops::Range<u64> = 150..450;
/// How soon all are back.
const BACK: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_come_back_at_once_and_each_is_shown_each_message_once() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let (mut dice, seed) = Dice::asked()?;
    let clock = Clock::start();
    let (stage, staged) = watch::channel(Stage::TALK);
    let (live, mut lively) = watch::channel(0);
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let mut program = member(number, &server, clock, &mut dice).tells_when_live(live.clone());
        let mut stage = staged.clone();
        crowd.spawn(async move { program.talk(&mut stage).await.map(|()| program) });
    }
    let mut history = History::default();
    all_live(&mut lively, CROWD, &mut crowd).await?;
    for (round, signal) in (2..).zip(["KILL", "TERM"]) {
        sleep(Duration::from_millis(dice.within(300..600))).await;
        stage.send_replace(Stage::AWAY);
        let began = clock.now();
        server.stop(signal).await?;
        history.faults.push(Fault { began, ended: clock.now() });
        server.start_again().await?;
        stage.send_replace(Stage::TALK);
        all_live(&mut lively, CROWD * round, &mut crowd).await?;
    }
    stage.send_replace(Stage::DONE);
    let programs: Vec<Program> = crowd.join_all().await.into_iter().collect::<Result<_>>()?;
    let mut leaving: JoinSet<_> = programs.into_iter().map(Program::leave).collect();
    while let Some(client) = leaving.join_next().await {
        history.clients.push(client??);
    }
    server.stop("TERM").await?;
    history.journal = database.export("lobby").await?;
    let report = history.prove("storm").with_context(|| format!("{}, COMMONROOM_SEED={seed}", database.path()))?;
    ensure!(report.gaps == 0 && report.kept > CROWD / TALKS * 4, "{report:?}");
    for fault in &history.faults {
        let back = back(&history.clients, *fault)?;
        println!("{CROWD} are live {back:?} after the server's start; {} messages, each shown once", report.kept);
        ensure!(back < BACK, "the last one is live only {back:?} after the server's start");
    }
    database.remove()
}

fn member(number: usize, server: &Binary, clock: Clock, dice: &mut Dice) -> Program {
    let door = if number.is_multiple_of(2) { Door::Web(server.http) } else { Door::Lines(server.tcp) };
    let talks = number.is_multiple_of(TALKS) || number.is_multiple_of(TALKS + 1);
    let habits = Habits { pace: talks.then_some(PACE), window: 4, impatient: false, last_word: talks };
    Program::new(&format!("member-{number}"), door, clock, habits, dice.another())
}

/// Waits until so many times somebody's replay was over.
async fn all_live(
    lively: &mut watch::Receiver<usize>,
    times: usize,
    crowd: &mut JoinSet<Result<Program>>,
) -> Result<()> {
    let reached = timeout(BACK, lively.wait_for(|live| *live >= times));
    tokio::select! {
        reached = reached => reached.context("not everybody is live")?.map(|_| ()).map_err(Into::into),
        Some(gone) = crowd.join_next() => gone?.and_then(|_| anyhow::bail!("somebody has gone too soon")),
    }
}

/// How long after a fault the last one was live.
fn back(clients: &[Client], fault: Fault) -> Result<Duration> {
    let mut last = fault.ended;
    for client in clients {
        let after = client.events.iter().filter(|event| event.at > fault.ended);
        let live = after.into_iter().find(|event| matches!(event.what, What::Live { .. }));
        last = last.max(live.with_context(|| format!("{} never came back", client.name))?.at);
    }
    Ok(Duration::from_micros(last - fault.ended))
}
