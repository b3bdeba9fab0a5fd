//! What the server says.

use serde::{Deserialize, Serialize};

use crate::{ByeCode, Code, NoticeCode, Seq};

/// One frame from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The room is joined. What is replayed follows, then `live`.
    Welcome(Box<Welcome>),
    /// Somebody has said something.
    Said(Said),
    /// The messages `from` to `to`, both included, are not told.
    Gap {
        /// The first one missed.
        from: Seq,
        /// The last one missed: the next message's `prev`.
        to: Seq,
        /// The reason.
        why: GapWhy,
    },
    /// The replay is over: everything up to the head that `welcome` named has been told.
    Live {
        /// That head.
        head: Seq,
    },
    /// Somebody has come.
    Joined {
        /// Their name.
        nick: String,
        /// What they came by.
        via: Via,
    },
    /// Somebody has gone.
    Left {
        /// Their name.
        nick: String,
    },
    /// Somebody has another name.
    Renamed {
        /// The old name.
        from: String,
        /// The new one.
        to: String,
    },
    /// Many have come and gone in a short time, and are not told one by one: ask `who` for the names.
    Crowd {
        /// How many have come.
        joined: usize,
        /// How many have gone.
        left: usize,
        /// How many are here now.
        here: usize,
    },
    /// Somebody has said something to you alone; also sent to who said it.
    Whispered(Whispered),
    /// What was asked is not done.
    Refused {
        /// Of the `say` that is refused.
        cid: Option<String>,
        /// Of the question that is refused.
        n: Option<u64>,
        /// The reason, for programs.
        code: Code,
        /// The reason, for people, in English.
        message: String,
        /// When it is worth trying again.
        retry_ms: Option<u64>,
    },
    /// The answer to `history` and to `search`: oldest first.
    Page {
        /// Echoed from the question.
        n: Option<u64>,
        /// What was asked.
        of: PageOf,
        /// The messages.
        said: Vec<Said>,
        /// There is more in the direction asked; older ones that a search would find.
        more: bool,
        /// Which of them a search has found, newest first; the others are their neighbours. No search, no hits.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hits: Option<Box<[Seq]>>,
    },
    /// Who is here: the answer to `who`, or unasked after presence was missed.
    Roster {
        /// Echoed from the question.
        n: Option<u64>,
        /// How many are here, yourself among them.
        here: usize,
        /// The first [`crate::limits::ROSTER`] of them, in the order in which they came.
        roster: Vec<Present>,
    },
    /// The rooms that somebody is in, the fullest first: at most [`crate::limits::ROSTER`].
    Rooms {
        /// Echoed from the question.
        n: Option<u64>,
        /// The rooms.
        rooms: Vec<RoomHere>,
    },
    /// The answer to `ping`.
    Pong {
        /// Echoed from the question.
        n: Option<u64>,
        /// The room's newest message.
        head: Seq,
    },
    /// A word from the server or the operator.
    Notice {
        /// What it is about, for programs.
        code: NoticeCode,
        /// What it says, in English.
        message: String,
        /// A name, a number or a text that it is about, as its code says: for who says it in another language.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        about: Option<String>,
    },
    /// The server ends this connection.
    Bye {
        /// The reason.
        code: ByeCode,
        /// Come back after a random time between these two.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        after_ms: Option<[u32; 2]>,
    },
    /// A frame of a newer server: ignore it.
    #[serde(other)]
    Unknown,
}

/// A message, as everybody in the room sees it: the same bytes for every receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its place in the room.
    pub seq: Seq,
    /// The place of the message before it; 0 for the first.
    pub prev: Seq,
    /// When it was taken in, in Unix milliseconds.
    pub at: i64,
    /// Who said it: the name at that time.
    pub from: String,
    /// What they came by.
    pub via: Via,
    /// What was said: visible characters and line feeds alone.
    pub text: String,
    /// The public id of the client that said it: the first 64 bits of SHA-256 of its `client`, 16 hex digits.
    pub by: String,
    /// The id that the client gave it.
    pub cid: String,
    /// An action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub me: bool,
}

/// A message to one member alone. It is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whispered {
    /// When it was said, in Unix milliseconds.
    pub at: i64,
    /// Who said it.
    pub from: String,
    /// Who is meant.
    pub to: String,
    /// What was said.
    pub text: String,
    /// As in [`Said`].
    pub by: String,
    /// As in [`Said`].
    pub cid: String,
    /// An action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub me: bool,
}

/// The answer to `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`crate::VERSION`].
    pub v: u32,
    /// The server's version and commit.
    pub build: String,
    /// The room's name, folded: `Lobby` joins `lobby`.
    pub room: String,
    /// Your name here.
    pub you: String,
    /// Your public id: a `said` with it is your own.
    pub by: String,
    /// The room's history began anew if this is not the one you knew.
    pub epoch: String,
    /// The newest message.
    pub head: Seq,
    /// The oldest message that is kept; 1 in a new room.
    pub oldest: Seq,
    /// What "saved" means here: `disk`, `replicated` or `memory`.
    pub durable: String,
    /// How many are here, yourself among them.
    pub here: usize,
    /// The first [`crate::limits::ROSTER`] of them.
    pub roster: Vec<Present>,
    /// Send `ping` after this silence.
    pub ping_ms: u32,
    /// What this server allows.
    pub limits: Limits,
    /// Where others can join.
    pub join: Join,
}

/// What a server allows a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes in one text.
    pub text: usize,
    /// Columns in one name.
    pub nick: usize,
    /// Frames that may come at once.
    pub burst: u32,
    /// Frames a second after those; 0 for as many as you like.
    pub per_second: u32,
}

/// The addresses that others can reach this server by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// `HOST:PORT` of the plain sockets.
    pub tcp: Vec<String>,
    /// The page's URLs.
    pub http: Vec<String>,
    /// Plain sockets must speak TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
}

/// A room that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHere {
    /// Its name.
    pub room: String,
    /// How many are in it.
    pub here: usize,
}

/// Somebody who is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Their name.
    pub nick: String,
    /// What they came by.
    pub via: Via,
}

/// What a member came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A browser: a WebSocket with an Origin.
    Web,
    /// A program: a WebSocket without an Origin, or JSON lines.
    Api,
    /// A plain socket: lines of text.
    Tcp,
    /// The server's own terminal.
    Console,
    /// A way of a newer server.
    #[serde(other)]
    Other,
}

/// Why messages are not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapWhy {
    /// There were more than [`crate::limits::RESUME`]; ask for them with `history`.
    Limit,
    /// They are no longer kept.
    Expired,
    /// The room's history began anew: what you knew is of another epoch.
    Rewound,
    /// A reason of a newer server.
    #[serde(other)]
    Other,
}

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageOf {
    /// A stretch of the room's history.
    History,
    /// What a search found.
    Search,
}
