//! Nobody is told a message that is not on the disk: the server's own calls, as strace sees them.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::trace::{CALLS, durability, recovery};
use commonroom_e2e::{Binary, Database, Door, Pipe, Terminal, eventually, found};
use commonroom_protocol::{ClientFrame, Hello, Seq, ServerFrame};

const MARK: &str = "on-disk-";
/// Messages, of which a part is said one after the other, so that each is committed alone, and the rest in bursts.
const MESSAGES: usize = 1000;
const ALONE: usize = 150;
/// The sync at which a server is killed. Each thread's are counted: it is one of the thread that commits.
const SYNCS: usize = 20;
/// Only these calls stop the server; but then strace kills nobody.
const FAST: &[&str] = &["--seccomp-bpf"];
/// More than any write of the server has.
const WHOLE: &str = "4194304";

#[tokio::test]
async fn nobody_is_told_a_message_before_it_is_on_the_disk() -> Result<()> {
    let database = Database::new()?;
    let log = database.beside("trace");
    let mut server = traced(&database, &log, FAST).await?;
    let _reader = Terminal::join(server.tcp, "reader").await?;
    let (web, lines) = (Door::Web(server.http), Door::Lines(server.tcp));
    say(web, "one by one", 0..ALONE, 1).await?;
    let each = (MESSAGES - ALONE).div_ceil(4);
    let part = |number: usize| ALONE + number * each..(ALONE + (number + 1) * each).min(MESSAGES);
    tokio::try_join!(
        say(web, "single", part(0), 1),
        say(lines, "pairs", part(1), 2),
        say(web, "bursts", part(2), 40),
        say(lines, "floods", part(3), 200),
    )?;
    let ended = server.stop("TERM").await?;
    ensure!(ended.status.success(), "{ended:?}");
    let proof =
        durability(&whole(&log).await?, MARK, MESSAGES).with_context(|| format!("the trace is {}", log.display()))?;
    found(format!(
        "{} messages, each told after a sync that began when it was written; {} syncs",
        proof.messages, proof.syncs
    ))?;
    ensure!((ALONE..=MESSAGES + ALONE).contains(&proof.syncs), "{proof:?}: not one sync for each commit");
    database.remove()
}

/// The write of a message has ended, and the server dies before the sync begins. The next server finds the message, and
/// nobody can tell it from those that were synced.
#[tokio::test]
async fn what_a_killed_server_had_not_synced_is_synced_before_anybody_is_told() -> Result<()> {
    let database = Database::new()?;
    let kill = format!("inject=fdatasync,fsync:signal=KILL:when={SYNCS}");
    let mut server = traced(&database, &database.beside("killed"), &["-e", &kill]).await?;
    let died = say(Door::Web(server.http), "one by one", 0..MESSAGES, 1).await;
    ensure!(died.is_err(), "the server outlives {MESSAGES} syncs");
    server.kill().await?;

    let log = database.beside("trace");
    let mut server = traced(&database, &log, FAST).await?;
    let _reader = Terminal::join(server.tcp, "reader").await?;
    let all = Hello { client: "one-by-one-client".to_owned(), since: Some(Seq(0)), ..Hello::default() };
    Pipe::join(Door::Web(server.http), all).await?;
    let ended = server.stop("TERM").await?;
    ensure!(ended.status.success(), "{ended:?}");
    let told = recovery(&whole(&log).await?, MARK).with_context(|| format!("the trace is {}", log.display()))?;
    ensure!(told >= SYNCS, "only {told} messages: the one that was not synced is not among them");
    database.remove()
}

/// A server whose calls are written down, below a strace that is told this, too.
async fn traced(database: &Database, log: &Path, more: &[&str]) -> Result<Binary> {
    let (calls, log) = (format!("trace={CALLS}"), log.to_str().context("the path of the trace is not UTF-8")?);
    let strace = ["strace", "-D", "-f", "-tt", "-y", "-s", WHOLE, "-e", &calls, "-o", log];
    Binary::start_below(&[&strace, more].concat(), &["--db", database.path(), "--burst", "0"]).await
}

/// Says messages of these numbers, so many at once.
async fn say(door: Door, who: &str, numbers: Range<usize>, at_once: usize) -> Result<()> {
    let client = who.replace(' ', "-") + "-client";
    let mut pipe = Pipe::join(door, Hello { client, ..Hello::default() }).await?;
    let numbers: Vec<usize> = numbers.collect();
    for some in numbers.chunks(at_once) {
        for number in some {
            let text = format!("{MARK}{number:04} {who}");
            pipe.send(&ClientFrame::Say { cid: number.to_string(), text, me: false }).await?;
        }
        for number in some {
            let cid = number.to_string();
            pipe.until(|frame| matches!(frame, ServerFrame::Said(said) if said.cid == cid)).await?;
        }
    }
    Ok(())
}

/// The trace, when the tracer has seen the end.
async fn whole(log: &Path) -> Result<String> {
    eventually("the end of the trace", async || {
        let trace = fs::read_to_string(log)?;
        ensure!(trace.ends_with("+++ exited with 0 +++\n"), "strace goes on");
        Ok(trace)
    })
    .await
}
