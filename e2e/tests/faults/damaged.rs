//! The file is not what was written. The server says so and leaves it as it is; an export saves what can be read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Database, archive};
use commonroom_protocol::Said;

use crate::held::{refused, sentence};
use crate::speaker::Speaker;

const MESSAGES: usize = 5000;
const PAGE: usize = 4096;

/// A history of [`MESSAGES`], put away.
async fn written() -> Result<Database> {
    let database = Database::new()?;
    let lines: Vec<String> = (1..=MESSAGES).map(line).collect();
    let imported = archive(database.path(), &["import", "-"], &lines).await?;
    ensure!(imported.status.success(), "{imported:?}");
    Ok(database)
}

fn line(seq: usize) -> String {
    let text = format!("message {seq} about the weather, {}", "words ".repeat(seq % 40));
    let text = text.trim_end();
    format!(
        r#"{{"room":"lobby","seq":{seq},"prev":{},"at":{seq},"from":"ana","via":"web","text":"{text}","by":"00000000000000aa","cid":"{seq}"}}"#,
        seq - 1
    )
}

/// The server does not start, says what is wrong, and changes nothing. Gives its sentence.
async fn is_left_alone(database: &Database) -> Result<String> {
    let bytes = || [database.path().to_owned(), format!("{}-wal", database.path())].map(|path| fs::read(path).ok());
    let before = bytes();
    let said = sentence(&refused(database).await?)?;
    ensure!(said.contains(database.path()), "{said}");
    ensure!(bytes() == before, "the file has changed, and {said}");
    Ok(said)
}

/// What an export gives of a damaged file, and that a server can start on it.
async fn saves(database: &Database) -> Result<Vec<String>> {
    let bytes = fs::read(database.path())?;
    let exported = archive(database.path(), &["export"], &[]).await?;
    ensure!(fs::read(database.path())? == bytes, "an export changes the file");
    let lines: Vec<String> = std::str::from_utf8(&exported.stdout)?.lines().map(str::to_owned).collect();
    let said = String::from_utf8_lossy(&exported.stderr);
    let whole = lines.len() == MESSAGES;
    ensure!(exported.status.success() == whole && whole != said.contains("not all could be read"), "{said}");

    let saved = Database::new()?;
    let imported = archive(saved.path(), &["import", "-"], &lines).await?;
    ensure!(imported.status.success(), "{imported:?}");
    let mut server = Binary::start_with(&["--db", saved.path()]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    ana.reads("weather").await?;
    ana.must_say("and on").await?;
    server.kill().await?;
    let kept = saved.export("lobby").await?;
    ensure!(kept.len() == lines.len() + 1, "{} of {} messages", kept.len(), lines.len());
    ensure!(kept.windows(2).all(|pair| pair[1].prev == pair[0].seq), "what is left are no neighbours");
    saved.remove()?;
    Ok(lines)
}

fn overwrite(database: &Database, offset: usize, garbage: &[u8]) -> Result<()> {
    let mut bytes = fs::read(database.path())?;
    bytes[offset..offset + garbage.len()].copy_from_slice(garbage);
    Ok(fs::write(database.path(), bytes)?)
}

/// Something that is no page.
fn garbage() -> Vec<u8> {
    b"this is no page. ".iter().copied().cycle().take(PAGE).collect()
}

#[tokio::test]
async fn garbage_in_one_page_costs_the_messages_in_it() -> Result<()> {
    let sound = written().await?;
    let bytes = fs::read(sound.path())?;
    for place in 1..8 {
        let offset = bytes.len() * place / 8 / PAGE * PAGE;
        overwrite(&sound, offset, &garbage())?;
        let said = is_left_alone(&sound).await?;
        ensure!(said.contains("is damaged") && said.contains("commonroom export --db"), "{said}");
        let saved = saves(&sound).await?;
        println!("a damaged page at {offset} of {}: {} of {MESSAGES} are saved", bytes.len(), saved.len());
        ensure!(saved.len() >= MESSAGES - 40, "{} of {MESSAGES}", saved.len());
        let seqs: Vec<u64> =
            saved.iter().map(|line| Ok(serde_json::from_str::<Said>(line)?.seq.0)).collect::<Result<_>>()?;
        ensure!(seqs.first() == Some(&1) && seqs.last() == Some(&(MESSAGES as u64)), "not on both sides");
        fs::write(sound.path(), &bytes)?;
    }
    sound.remove()
}

#[tokio::test]
async fn garbage_in_three_pages_costs_no_message_between_them() -> Result<()> {
    let sound = written().await?;
    let pages = fs::read(sound.path())?.len() / PAGE;
    for place in [4, 12, 20] {
        overwrite(&sound, pages * place / 32 * PAGE, &garbage())?;
    }
    is_left_alone(&sound).await?;
    let saved = saves(&sound).await?;
    println!("three damaged pages: {} of {MESSAGES} are saved", saved.len());
    ensure!((MESSAGES - 120..MESSAGES - 20).contains(&saved.len()), "{} of {MESSAGES}", saved.len());
    sound.remove()
}

/// A room's name is in one small page, and all else hangs on it.
#[tokio::test]
async fn garbage_where_the_rooms_are_costs_their_names_at_most() -> Result<()> {
    let sound = written().await?;
    let bytes = fs::read(sound.path())?;
    for (table, room) in [("room", "lost-1"), ("sqlite_autoindex_room_1", "lobby")] {
        let page = python(&sound, &format!("select rootpage from sqlite_schema where name = '{table}'"))?;
        overwrite(&sound, (page.trim().parse::<usize>()? - 1) * PAGE, &garbage())?;
        is_left_alone(&sound).await?;
        let exported = archive(sound.path(), &["export"], &[]).await?;
        let lines = String::from_utf8(exported.stdout)?;
        let named = lines.lines().filter(|line| line.contains(&format!(r#""room":"{room}""#))).count();
        ensure!(named == MESSAGES, "{table}: {named} messages of {room}");
        fs::write(sound.path(), &bytes)?;
    }
    sound.remove()
}

/// A server was killed, so that there is a log beside the file.
#[tokio::test]
async fn a_damaged_file_keeps_its_log() -> Result<()> {
    let database = written().await?;
    let mut server = Binary::start_with(&["--db", database.path()]).await?;
    let mut ana = Speaker::join(&server, "ana").await?;
    ana.must_say("only in the log").await?;
    server.kill().await?;
    let pages = fs::read(database.path())?.len() / PAGE;
    overwrite(&database, pages / 2 * PAGE, &garbage())?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("is damaged"), "{said}");
    let log = fs::read(format!("{}-wal", database.path()))?;
    ensure!(!log.is_empty(), "there was no log");
    let exported = archive(database.path(), &["export"], &[]).await?;
    let lines = String::from_utf8(exported.stdout)?;
    ensure!(
        lines.lines().count() > MESSAGES - 40 && lines.contains("only in the log"),
        "{} lines",
        lines.lines().count()
    );
    ensure!(fs::read(format!("{}-wal", database.path()))? == log, "an export changes the log");
    database.remove()
}

#[tokio::test]
async fn a_file_that_is_cut_short_gives_what_is_left() -> Result<()> {
    let database = written().await?;
    let bytes = fs::read(database.path())?;
    fs::write(database.path(), &bytes[..bytes.len() / 2 / PAGE * PAGE])?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("is damaged") && said.contains("commonroom export --db"), "{said}");
    let saved = saves(&database).await?;
    println!("half a file: {} of {MESSAGES} are saved", saved.len());
    ensure!(saved.len() > MESSAGES / 4, "only {}", saved.len());
    database.remove()
}

#[tokio::test]
async fn what_is_no_history_is_left_alone() -> Result<()> {
    let database = Database::new()?;
    fs::write(database.path(), "a shopping list: milk, bread\n".repeat(300))?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("is no database") && said.contains("--db"), "{said}");
    fs::remove_file(database.path())?;

    python(&database, "create table recipe(name); insert into recipe values ('bread')")?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("is a database of another program") && said.contains("--db"), "{said}");
    database.remove()?;

    let database = written().await?;
    python(&database, "pragma user_version = 99")?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("is of a newer Commonroom (its version is 99"), "{said}");
    python(&database, "pragma user_version = 1")?;
    overwrite(&database, 0, &garbage()[..100])?;
    let said = is_left_alone(&database).await?;
    ensure!(said.contains("first bytes are damaged") && said.contains("backup"), "{said}");
    database.remove()
}

#[tokio::test]
async fn an_empty_file_is_made_a_history_that_only_its_owner_may_read() -> Result<()> {
    let database = Database::new()?;
    fs::write(database.path(), "")?;
    fs::set_permissions(database.path(), fs::Permissions::from_mode(0o644))?;
    let mut server = Binary::start_with(&["--db", database.path()]).await?;
    Speaker::join(&server, "ana").await?.must_say("hello").await?;
    for part in ["", "-wal", "-shm", ".lock"] {
        let mode = fs::metadata(format!("{}{part}", database.path()))?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "chat.db{part} has the mode {mode:o}");
    }
    server.stop("TERM").await?;
    ensure!(database.export("lobby").await?.len() == 1);
    database.remove()
}

/// Does something to the file with another SQLite, and gives the first value of the answer.
fn python(database: &Database, sql: &str) -> Result<String> {
    let script = "import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.argv[2].split(';'):
    print(*(file.execute(line).fetchone() or ()))
file.close()";
    let ran = Command::new("python3").args(["-c", script, database.path(), sql]).output()?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?)
}
