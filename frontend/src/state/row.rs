//! What one row of the log holds. The words for it are in [`crate::text`].

use commonroom_protocol::{Code, GapWhy, NoticeCode, Present, RoomHere, Said, Seq, Whispered};

use crate::command::Mistake;

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Names the row in this room for as long as the page is open. A seq would not do: it comes again after a rewind.
    pub id: u32,
    /// When, in milliseconds since the epoch: by the server's clock for a message, else by ours.
    pub at: i64,
    /// Where it stands: its own seq for a message, else that of the newest message before it.
    pub place: Seq,
    /// What it holds.
    pub kind: RowKind,
}

impl Row {
    /// The message, if it holds one.
    pub fn said(&self) -> Option<&SaidRow> {
        match &self.kind {
            RowKind::Said(said) => Some(said),
            RowKind::Note(_) => None,
        }
    }
}

/// The kinds of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A message.
    Said(SaidRow),
    /// Anything else worth a line.
    Note(Note),
}

/// A message in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidRow {
    /// The message.
    pub said: Said,
    /// This tab said it.
    pub own: bool,
    /// It means the reader by name.
    pub mention: bool,
    /// It is of a history that the server no longer has.
    pub rewound: bool,
}

/// A line that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Somebody has come.
    Joined(Present),
    /// Somebody has gone.
    Left(String),
    /// Somebody has another name.
    Renamed {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// Many have come and gone in a short time.
    Crowd {
        /// How many have come.
        joined: usize,
        /// How many have gone.
        left: usize,
    },
    /// Messages are not shown.
    Gap {
        /// The first.
        from: Seq,
        /// The last; less than the first where none is missing.
        to: Seq,
        /// The reason.
        why: GapWhy,
    },
    /// Somebody has said something to you alone, or you to them.
    Whispered(Whispered),
    /// Something other than a message was refused.
    Refused {
        /// The reason, for programs.
        code: Code,
        /// The reason in the server's words.
        message: String,
    },
    /// A word from the server or the operator.
    Notice {
        /// What it is about.
        code: NoticeCode,
        /// The server's words.
        message: String,
        /// What they are about, as the code says.
        about: Option<String>,
    },
    /// The rooms that somebody is in.
    Rooms(Vec<RoomHere>),
    /// A word from the page itself.
    Local(Local),
}

/// What the page itself has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// What was written asks for nothing.
    Mistake(Mistake),
    /// How one writes here was asked for.
    Help,
}
