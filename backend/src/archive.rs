//! What an operator does from the command line instead of serving: export, import, backup, a password's hash.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::access;
use crate::config::{Config, Db, Task};
use crate::dialect::words::grouped;
use crate::doctor;
use crate::journal::sqlite;
use crate::name::RoomName;

/// Does what was asked for instead of serving.
///
/// # Errors
/// What went wrong, in words for whoever has typed it.
pub fn run(config: &Config, task: &Task) -> Result<()> {
    match task {
        Task::Export { room } => export(&history(config)?, room.as_ref()),
        Task::Import { file } => import(&history(config)?, file),
        Task::Backup { to } => {
            let messages = sqlite::backup(&history(config)?, to)?;
            eprintln!("{} has {} now", to.display(), number(messages));
            Ok(())
        }
        Task::Hash => hash(),
        Task::Doctor { url } => doctor::run(config, url.as_deref()),
    }
}

fn history(config: &Config) -> Result<PathBuf> {
    match config.db()? {
        Db::File(path) => Ok(path),
        Db::Memory => bail!("a history in memory is gone with its server; name a file with --db PATH"),
    }
}

fn hash() -> Result<()> {
    let mut word = String::new();
    io::stdin().lock().read_line(&mut word).context("can't read the password from stdin")?;
    println!("{}", access::hash(word.trim_end_matches(['\r', '\n']))?);
    Ok(())
}

fn export(path: &Path, room: Option<&RoomName>) -> Result<()> {
    let exported = sqlite::export(path, room, &mut BufWriter::new(io::stdout().lock()))?;
    eprintln!("{}", number(exported.messages));
    if !exported.unread.is_empty() {
        bail!("not all could be read of {}:\n  {}", path.display(), exported.unread.join("\n  "));
    }
    Ok(())
}

fn import(path: &Path, from: &Path) -> Result<()> {
    let mut lines: Box<dyn BufRead> = if from == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(from).with_context(|| format!("can't read {}", from.display()))?;
        Box::new(BufReader::new(file))
    };
    let imported = sqlite::import(path, &mut lines)?;
    let known = match imported.known {
        0 => String::new(),
        known => format!("; {} there already", number(known)),
    };
    eprintln!("{} new in {}{known}", number(imported.messages), path.display());
    Ok(())
}

fn number(messages: u64) -> String {
    match messages {
        1 => "1 message".to_owned(),
        _ => format!("{} messages", grouped(usize::try_from(messages).unwrap_or(usize::MAX))),
    }
}
