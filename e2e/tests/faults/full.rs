//! The disk is full.

use anyhow::{Result, bail, ensure};
use commonroom_e2e::{Binary, Database, Mount, Terminal, found};
use commonroom_protocol::{Code, Seq};

use crate::speaker::{Fate, Speaker};

/// The disk, in bytes; and a larger one.
const DISK: u64 = 4 << 20;
const LARGER: u64 = 16 << 20;

#[tokio::test]
async fn a_full_disk_refuses_what_is_said_loses_nothing_and_heals_when_there_is_room() -> Result<()> {
    let database = Database::new()?;
    let disk = Mount::at(&database, DISK)?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    let mut bob = Terminal::join(server.tcp, "bob").await?;
    ana.must_say("weather before").await?;
    disk.fill(256 << 10)?;
    says_until_full(&mut ana).await?;
    bob.say(&"is there room? ".repeat(250)).await?;
    bob.until("! not sent: the disk of the history is full; try again later").await?;

    ana.reads("weather").await?;
    let mut eve = Speaker::join(&server, "eve").await?;
    ensure!(eve.heard.len() >= 2 && eve.heard.iter().all(|(seq, text)| ana.heard[seq] == *text), "{:?}", eve.heard);
    eve.reads("weather").await?;
    disk.empty()?;
    found(format!("the disk is full: messages are taken again {:.1?} after there is room", ana.heals("after").await?))?;
    let last = ana.heard.values().next_back().cloned().unwrap_or_default();
    eve.hears(&last).await?;
    bob.say("now there is").await?;
    ana.hears("now there is").await?;

    let ended = server.stop("TERM").await?;
    ensure!(ended.status.success() && ended.stderr.contains("there is no room left for"), "{ended:?}");
    ana.proves(&database).await?;
    database.check().await?;
    server.start_again().await?;
    let mut back = Speaker::join_since(&server, "back", Seq(0)).await?;
    ensure!(back.heard == ana.heard && back.epoch() == ana.epoch(), "another history than before the restart");
    back.must_say("and on").await?;
    server.stop("TERM").await?;
    drop(disk);
    database.remove()
}

/// There is no ballast: all is the write-ahead log. Not even what is in it can be put into the file.
#[tokio::test]
async fn a_server_that_is_killed_on_a_disk_its_own_log_has_filled_can_be_read_and_heals() -> Result<()> {
    let database = Database::new()?;
    let disk = Mount::at(&database, DISK)?;
    let mut server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    ana.must_say("weather before").await?;
    says_until_full(&mut ana).await?;
    ana.reads("weather").await?;
    server.kill().await?;
    server.start_again().await?;
    let mut back = Speaker::join_since(&server, "back", Seq(0)).await?;
    ensure!(back.heard == ana.heard, "another history than before the restart");
    back.reads("weather").await?;
    says_until_full(&mut back).await?;
    disk.resize(LARGER)?;
    let healed = back.heals("after").await?;
    found(format!(
        "full by the log alone, then `kill -9`: messages are taken again {healed:.1?} after the disk is larger"
    ))?;
    server.stop("TERM").await?;
    back.proves(&database).await?;
    database.check().await?;
    drop(disk);
    database.remove()
}

/// Says long things until there is no room for one.
async fn says_until_full(speaker: &mut Speaker) -> Result<()> {
    for number in 0.. {
        match speaker.say(&format!("{number} {}", "long ".repeat(800))).await? {
            Fate::Said(_) if number < 2000 => {}
            Fate::Refused(Code::StoreFull, Some(_)) => return Ok(()),
            fate => bail!("a full disk gives {fate:?} after {number} messages"),
        }
    }
    Ok(())
}
