//! Who has the file: one process, for as long as it lives, and it leaves the file whole.

use std::fs;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Database, PATIENCE, executable};
use tokio::process::Command;
use tokio::time::timeout;

use crate::speaker::{Fate, Speaker};

/// Starts a server that should not start, and gives what it said instead.
pub async fn refused(database: &Database) -> Result<Output> {
    let mut server = Command::new(executable()?);
    server.args(["--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db", database.path()]).kill_on_drop(true);
    let output = timeout(PATIENCE, server.output()).await.context("the server has started, or does not say")??;
    ensure!(output.status.code() == Some(1), "{output:?}");
    Ok(output)
}

/// The one sentence that a server said, without its own name in front.
pub fn sentence(output: &Output) -> Result<String> {
    let said = String::from_utf8(output.stderr.clone())?;
    let sentence = said.strip_prefix("commonroom: ").and_then(|said| said.strip_suffix('\n'));
    let sentence = sentence.with_context(|| format!("that is no sentence: {said:?}"))?;
    ensure!(!sentence.contains('\n') && output.stdout.is_empty(), "{output:?}");
    Ok(sentence.to_owned())
}

#[tokio::test]
async fn a_second_process_is_told_who_has_the_file_until_that_one_is_gone() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path()]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    ana.must_say("one").await?;
    let said = sentence(&refused(&database).await?)?;
    let by = format!("is in use by another commonroom (process {})", server.pid()?);
    ensure!(said.contains(database.path()) && said.contains(&by), "{said}");
    // What only reads needs no turn.
    ana.must_say("two").await?;
    ensure!(database.export("lobby").await?.len() == 2);
    // Nothing in the folder has to be tidied up by hand.
    server.kill().await?;
    server.start_again().await?;
    let mut back = Speaker::join(&server, "back").await?;
    ensure!(back.heard == ana.heard, "{:?}", back.heard);
    back.must_say("three").await?;
    server.stop("TERM").await?;
    database.remove()
}

#[tokio::test]
async fn a_server_that_is_stopped_while_all_talk_leaves_one_whole_file() -> Result<()> {
    let database = Database::new()?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let mut speakers = Vec::new();
    for name in ["ana", "bob", "eve"] {
        speakers.push(Speaker::join(&server, name).await?);
    }
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let talking: Vec<_> =
        speakers.into_iter().map(|speaker| tokio::spawn(talk_until_the_end(speaker, tell.clone()))).collect();
    for _ in 0..3 {
        told.recv().await.context("nobody talks")?;
    }
    let ended = server.stop("TERM").await?;
    ensure!(ended.status.code() == Some(0), "{ended:?}");
    let log = fs::metadata(format!("{}-wal", database.path())).map_or(0, |log| log.len());
    ensure!(log == 0, "{log} bytes are left in the write-ahead log");
    let kept = database.export("lobby").await?;
    for talked in talking {
        let speaker = talked.await??;
        ensure!(speaker.heard.len() > 100, "only {} messages: that was no load", speaker.heard.len());
        // The last ones may not have come to somebody who was let go: what came is kept, what was refused is not.
        let texts: Vec<&str> = kept.iter().map(|said| said.text.as_str()).collect();
        for (seq, text) in &speaker.heard {
            ensure!(kept.iter().any(|said| said.seq == *seq && said.text == *text), "{seq} {text:?} is lost");
        }
        let refused = speaker.refused.iter().find(|refused| texts.contains(&refused.as_str()));
        ensure!(refused.is_none(), "{refused:?} was refused, and is kept");
    }
    database.check().await?;
    database.remove()
}

/// Talks until it is sent away; says when it is in full flow.
async fn talk_until_the_end(mut speaker: Speaker, flowing: tokio::sync::mpsc::Sender<()>) -> Result<Speaker> {
    let name = speaker.name().to_owned();
    for round in 0.. {
        let texts: Vec<String> = (0..5).map(|number| format!("{name} {round} {number}")).collect();
        let Ok(fates) = speaker.say_all(&texts).await else { break };
        if fates.iter().any(|fate| matches!(fate, Fate::Refused(..))) {
            break;
        }
        if round == 30 {
            flowing.send(()).await?;
        }
    }
    Ok(speaker)
}
