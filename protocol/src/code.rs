//! Codes: what the server says when it refuses, notices or ends. The words belong to the dialects and the page.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why something that was asked is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The text has more bytes than [`crate::limits::TEXT_BYTES`].
    TooLong,
    /// The text has nothing in it that could be seen.
    Empty,
    /// The text is not UTF-8, or has too many lines.
    BadText,
    /// A change that is allowed again in `retry_ms`.
    Rate,
    /// The journal has no room left on its disk.
    StoreFull,
    /// The journal does not answer.
    StoreDown,
    /// The `cid` was used before, for another text.
    CidReuse,
    /// Somebody here has that name.
    NickTaken,
    /// That is no name: see [`crate::limits::NICK_COLUMNS`] and the reference.
    NickBad,
    /// Nobody here has that name.
    NoSuchNick,
    /// That is no room's name.
    RoomBad,
    /// The operator has muted this member.
    Muted,
    /// The operator has locked this room.
    Locked,
    /// The server is shutting down and takes nothing more.
    Closing,
    /// A frame other than `hello` came before the room was joined.
    NotJoined,
    /// There are too many rooms.
    Overloaded,
    /// Only the operator may do that.
    NotAllowed,
    /// A password is wrong, or needed: `password` of `hello`.
    Password,
    /// No such frame or command.
    Unknown,
    /// Not JSON, or a field is missing, of the wrong kind or out of its bounds.
    BadFrame,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}

/// The word that stands for it in a frame.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeCode {
    /// The server starts anew; come back after a moment.
    Restart,
    /// The server goes away for good.
    Closing,
    /// The operator has sent this member away.
    Kicked,
    /// The operator does not let this member in.
    Banned,
    /// The same client has opened a newer connection to this room.
    Replaced,
    /// The peer broke a rule, such as saying hello in time.
    Policy,
    /// A wrong password, or none.
    Password,
    /// The peer speaks another version of the protocol.
    Version,
    /// The server is full.
    Overloaded,
    /// Nothing was heard from the peer for too long.
    Idle,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}

impl ByeCode {
    /// The WebSocket close code that follows this `bye` (RFC 6455 section 7.4; 4000 and above are our own).
    pub fn close_code(self) -> u16 {
        match self {
            ByeCode::Restart => 1012,
            ByeCode::Closing => 1001,
            ByeCode::Overloaded => 1013,
            ByeCode::Password => 4001,
            ByeCode::Kicked | ByeCode::Banned => 4002,
            ByeCode::Version => 4003,
            ByeCode::Replaced => 4004,
            ByeCode::Policy | ByeCode::Idle | ByeCode::Other => 1008,
        }
    }
}

/// What a `notice` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// Frames come faster than they are read; none is lost.
    Rate,
    /// The operator has sent a member away; `about` is the name.
    Kicked,
    /// The operator has sent a member away and does not let them in again; `about` is the name.
    Banned,
    /// The operator has muted you; `about` is for how many seconds, where that is limited.
    Muted,
    /// You may speak again.
    Unmuted,
    /// Each member may say one message in so many seconds, which `about` is; 0 for as many as they like.
    Slow,
    /// The operator alone may say something here.
    Locked,
    /// Everybody may say something again.
    Unlocked,
    /// The operator has something to say to the room, which is not kept; `about` is the text.
    Announce,
    /// What became of a `command` of yours.
    Done,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}
