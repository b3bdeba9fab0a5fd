//! What is in the file, and how a file of an older version becomes one of this.
//!
//! A message's row number is its room's number and its seq in one, so that a room's history is one stretch of the table,
//! in order, and so that the search index, which knows rows by that number alone, can be asked for a stretch, too.

use commonroom_protocol::Seq;
use rusqlite::{Connection, Result};

use crate::journal::ROOMS;

/// Says that a database is Commonroom's (SQLite's `application_id`): `comm` in ASCII.
pub(super) const APPLICATION: i32 = 0x636f_6d6d;

/// What makes each version of the schema out of the one before: `user_version` counts those that are done.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE room (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        -- The newest message that is no longer kept: seqs go on from there.
        forgotten INTEGER NOT NULL DEFAULT 0,
        -- The newest message that the search index has.
        indexed INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE said (
        id INTEGER PRIMARY KEY,
        prev INTEGER NOT NULL,
        at INTEGER NOT NULL,
        \"by\" INTEGER NOT NULL,
        cid TEXT NOT NULL,
        nick TEXT NOT NULL,
        via TEXT NOT NULL,
        me INTEGER NOT NULL,
        text TEXT NOT NULL
    );
    CREATE UNIQUE INDEX said_once ON said (\"by\", cid);
    CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, tokenize='ascii');
"];

/// The version of the schema that this program knows.
pub(super) const VERSION: usize = MIGRATIONS.len();

/// Brings a database to [`VERSION`]. All or nothing, however often it is tried.
pub(super) fn migrate(connection: &mut Connection, epoch: &str) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    if done == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.execute("INSERT INTO meta VALUES ('epoch', ?)", [epoch])?;
    }
    if done < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// A room's number in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RoomId(pub i64);

/// So many bits of a row's number are the seq: a million messages a second for twelve days, in each of 8 million rooms.
const SEQ_BITS: u32 = 40;
/// The highest seq that a row's number can hold.
pub(super) const LAST_SEQ: Seq = Seq((1 << SEQ_BITS) - 1);

impl RoomId {
    /// The row of the message with this seq; of the highest that there can be if it is beyond that.
    pub fn row(self, seq: Seq) -> i64 {
        self.0 << SEQ_BITS | seq.min(LAST_SEQ).0.cast_signed()
    }
}

/// The highest number that a room is given: they are given in turn, from 1 on.
pub(super) const LAST_ROOM: RoomId = RoomId((ROOMS as u64).cast_signed());
const _: () = assert!(LAST_ROOM.0 < 1 << (63 - SEQ_BITS));

/// The room in a row's number.
pub(super) fn room_of(row: i64) -> RoomId {
    RoomId(row >> SEQ_BITS)
}

/// The seq in a row's number.
pub(super) fn seq(row: i64) -> Seq {
    Seq(row.cast_unsigned() & LAST_SEQ.0)
}
