//! `cargo xtask fill`: a history with a million messages, to try search and long scrolling with.

mod chatter;

use crate::{cmd, server};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

/// Messages, unless told otherwise.
const MESSAGES: u64 = 1_000_000;

/// What to fill, and with how much.
#[derive(Debug, PartialEq)]
pub(crate) struct Order {
    db: PathBuf,
    messages: u64,
    room: String,
}

impl Order {
    /// Reads the task's words.
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Order, String> {
        let (mut db, mut messages, mut room) = (None, MESSAGES, "lobby".to_owned());
        let mut words = words.into_iter();
        while let Some(option) = words.next() {
            let option = option.to_string_lossy().into_owned();
            let value = words.next().ok_or_else(|| format!("`{option}` is followed by nothing"));
            let text = |value: OsString| value.to_string_lossy().into_owned();
            match option.as_str() {
                "--db" => db = Some(value?.into()),
                "--messages" => {
                    let value = text(value?);
                    messages = value.parse().map_err(|_| format!("`{value}` is no number of messages"))?;
                }
                "--room" => room = text(value?),
                _ => return Err(format!("`fill` takes --db, --messages and --room, not `{option}`")),
            }
        }
        let db = db.ok_or("`fill` needs --db PATH: the file that the messages go to")?;
        Ok(Order { db, messages, room })
    }
}

/// Has the server's binary import them: what it takes in is checked as everything is that comes from outside.
pub(crate) fn fill(order: &Order) -> Result<()> {
    let Order { db, messages, room } = order;
    let binary = server::build()?;
    // Where the developer is, not where the workspace is.
    let db = std::path::absolute(db).with_context(|| format!("{} is no path", db.display()))?;
    let start = Instant::now();
    let now = SystemTime::UNIX_EPOCH.elapsed()?.as_millis().try_into()?;
    cmd::say(&format!("{messages} messages go to {room} in {}", db.display()));
    cmd::Cmd::new(binary, "the import").args(["import".as_ref(), "-".as_ref(), "--db".as_ref(), db.as_os_str()]).feed(
        |stdin| {
            let mut stdin = BufWriter::new(stdin);
            chatter::chatter(room, *messages, now).try_for_each(|line| writeln!(stdin, "{line}"))?;
            stdin.flush()
        },
    )?;
    let seconds = start.elapsed().as_secs_f64();
    cmd::say(&format!("{messages} messages in {seconds:.1} s; to look at them: commonroom --db {}", db.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Order;
    use std::ffi::OsString;

    fn order(line: &str) -> Result<Order, String> {
        Order::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_million_in_the_lobby_unless_told_otherwise() {
        let million = Order { db: "a.db".into(), messages: 1_000_000, room: "lobby".into() };
        assert_eq!(order("--db a.db"), Ok(million));
        let few = Order { db: "b.db".into(), messages: 10, room: "ops".into() };
        assert_eq!(order("--room ops --messages 10 --db b.db"), Ok(few));
    }

    #[test]
    fn what_is_missing_or_strange_is_named() {
        assert!(order("").is_err_and(|mistake| mistake.contains("--db PATH")));
        assert!(order("--db a.db --messages many").is_err_and(|mistake| mistake.contains("many")));
        assert!(order("--db a.db --fast yes").is_err_and(|mistake| mistake.contains("--fast")));
        assert!(order("--db").is_err_and(|mistake| mistake.contains("--db")));
    }
}
