//! Why something that was asked is not done: with what it takes to say so in words. The words themselves are the dialects'.

use std::time::Duration;

use commonroom_protocol::Code;

use crate::charset::Fault;
use crate::name::NickFault;

/// Why something that was asked is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A text or line of so many bytes.
    TooLong {
        /// What came.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A text of so many lines.
    TooManyLines {
        /// What came.
        lines: usize,
    },
    /// Nothing to see in it.
    Empty,
    /// Nothing to search for.
    NothingSought,
    /// Bytes that are not in the peer's charset.
    Undecodable(Fault),
    /// No such charset.
    NoSuchCharset {
        /// What was typed.
        name: String,
    },
    /// Allowed again after this time.
    TooSoon {
        /// The time to wait.
        wait: Duration,
    },
    /// The operator has muted who asks: for so long still, or until further notice.
    Muted {
        /// The time to wait.
        wait: Option<Duration>,
    },
    /// The operator has locked the room.
    Locked,
    /// The room is in slow mode, and this is too soon after the last message.
    Slow {
        /// The time to wait.
        wait: Duration,
    },
    /// Only the operator may.
    NotAllowed,
    /// The operator does not let them in.
    Banned,
    /// The password is wrong, or there is none and one is needed.
    Password {
        /// There was one.
        wrong: bool,
    },
    /// There were too many wrong passwords from this address.
    TooManyGuesses {
        /// The time to wait.
        wait: Duration,
    },
    /// The console has one name, which cannot be changed.
    StaysOperator,
    /// There is no room left where the journal is kept.
    StoreFull,
    /// The journal does not take it.
    StoreDown,
    /// The `cid` is another message's.
    CidReuse,
    /// Somebody here has that name.
    NickTaken {
        /// That name.
        nick: String,
    },
    /// That is no name.
    NickBad {
        /// What is wrong with it.
        why: NickFault,
    },
    /// Nobody here has that name.
    NoSuchNick {
        /// That name.
        nick: String,
    },
    /// That is no room's name.
    RoomBad,
    /// The server is shutting down.
    Closing,
    /// There are too many rooms, and somebody is in each.
    TooManyRooms,
    /// The history has as many rooms as it may.
    TooManyKept,
    /// This address has spoken in too many new rooms.
    TooManyNew {
        /// The time to wait.
        wait: Duration,
    },
    /// The room has not been joined.
    NotJoined,
    /// No such frame.
    UnknownFrame {
        /// Its `t`.
        t: String,
    },
    /// No such command.
    UnknownCommand {
        /// What was typed, without the slash.
        word: String,
        /// What may have been meant.
        like: Option<&'static str>,
    },
    /// No such command for a script.
    NoShot {
        /// What was sent, without the slash.
        word: String,
    },
    /// A command that lacks something.
    Usage {
        /// How it is typed.
        usage: &'static str,
    },
    /// Not a frame, or not a good one.
    BadFrame {
        /// What is wrong with it.
        why: String,
    },
}

impl Refusal {
    /// A [`Refusal::BadFrame`].
    pub fn bad_frame(why: impl Into<String>) -> Refusal {
        Refusal::BadFrame { why: why.into() }
    }

    /// The code that stands for it in a frame.
    pub fn code(&self) -> Code {
        match self {
            Refusal::TooLong { .. } => Code::TooLong,
            Refusal::TooManyLines { .. } | Refusal::Undecodable(_) => Code::BadText,
            Refusal::Empty | Refusal::NothingSought => Code::Empty,
            Refusal::TooSoon { .. }
            | Refusal::Slow { .. }
            | Refusal::TooManyGuesses { .. }
            | Refusal::TooManyNew { .. } => Code::Rate,
            Refusal::Muted { .. } => Code::Muted,
            Refusal::Locked => Code::Locked,
            Refusal::NotAllowed | Refusal::Banned | Refusal::StaysOperator => Code::NotAllowed,
            Refusal::Password { .. } => Code::Password,
            Refusal::StoreFull => Code::StoreFull,
            Refusal::StoreDown => Code::StoreDown,
            Refusal::CidReuse => Code::CidReuse,
            Refusal::NickTaken { .. } => Code::NickTaken,
            Refusal::NickBad { .. } => Code::NickBad,
            Refusal::NoSuchNick { .. } => Code::NoSuchNick,
            Refusal::RoomBad => Code::RoomBad,
            Refusal::Closing => Code::Closing,
            Refusal::TooManyRooms | Refusal::TooManyKept => Code::Overloaded,
            Refusal::NotJoined => Code::NotJoined,
            Refusal::UnknownFrame { .. }
            | Refusal::UnknownCommand { .. }
            | Refusal::NoShot { .. }
            | Refusal::NoSuchCharset { .. } => Code::Unknown,
            Refusal::Usage { .. } | Refusal::BadFrame { .. } => Code::BadFrame,
        }
    }

    /// When it is worth trying again, in milliseconds.
    pub fn retry_ms(&self) -> Option<u64> {
        match self {
            Refusal::TooSoon { wait }
            | Refusal::Slow { wait }
            | Refusal::TooManyGuesses { wait }
            | Refusal::TooManyNew { wait }
            | Refusal::Muted { wait: Some(wait) } => u64::try_from(wait.as_millis()).ok(),
            Refusal::StoreFull | Refusal::StoreDown | Refusal::Closing | Refusal::TooManyRooms => Some(5000),
            _ => None,
        }
    }
}
