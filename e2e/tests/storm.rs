//! Very many are in the room when the server goes, by its own will or killed, and come back at once: each is
//! shown each message once, and all are back before anybody gives up.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use commonroom_e2e::history::{Client, Clock, Fault, History, What};
use commonroom_e2e::{Binary, Database, Dice, Door, Habits, Program, Stage, found, sized};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Time between two messages of each who talks, in milliseconds.
const PACE: std::ops::Range<u64> = 150..450;
/// How soon all are back.
const BACK: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_come_back_at_once_and_each_is_shown_each_message_once() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let (mut dice, seed) = Dice::asked()?;
    let (clock, mut history) = (Clock::start(), History::default());
    let mut crowd = Crowd::gather(sized(1000, 5000), &server, clock, &mut dice);
    crowd.all_live(1).await?;
    for (times, signal) in (2..).zip(["KILL", "TERM"]) {
        sleep(Duration::from_millis(dice.within(300..600))).await;
        crowd.stage.send_replace(Stage::AWAY);
        let began = clock.now();
        server.stop(signal).await?;
        history.faults.push(Fault { began, ended: clock.now() });
        server.start_again().await?;
        crowd.stage.send_replace(Stage::TALK);
        crowd.all_live(times).await?;
    }
    history.clients = crowd.leave().await?;
    server.stop("TERM").await?;
    history.journal = database.export("lobby").await?;
    let report = history.prove("storm").with_context(|| format!("{}, COMMONROOM_SEED={seed}", database.path()))?;
    ensure!(report.gaps == 0 && report.kept > 40, "{report:?}");
    for fault in &history.faults {
        let back = back(&history.clients, *fault)?;
        found(format!(
            "{} are live {back:.1?} after the server's start; {} messages, each shown once to each",
            history.clients.len(),
            report.kept
        ))?;
        ensure!(back < BACK, "the last one is live only {back:?} after the server's start");
    }
    database.remove()
}

/// Programs, half of them over WebSockets, half over JSON lines; both ends of their connections are on this machine.
struct Crowd {
    count: usize,
    programs: JoinSet<Result<Program>>,
    stage: watch::Sender<Stage>,
    /// How often somebody's replay was over.
    live: watch::Receiver<usize>,
}

impl Crowd {
    fn gather(count: usize, server: &Binary, clock: Clock, dice: &mut Dice) -> Crowd {
        let ((stage, staged), (lively, live)) = (watch::channel(Stage::TALK), watch::channel(0));
        let mut programs = JoinSet::new();
        for number in 0..count {
            let mut program = member(number, server, clock, dice).tells_when_live(lively.clone());
            let mut stage = staged.clone();
            programs.spawn(async move { program.talk(&mut stage).await.map(|()| program) });
        }
        Crowd { count, programs, stage, live }
    }

    /// Waits until everybody has been live so many times.
    async fn all_live(&mut self, times: usize) -> Result<()> {
        let all = self.count * times;
        tokio::select! {
            reached = timeout(BACK, self.live.wait_for(|live| *live >= all)) => {
                reached.context("not everybody is live")??;
                Ok(())
            }
            Some(gone) = self.programs.join_next() => gone?.and_then(|_| bail!("somebody has gone too soon")),
        }
    }

    async fn leave(self) -> Result<Vec<Client>> {
        self.stage.send_replace(Stage::DONE);
        let programs: Vec<Program> = self.programs.join_all().await.into_iter().collect::<Result<_>>()?;
        let leaving: JoinSet<_> = programs.into_iter().map(Program::leave).collect();
        leaving.join_all().await.into_iter().collect()
    }
}

fn member(number: usize, server: &Binary, clock: Clock, dice: &mut Dice) -> Program {
    let door = if number.is_multiple_of(2) { Door::Web(server.http) } else { Door::Lines(server.tcp) };
    // Of so many one, and the one after it: one of each kind.
    let talks = number % sized(100, 1000) < 2;
    let habits = Habits { pace: talks.then_some(PACE), window: 4, impatient: false, last_word: talks };
    Program::new(&format!("member-{number}"), door, clock, habits, dice.another())
}

/// How long after a fault the last one was live.
fn back(clients: &[Client], fault: Fault) -> Result<Duration> {
    let mut last = fault.ended;
    for client in clients {
        let mut after = client.events.iter().filter(|event| event.at > fault.ended);
        let live = after.find(|event| matches!(event.what, What::Live { .. }));
        last = last.max(live.with_context(|| format!("{} never came back", client.name))?.at);
    }
    Ok(Duration::from_micros(last - fault.ended))
}
