//! The limits both sides know. Bytes are bytes of UTF-8, times are milliseconds.

/// The text of one message, counted as received, before anything is made visible in it.
pub const TEXT_BYTES: usize = 4096;
/// One frame from a client, JSON and all.
pub const FRAME_BYTES: usize = 16 * 1024;
/// Lines in the text of one message.
pub const TEXT_LINES: usize = 100;
/// A name's width in terminal columns: a CJK character or an emoji counts two.
pub const NICK_COLUMNS: usize = 32;
/// A name's bytes: a column may have many, with marks on its letter.
pub const NICK_BYTES: usize = 128;
/// A room's name, in characters.
pub const ROOM_CHARS: usize = 32;
/// A `cid`: 1 to this many printable ASCII characters.
pub const CID_BYTES: usize = 36;
/// A `client`: between these many url-safe characters.
pub const CLIENT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
/// Messages that a first join replays.
pub const REPLAY: usize = 50;
/// Messages that a resume replays at most; with more to tell it names a gap and replays [`RESUME_TAIL`].
pub const RESUME: usize = 5000;
/// What a resume that skipped some replays after the gap.
pub const RESUME_TAIL: usize = 200;
/// Messages in one page of history.
pub const PAGE: usize = 200;
/// What the messages of one page take at most, each as a terminal is told it: the time and the name stand before every
/// line of it. One message is always told.
pub const PAGE_BYTES: usize = 64 * 1024;
/// Messages that a search finds if it names no limit.
pub const HITS: usize = 20;
/// Messages on either side of each that a search finds; never more than [`PAGE`] in all.
pub const NEIGHBOURS: usize = 5;
/// Names in one roster; `here` counts all.
pub const ROSTER: usize = 500;
/// Silence from the server after which a client sends `ping`.
pub const PING_MS: u32 = 25_000;
/// Silence after its `ping` after which a client closes and resumes.
pub const PONG_MS: u32 = 10_000;
