//! Connections are cut at random moments while everybody talks, and the server lives on: what was on the way in both
//! directions is lost, and no message is.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::history::{Clock, History, What};
use commonroom_e2e::{Binary, Crowd, Dice, Door, Habits, Program, Proxy, Stage};
use tokio::sync::watch;
use tokio::time::sleep;

const CUTS: usize = 20;
/// Time between two messages of each, in milliseconds.
const PACE: Range<u64> = 0..20;
/// How long the network is sound, then loses the server's answers, then cuts every connection, in milliseconds.
const SOUND: Range<u64> = 50..250;
const DEAF: Range<u64> = 1..30;
const CUT: Range<u64> = 5..20;

#[tokio::test]
async fn connections_that_are_cut_while_everybody_talks_lose_and_double_nothing() -> Result<()> {
    let server = Binary::start_with(&["--burst", "0"]).await?;
    let networks = [Proxy::to(server.http).await?, Proxy::to(server.tcp).await?];
    let (mut dice, seed) = Dice::asked()?;
    let clock = Clock::start();
    let (stage, staged) = watch::channel(Stage::TALK);
    // This one reads all, past the network.
    let habits = Habits { pace: None, window: 1, impatient: false, last_word: true };
    let mut witness = Program::new("witness", Door::Lines(server.tcp), clock, habits, dice.another());
    let mut watching = staged.clone();
    let witness = tokio::spawn(async move { witness.talk(&mut watching).await.map(|()| witness) });

    let mut crowd = Crowd::gather(networks[0].addr, networks[1].addr, clock, &staged, &PACE, &mut dice);
    for _ in 0..CUTS {
        tokio::select! {
            () = sleep(dice.millis(SOUND)) => {}
            gone = crowd.gives_up() => gone?,
        }
        networks.iter().for_each(Proxy::lose_answers);
        sleep(dice.millis(DEAF)).await;
        networks.iter().for_each(Proxy::cut);
        sleep(dice.millis(CUT)).await;
        networks.iter().for_each(Proxy::mend);
    }
    stage.send_replace(Stage::DONE);
    let mut history = History { clients: crowd.leave().await?, ..History::default() };
    let witness = witness.await??.leave().await?;
    history.journal = witness.events.iter().filter_map(|event| said(&event.what)).collect();
    history.clients.push(witness);
    let report = history.prove("cut").with_context(|| format!("COMMONROOM_SEED={seed}"))?;
    println!("{report:?}");
    ensure!(report.acknowledged > 20 * CUTS && report.gaps == 0, "{report:?}");
    ensure!(report.found > 0 && report.answered_again > 0, "nothing was on the way when it was cut: {report:?}");
    Ok(())
}

fn said(what: &What) -> Option<commonroom_protocol::Said> {
    if let What::Said(said) = what { Some(said.clone()) } else { None }
}
