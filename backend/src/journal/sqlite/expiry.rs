//! What is no longer kept, where the operator has said how long messages are.

use std::time::Duration;

use commonroom_protocol::Seq;
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};

use super::row::Shelf;
use super::schema::{RoomId, seq};
use crate::name::RoomName;

/// Messages that are forgotten at once: a draft may have to wait for them.
const CHUNK: usize = 256;
/// Rooms that are looked at at once, for the same reason.
const ROOMS: usize = 256;

/// How long messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For ever.
    All,
    /// For so long.
    Age(Duration),
    /// The newest so many of each room.
    Newest(u64),
}

/// Up to which message each of some rooms is forgotten.
pub(super) type Forgotten = Vec<(RoomName, Seq)>;

/// Forgets some of what is no longer kept in the rooms behind one, and says behind which to go on; none if these were
/// the last. `now` is in Unix milliseconds.
pub(super) fn expire(
    connection: &mut Connection,
    keep: Keep,
    now: i64,
    behind: RoomId,
) -> Result<(Forgotten, Option<RoomId>)> {
    if keep == Keep::All {
        return Ok((Vec::new(), None));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut forgotten = Vec::new();
    let mut left = CHUNK;
    let rooms = Shelf::some(&transaction, behind, ROOMS)?;
    let mut next = if rooms.len() == ROOMS { rooms.last().map(|(_, shelf)| shelf.id) } else { None };
    for (name, shelf) in rooms {
        let last = last_to_forget(&shelf, keep, now)?;
        if let Some((up_to, count)) = forget(&transaction, &shelf, last, left)? {
            // What is in the file went in as a room's name.
            forgotten.extend(RoomName::parse(&name).map(|name| (name, up_to)));
            left -= count;
        }
        if left == 0 {
            // There may be more in this one.
            next = Some(RoomId(shelf.id.0 - 1));
            break;
        }
    }
    transaction.commit()?;
    Ok((forgotten, next))
}

fn last_to_forget(shelf: &Shelf<'_>, keep: Keep, now: i64) -> Result<Seq> {
    match keep {
        Keep::All => Ok(shelf.forgotten),
        Keep::Age(age) => shelf.seq_at(now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))),
        Keep::Newest(count) => Ok(Seq(shelf.head()?.0.0.saturating_sub(count))),
    }
}

/// Forgets a room's oldest messages up to `last`, at most `limit`. Says up to which, and how many these were.
fn forget(transaction: &Transaction<'_>, shelf: &Shelf<'_>, last: Seq, limit: usize) -> Result<Option<(Seq, usize)>> {
    let RoomId(room) = shelf.id;
    let old: Vec<i64> = {
        let mut old =
            transaction.prepare_cached("SELECT id FROM said WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3")?;
        old.query_map((shelf.id.row(Seq(0)), shelf.id.row(last), limit), |row| row.get(0))?.collect::<Result<_>>()?
    };
    let Some(newest) = old.last().copied().map(seq) else { return Ok(None) };
    let mut unsay = transaction.prepare_cached("DELETE FROM said WHERE id = ?1")?;
    let mut unindex = transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?;
    for id in &old {
        unsay.execute([id])?;
        if seq(*id) <= shelf.indexed {
            unindex.execute([id])?;
        }
    }
    let mut update =
        transaction.prepare_cached("UPDATE room SET forgotten = ?2, indexed = max(indexed, ?2) WHERE id = ?1")?;
    update.execute((room, newest.0))?;
    Ok(Some((newest, old.len())))
}
