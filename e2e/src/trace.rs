//! What strace saw of a server: is every message on the disk before anybody is told?
//!
//! One tracer writes the lines, and the traced thread stands still at each end of a call until it has. So the order of
//! lines is an order of time: what a call did lies after the line on which it starts and before the one on which it ends.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};

/// The calls by which a server writes, for strace's `-e trace=`.
pub const CALLS: &str = "fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg";
/// The end of SQLite's write-ahead log's name.
const WAL: &str = "-wal";

/// One call.
#[derive(Debug, PartialEq, Eq)]
struct Call<'a> {
    name: &'a str,
    /// What its file descriptor is: a path, or `socket:[NUMBER]`.
    file: &'a str,
    arguments: &'a str,
    /// The line on which it starts.
    start: usize,
    /// The line on which it ends, and what it gave back; none if it never did.
    end: Option<(usize, i64)>,
}

/// What a sound trace tells.
#[derive(Debug, PartialEq, Eq)]
pub struct Durability {
    /// Messages that were told.
    pub messages: usize,
    /// Syncs of the write-ahead log.
    pub syncs: usize,
}

/// Looks at the trace of a server by `strace -f -y`, which may have `-tt`. Each message's text has in it `mark` and a
/// number of four digits, below `count`, by which it is known; the texts are ASCII without quotes and backslashes.
///
/// # Errors
/// Every message whose first write to a socket does not come after a sync of the write-ahead log that began after the
/// message had been written there, and that succeeded.
pub fn durability(trace: &str, mark: &str, count: usize) -> Result<Durability> {
    let calls = calls(trace)?;
    let syncs: Vec<_> = calls.iter().filter(|call| call.syncs_wal()).collect();
    let stored = first(calls.iter().filter(|call| call.writes_wal()), mark);
    let told = first(calls.iter().filter(|call| call.tells()), mark);
    let mut wrong = Vec::new();
    for number in 0..count {
        if let Err(fault) = in_order(stored.get(&number), &syncs, told.get(&number)) {
            wrong.push(format!("{mark}{number:04}: {fault}"));
        }
    }
    ensure!(
        wrong.is_empty(),
        "{} of {count} messages, the first ones: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
    Ok(Durability { messages: told.len(), syncs: syncs.len() })
}

fn in_order(stored: Option<&&Call<'_>>, syncs: &[&Call<'_>], told: Option<&&Call<'_>>) -> Result<()> {
    let told = told.context("it was told to nobody")?;
    let stored = stored.with_context(|| format!("it was told on line {} and never stored", told.start))?;
    let (written, _) = stored.end.context("its write never ended")?;
    let between = |sync: &&&Call<'_>| sync.start > written && sync.end.is_some_and(|(end, _)| end < told.start);
    match syncs.iter().find(between) {
        Some(_) => Ok(()),
        None => bail!("stored on line {written} and told on line {}, without a sync in between", told.start),
    }
}

/// Looks in the same way at a server that was started on what another one, which has died, has left behind: how many
/// messages it told. It can't know which of them the other one had still synced.
///
/// # Errors
/// The first message that it told before it had synced the write-ahead log itself.
pub fn recovery(trace: &str, mark: &str) -> Result<usize> {
    let calls = calls(trace)?;
    let synced = calls.iter().filter(|call| call.syncs_wal()).filter_map(|call| Some(call.end?.0)).min();
    let told = first(calls.iter().filter(|call| call.tells()), mark);
    let early = told.values().map(|call| call.start).filter(|line| synced.is_none_or(|synced| synced > *line));
    let early: BTreeSet<usize> = early.collect();
    ensure!(early.is_empty(), "messages are told on the lines {early:?}, and the first sync ends on {synced:?}");
    Ok(told.len())
}

/// The first call that has each message in it.
fn first<'a>(calls: impl Iterator<Item = &'a Call<'a>>, mark: &str) -> HashMap<usize, &'a Call<'a>> {
    let mut first = HashMap::new();
    for call in calls {
        for (at, _) in call.arguments.match_indices(mark) {
            let digits = call.arguments.get(at + mark.len()..at + mark.len() + 4);
            if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
                first.entry(number).or_insert(call);
            }
        }
    }
    first
}

impl Call<'_> {
    fn succeeded(&self) -> bool {
        self.end.is_some_and(|(_, result)| result >= 0)
    }

    fn syncs_wal(&self) -> bool {
        matches!(self.name, "fdatasync" | "fsync") && self.file.ends_with(WAL) && self.succeeded()
    }

    fn writes_wal(&self) -> bool {
        self.name == "pwrite64" && self.file.ends_with(WAL) && self.succeeded()
    }

    /// Whether it may have sent something: also where nobody saw it end.
    fn tells(&self) -> bool {
        self.file.starts_with("socket:") && (self.end.is_none() || self.succeeded())
    }
}

/// All calls of a trace, in the order in which they start.
fn calls(trace: &str) -> Result<Vec<Call<'_>>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    for (number, line) in trace.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        let (thread, rest) = line.split_once(' ').with_context(|| format!("line {number} is cut short: {line}"))?;
        let rest = rest.trim_start();
        let rest = rest
            .strip_prefix(|c: char| c.is_ascii_digit())
            .and_then(|_| rest.split_once(' '))
            .map_or(rest, |(_, rest)| rest);
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if rest.starts_with("<... ") {
            let index = unfinished.remove(thread).with_context(|| format!("line {number} resumes nothing"))?;
            calls[index].end = result(rest).map(|result| (number, result));
            continue;
        }
        let call = call(rest, number).with_context(|| format!("line {number} is no call: {rest:.200}"))?;
        ensure!(!call.arguments.contains("\"..."), "line {number} has not the whole of what is written: {rest:.200}");
        if call.end.is_none() {
            unfinished.insert(thread, calls.len());
        }
        calls.push(call);
    }
    Ok(calls)
}

/// `pwrite64(4</tmp/chat.db-wal>, "...", 24, 32) = 24`, or without its end.
fn call(text: &str, number: usize) -> Option<Call<'_>> {
    let (name, rest) = text.split_once('(')?;
    let (_, rest) = rest.split_once('<')?;
    let (file, arguments) = rest.split_once('>')?;
    let end = if text.ends_with("<unfinished ...>") { None } else { Some((number, result(text)?)) };
    Some(Call { name, file, arguments, start: number, end })
}

/// What a call gave back; none for one that did not come back, as at the end of a process.
fn result(text: &str) -> Option<i64> {
    let (_, result) = text.rsplit_once(" = ")?;
    result.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Durability, durability, recovery};

    /// A message that is written, synced and told, each by another thread, while a third one does something else.
    const SOUND: &str = r#"
7  10:00:00.000001 pwrite64(4</tmp/chat.db-wal>, "\0\0\0\1\0\0", 24, 32) = 24
7  10:00:00.000002 pwrite64(4</tmp/chat.db-wal>, "\r\0 <m-0000\"", 4096, 56 <unfinished ...>
8  10:00:00.000003 sendto(9<socket:[77]>, "{\"t\":\"pong\"}", 12, MSG_NOSIGNAL, NULL, 0) = 12
7  10:00:00.000004 <... pwrite64 resumed>) = 4096
7  10:00:00.000005 fdatasync(4</tmp/chat.db-wal> <unfinished ...>
8  10:00:00.000006 write(3<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8
7  10:00:00.000007 <... fdatasync resumed>) = 0
8  10:00:00.000008 writev(9<socket:[77]>, [{iov_base="\201\176", iov_len=2}, {iov_base="m-0000", iov_len=6}], 2) = 8
8  10:00:00.000009 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0} ---
7  10:00:00.000010 +++ exited with 0 +++"#;

    fn fault(trace: &str) -> String {
        durability(trace.trim_start(), "m-", 1).unwrap_err().to_string()
    }

    /// The sound one with these lines in this order, counted from 1.
    fn lines(order: &[usize]) -> String {
        let lines: Vec<&str> = SOUND.trim_start().lines().collect();
        order.iter().map(|number| lines[number - 1]).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_sync_between_the_write_and_the_first_word_of_it() {
        let sound = durability(SOUND.trim_start(), "m-", 1).unwrap();
        assert_eq!(sound, Durability { messages: 1, syncs: 1 });
    }

    #[test]
    fn a_call_that_is_not_interrupted_is_one_line() {
        let trace = "7 pwrite64(4</c-wal>, \"m-0000\", 6, 0) = 6\n7 fsync(4</c-wal>) = 0\n8 write(9<socket:[1]>, \"m-0000\", 6) = 6";
        assert_eq!(durability(trace, "m-", 1).unwrap(), Durability { messages: 1, syncs: 1 });
    }

    #[test]
    fn no_sync() {
        assert!(fault(&lines(&[1, 2, 3, 4, 6, 8])).contains("without a sync in between"));
        assert!(
            fault(&SOUND.replace("fdatasync(4</tmp/chat.db-wal>", "fdatasync(4</tmp/chat.db>"))
                .contains("without a sync")
        );
    }

    #[test]
    fn a_sync_that_began_before_the_write_had_ended() {
        let early = lines(&[1, 2, 3, 5, 4, 7, 8]).replacen("7  10:00:00.000005", "6  10:00:00.000005", 1);
        let early = early.replacen("7  10:00:00.000007", "6  10:00:00.000007", 1);
        assert!(fault(&early).contains("without a sync in between"), "{early}");
    }

    #[test]
    fn a_sync_that_was_not_over_when_somebody_was_told() {
        assert!(fault(&lines(&[1, 2, 3, 4, 5, 8, 7])).contains("without a sync in between"));
        let told_while_it_goes_on = SOUND.replace("{\\\"t\\\":\\\"pong\\\"}", "m-0000");
        assert!(fault(&told_while_it_goes_on).contains("without a sync in between"));
    }

    #[test]
    fn a_sync_that_failed() {
        let failed =
            SOUND.replace("<... fdatasync resumed>) = 0", "<... fdatasync resumed>) = -1 EIO (Input/output error)");
        assert!(fault(&failed).contains("without a sync in between"));
    }

    #[test]
    fn a_server_that_comes_after_another_one_syncs_before_it_tells() {
        assert_eq!(recovery(&lines(&[5, 7, 8]), "m-").unwrap(), 1);
        assert!(recovery(&lines(&[8, 5, 7]), "m-").is_err());
        assert!(recovery(&lines(&[5, 8, 7]), "m-").is_err(), "the sync was not over");
        assert!(recovery(&lines(&[8]), "m-").is_err());
    }

    #[test]
    fn a_message_that_was_never_stored_or_never_told() {
        assert!(fault(&SOUND.replacen("m-0000", "m-0001", 1)).contains("never stored"));
        assert!(fault(&lines(&[1, 2, 3, 4, 5, 6, 7])).contains("told to nobody"));
    }

    #[test]
    fn a_trace_that_shows_only_a_part_is_no_proof() {
        assert!(fault(&SOUND.replace("iov_base=\"m-0000\"", "iov_base=\"m-0000\"...")).contains("not the whole"));
    }
}
