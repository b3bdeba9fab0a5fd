//! The disk says that it could not do it.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Database};
use commonroom_protocol::{Code, Seq};

use crate::saboteur::{SYNC, Saboteur};
use crate::speaker::{Fate, Speaker};

/// The log is put into the file when it has so many bytes.
const LOG_BYTES: u64 = 16 << 20;

/// What was refused because a sync failed is never seen: not now, not after a kill in that moment, not later.
#[tokio::test]
async fn what_a_failed_sync_leaves_behind_is_never_seen() -> Result<()> {
    for failures in ["1", "1..3", "1+"] {
        let database = Database::new()?;
        let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
        let mut ana = Speaker::join(&server, "ana").await?;
        ana.must_say("weather before").await?;
        let saboteur = Saboteur::fail(&server, &format!("{SYNC}:error=EIO:when={failures}"), None).await?;
        refuses(&ana.say("lost").await?)?;
        ana.reads("weather").await?;
        server.kill().await?;
        drop(saboteur);

        ana.proves(&database).await?;
        server.start_again().await?;
        let mut back = Speaker::join_since(&server, "back", Seq(0)).await?;
        ensure!(back.heard == ana.heard, "after {failures}: {:?}", back.heard);
        back.must_say("after").await?;
        server.stop("TERM").await?;
        back.proves(&database).await?;
        database.check().await?;
        database.remove()?;
    }
    Ok(())
}

/// Syncs and writes that fail now and then while three talk: whole batches are refused, the others are said.
#[tokio::test]
async fn a_disk_that_fails_now_and_then_costs_what_is_refused_and_nothing_else() -> Result<()> {
    for failure in
        ["fsync,fdatasync:error=EIO:when=3+9", "pwrite64:error=EIO:when=7+23", "pwrite64:error=ENOSPC:when=5+19"]
    {
        let database = Database::new()?;
        let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
        let mut ana = Speaker::join(&server, "ana").await?;
        let (mut bob, mut eve) = (Speaker::join(&server, "bob").await?, Speaker::join(&server, "eve").await?);
        ana.must_say("weather before").await?;
        let saboteur = Saboteur::fail(&server, failure, None).await?;
        tokio::try_join!(talk(&mut ana, "ana"), talk(&mut bob, "bob"), talk(&mut eve, "eve"))?;
        let refused: usize = [&ana, &bob, &eve].iter().map(|one| one.refused.len()).sum();
        ensure!(refused > 0, "{failure}: nothing has failed");
        saboteur.stop().await?;
        println!("{failure}: {refused} refused, taken again after {:?}", ana.heals("healed").await?);
        let last = ana.heard.values().next_back().cloned().unwrap_or_default();
        for one in [&mut bob, &mut eve] {
            one.hears(&last).await?;
            ensure!(one.heard == ana.heard, "{failure}: two heard two histories");
        }
        server.kill().await?;
        for one in [&ana, &bob, &eve] {
            one.proves(&database).await?;
        }
        database.check().await?;
        server.start_again().await?;
        let back = Speaker::join_since(&server, "back", Seq(0)).await?;
        ensure!(back.heard == ana.heard, "{failure}: another history after the restart");
        server.kill().await?;
        database.remove()?;
    }
    Ok(())
}

/// What is said is in the log, and stays there until it could be put into the file.
#[tokio::test]
async fn a_file_that_cannot_be_written_to_does_not_matter_as_long_as_the_log_can() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    ana.must_say("weather before").await?;
    let saboteur = Saboteur::fail(&server, &format!("{SYNC}:error=EIO"), Some(database.path())).await?;
    // More than the log has before it is put into the file.
    for some in 0..45 {
        let texts: Vec<String> = (0..100).map(|number| format!("{some} {number} {}", "long ".repeat(810))).collect();
        ana.say_all(&texts).await?;
    }
    ensure!(ana.refused.is_empty(), "{} were refused", ana.refused.len());
    let log = std::fs::metadata(format!("{}-wal", database.path()))?.len();
    ensure!(log > LOG_BYTES * 5 / 4, "the log was put into the file, and begins anew: {log} bytes");
    server.kill().await?;
    drop(saboteur);
    server.start_again().await?;
    ana.proves(&database).await?;
    let mut back = Speaker::join_since(&server, "back", Seq(0)).await?;
    ensure!(back.heard == ana.heard, "another history after the restart");
    back.must_say("after").await?;
    server.stop("TERM").await?;
    back.proves(&database).await?;
    database.check().await?;
    database.remove()
}

async fn talk(speaker: &mut Speaker, name: &str) -> Result<()> {
    for round in 0..40 {
        let texts: Vec<String> = (0..3).map(|number| format!("{name} {round} {number}")).collect();
        for fate in speaker.say_all(&texts).await? {
            let fair = matches!(fate, Fate::Said(_) | Fate::Refused(Code::StoreDown | Code::StoreFull, Some(_)));
            ensure!(fair, "{fate:?}");
        }
    }
    Ok(())
}

fn refuses(fate: &Fate) -> Result<()> {
    ensure!(matches!(fate, Fate::Refused(Code::StoreDown, Some(_))), "{fate:?}");
    Ok(())
}
