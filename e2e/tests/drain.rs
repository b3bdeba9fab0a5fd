//! The server is asked to end while everybody talks: every word is answered or taken up again by the next server, and
//! whoever comes meanwhile is told when to come back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonroom_e2e::history::{Client, Clock, Fault, History, What};
use commonroom_e2e::{
    Binary, Database, Dice, Door, Habits, Listener, PATIENCE, Pipe, Program, Stage, Terminal, Witness, eventually,
    found, get,
};
use commonroom_protocol::{ClientFrame, Code, Hello, VERSION};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Half of them over WebSockets, half over JSON lines; the terminals type lines beside them.
const PROGRAMS: usize = 20;
const TERMINALS: usize = 4;
/// Times between two messages of each, and how long all talk before the end, in milliseconds.
const PACE: std::ops::Range<u64> = 0..5;
const TALK: std::ops::Range<u64> = 500..900;
/// A server ends within this time, whatever its clients do.
const END: Duration = Duration::from_secs(15);
const RESTARTING: &str = "* restarting; come back in a moment";

#[tokio::test]
async fn a_server_asked_to_end_while_all_talk_leaves_no_word_without_an_answer() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let (mut dice, seed) = Dice::asked()?;
    let (clock, (stage, staged)) = (Clock::start(), watch::channel(Stage::TALK));
    let (mut programs, mut terminals) = gather(&server, clock, &staged, &mut dice);
    let deaf = deaf(&server).await?;
    sleep(dice.millis(TALK)).await;

    stage.send_replace(Stage::AWAY);
    let (began, asked) = (clock.now(), Instant::now());
    server.signal("TERM").await?;
    is_ending(&server).await?;
    server.signal("TERM").await?;
    is_ending(&server).await?;
    let ended = server.stop("TERM").await?;
    let took = asked.elapsed();
    ensure!(ended.status.code() == Some(0) && took < END, "{took:?}: {ended:?}");
    drop(deaf);
    let mut history = History { faults: vec![Fault { began, ended: clock.now() }], ..History::default() };
    server.start_again().await?;
    stage.send_replace(Stage::DONE);

    history.clients = timeout(PATIENCE, leave(&mut programs, &mut terminals)).await.context("somebody waits")??;
    ensure!(server.stop("TERM").await?.status.success());
    history.journal = database.export("lobby").await?;
    let report = history.prove("drain").with_context(|| format!("{}, COMMONROOM_SEED={seed}", database.path()))?;
    let refused =
        history.clients.iter().flat_map(|client| &client.events).filter(|event| is_closing(&event.what)).count();
    let sent = report.acknowledged;
    found(format!(
        "{PROGRAMS} send: {sent} acknowledged, {refused} refused at the end, which took {took:.1?}, 0 unanswered"
    ))?;
    ensure!(report.acknowledged > 20 * PROGRAMS && report.gaps == 0, "that was no load: {report:?}");
    ensure!(refused > 0, "nobody was sending when it ended: {report:?}");
    database.remove()
}

#[tokio::test]
async fn who_loses_the_terminal_says_goodbye_and_who_was_told_not_to_stays() -> Result<()> {
    // This test may have been started by `nohup` itself.
    let mut server = Binary::start_below(&["env", "--default-signal=HUP"], &[]).await?;
    let mut reader = Terminal::join(server.tcp, "reader").await?;
    let ended = server.stop("HUP").await?;
    reader.until(RESTARTING).await?;
    ensure!(ended.status.success(), "{ended:?}");

    let server = Binary::start_below(&["nohup"], &[]).await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    server.signal("HUP").await?;
    witness.say("still here").await.map(drop)
}

#[tokio::test]
async fn a_second_ctrl_c_does_not_wait_for_anybody() -> Result<()> {
    let mut server = Binary::start().await?;
    let _deaf = deaf(&server).await?;
    server.signal("INT").await?;
    is_ending(&server).await?;
    let ended = server.stop("INT").await?;
    ensure!(ended.status.code() == Some(130), "{ended:?}");
    Ok(())
}

fn gather(
    server: &Binary,
    clock: Clock,
    staged: &watch::Receiver<Stage>,
    dice: &mut Dice,
) -> (JoinSet<Result<Program>>, JoinSet<Result<Client>>) {
    let (mut programs, mut terminals) = (JoinSet::new(), JoinSet::new());
    for number in 0..PROGRAMS {
        let door = if number % 2 == 0 { Door::Web(server.http) } else { Door::Lines(server.tcp) };
        let habits = Habits { pace: Some(PACE), window: 8, impatient: number % 4 == 0, last_word: true };
        let mut program = Program::new(&format!("program-{number}"), door, clock, habits, dice.another());
        let mut stage = staged.clone();
        programs.spawn(async move { program.talk(&mut stage).await.map(|()| program) });
    }
    for number in 0..TERMINALS {
        let terminal = Listener::new(&format!("terminal-{number}"), server.tcp, clock, Some(PACE), dice.another());
        let mut stage = staged.clone();
        terminals.spawn(async move { terminal.talk(&mut stage).await });
    }
    (programs, terminals)
}

/// Waits until all have heard of their words and read the rest. What each of them did and saw.
async fn leave(
    programs: &mut JoinSet<Result<Program>>,
    terminals: &mut JoinSet<Result<Client>>,
) -> Result<Vec<Client>> {
    let (mut known, mut clients) = (Vec::new(), Vec::new());
    while let Some(program) = programs.join_next().await {
        known.push(program??);
    }
    while let Some(terminal) = terminals.join_next().await {
        clients.push(terminal??);
    }
    for program in known {
        clients.push(program.leave().await?);
    }
    Ok(clients)
}

fn is_closing(what: &What) -> bool {
    matches!(what, What::Refused { code: Code::Closing, .. })
}

/// Somebody who has joined, and does not answer the goodbye: the server waits for them as long as for anybody.
async fn deaf(server: &Binary) -> Result<Pipe> {
    let mut pipe = Pipe::connect(Door::Web(server.http)).await?;
    let client = "deaf-to-every-goodbye".to_owned();
    pipe.send(&ClientFrame::Hello(Hello { v: VERSION, client, ..Hello::default() })).await?;
    pipe.next().await?.context("no welcome")?;
    Ok(pipe)
}

/// The server is ending, and tells so whoever comes, at both ports.
async fn is_ending(server: &Binary) -> Result<()> {
    let answer = eventually("the beginning of the end", async || {
        let answer = get(server.http, "/", "identity").await?;
        ensure!(!answer.is_ok(), "it takes whoever comes");
        Ok(answer)
    })
    .await?;
    let after = answer.header("retry-after").and_then(|after| after.parse::<u32>().ok());
    ensure!(answer.head.starts_with("HTTP/1.1 503 ") && after.is_some(), "{}", answer.head);
    ensure!(Terminal::nc(server.tcp)?.line().await? == RESTARTING);
    Ok(())
}
