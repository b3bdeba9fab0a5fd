//! How a connection speaks: [`Line`] for people, [`Json`] for programs. Bytes become a [`Command`], what happens becomes
//! bytes. Pure: no socket, no clock.

mod json;
mod line;
pub mod words;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use commonroom_protocol::{ByeCode, GapWhy, Present, RoomHere, Said, Seq, Welcome};

pub use json::{Json, TEXT, begins_frame, greeting, is_hello, ws_header};
pub use line::{Line, is_as, is_shot};
pub use words::Lang;

use crate::charset::Charset;
use crate::event::Event;
use crate::journal::{Found, Page, Search};
use crate::moderation::Done;
use crate::name::{By, RoomName};
use crate::refusal::Refusal;
use crate::room::{Batch, Told};
use crate::transport::Outgoing;

/// A form of bytes that many receivers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Lines of text for people, in their language.
    Line(Lang),
    /// JSON, one frame a line.
    JsonLine,
    /// JSON, one frame a WebSocket message: header and all, unmasked as a server's frames are (RFC 6455 section 5.1).
    WsJson,
}

impl Wire {
    /// All forms.
    pub const ALL: [Wire; Wire::COUNT] = [Wire::Line(Lang::En), Wire::Line(Lang::Zh), Wire::JsonLine, Wire::WsJson];
    /// How many forms there are.
    pub const COUNT: usize = 4;

    /// A form's place among them.
    pub fn index(self) -> usize {
        match self {
            Wire::Line(Lang::En) => 0,
            Wire::Line(Lang::Zh) => 1,
            Wire::JsonLine => 2,
            Wire::WsJson => 3,
        }
    }
}

/// Writes an event as everybody who speaks this form sees it.
pub fn encode(wire: Wire, event: &Event, out: &mut BytesMut) {
    match wire {
        Wire::Line(lang) => line::event(lang, event, out),
        Wire::JsonLine | Wire::WsJson => json::event(wire, event, out),
    }
}

/// What a peer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say this.
    Say {
        /// The message's id.
        cid: String,
        /// What is said.
        text: String,
        /// An action.
        me: bool,
    },
    /// Say this to one member alone.
    Whisper {
        /// The message's id.
        cid: String,
        /// Who is meant.
        to: String,
        /// What is said.
        text: String,
        /// An action.
        me: bool,
    },
    /// Take this name.
    Nick(String),
    /// Tell who is here.
    Who(Option<u64>),
    /// Leave this room for another, with its password if it asks for one.
    Join(String, Option<String>),
    /// Tell which rooms there are.
    Rooms(Option<u64>),
    /// Leave the room, and speak frames from now on.
    Frames,
    /// Turn something on or off.
    Switch(Switch, bool),
    /// Tell a stretch of what was said.
    History(Option<u64>, Stretch),
    /// Tell what was said in this time.
    Since(Duration),
    /// Tell where these words were said.
    Search(Option<u64>, Search),
    /// Say that you are there.
    Ping(Option<u64>),
    /// Tell what can be asked.
    Help,
    /// Speak this language from now on.
    Lang(Lang),
    /// Read and write this charset from now on.
    Charset(Charset),
    /// Do what only the operator may ask for: this line.
    Moderate(Option<u64>, String),
    /// End the connection.
    Quit,
}

/// What a person can turn on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Every message of one's own is confirmed once it is saved.
    Ack,
    /// A line that names one rings the terminal's bell.
    Bell,
}

/// What a script's line asks for that comes before any banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shot {
    /// Speak by this name.
    As(String),
    /// Say this, in this room if one is named.
    Say {
        /// The room.
        room: Option<String>,
        /// What is said.
        text: String,
    },
}

/// A stretch of a room's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The message it is measured from.
    pub from: Seq,
    /// On which side of it.
    pub side: Side,
    /// How many messages at most.
    pub limit: usize,
}

/// A side of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The newest before it.
    Before,
    /// The oldest after it.
    After,
    /// Both, and itself.
    Around,
}

/// Something refused: what, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The message's id, if it was one.
    pub cid: Option<String>,
    /// The question's number, if it had one.
    pub n: Option<u64>,
    /// The reason.
    pub why: Refusal,
    /// Whether it was something to say, which is now not said.
    pub unsent: bool,
}

/// What only this connection is told, by its own loop.
#[derive(Debug)]
pub enum Reply {
    /// You are in.
    Welcome(Box<Welcome>),
    /// That is not done.
    Refused(Refused),
    /// This is who is here.
    Roster(Option<u64>, usize, Vec<Present>),
    /// I am there.
    Pong(Option<u64>, Seq),
    /// A part of a stretch of history, to be followed by more of it.
    Part(Page),
    /// That stretch of history on this side of what was named, or its last part.
    Page(Option<u64>, Side, Page),
    /// There these words were said.
    Found(Option<u64>, Found),
    /// That was stored before: here it is.
    Again(Box<Said>),
    /// You have this name now.
    Named(String),
    /// This is what can be asked.
    Help,
    /// In this room you are.
    Here(RoomName),
    /// This room asks for a password first.
    Asks(RoomName),
    /// These are the rooms.
    Rooms(Option<u64>, Vec<RoomHere>),
    /// That message of yours has this place.
    Saved(Seq),
    /// What became of a script's line.
    Posted(Result<Seq, Refusal>),
    /// It is on or off now.
    Switched(Switch, bool),
    /// This language it is.
    Speaking,
    /// This charset it is.
    Reading(Charset),
    /// Your lines seem to be in this charset.
    Seems(Charset),
    /// More came at once than is read at once, so many a second; nothing is lost.
    SlowDown(u32),
    /// These messages are not told.
    Gap(Seq, Seq, GapWhy),
    /// The replay is over.
    Live(Seq),
    /// What the operator asked for is done.
    Done(Done),
    /// The connection ends.
    Bye(ByeCode),
}

/// How one connection speaks.
pub enum Dialect {
    /// Lines, for people.
    Line(Line),
    /// JSON, for programs.
    Json(Json),
}

impl Dialect {
    /// What a peer's line or frame asks for; nothing if it is empty and may be.
    ///
    /// # Errors
    /// When it asks for nothing that can be done.
    pub fn parse(&mut self, input: &[u8]) -> Result<Option<Command>, Refused> {
        match self {
            Dialect::Line(line) => line.parse(input),
            Dialect::Json(_) => json::parse(input).map(Some),
        }
    }

    /// The charset that the line which was parsed last has given away, if that is not the one of the line before.
    pub fn guessed(&mut self) -> Option<Charset> {
        match self {
            Dialect::Line(line) => line.guessed(),
            Dialect::Json(_) => None,
        }
    }

    /// Whether the first thing a line connection says is a hello: a program that took its time.
    pub fn is_hello(&self, input: &[u8]) -> bool {
        match self {
            Dialect::Line(line) => line.is_first() && !line.is_operator() && is_hello(input),
            Dialect::Json(_) => false,
        }
    }

    /// Whether it is one for people, who are told a stretch of history part by part.
    pub fn is_lines(&self) -> bool {
        matches!(self, Dialect::Line(_))
    }

    /// Whether it is a program that sends plain lines.
    pub fn is_program(&self) -> bool {
        matches!(self, Dialect::Line(line) if line.is_program())
    }

    /// Whether the sender of a message wants to hear that it is saved.
    pub fn wants_ack(&self, cid: &str) -> bool {
        matches!(self, Dialect::Line(line) if line.wants_ack(cid))
    }

    /// Writes what only this connection is told.
    pub fn reply(&mut self, reply: Reply, out: &mut Outgoing) {
        let mut bytes = BytesMut::new();
        match self {
            Dialect::Line(line) => line.reply(&reply, &mut bytes),
            Dialect::Json(json) => json.reply(reply, &mut bytes),
        }
        if !bytes.is_empty() {
            out.push(bytes.freeze());
        }
    }

    /// Writes what comes next in the room. `posted`: some of it may be the peer's own, which a terminal has shown already.
    pub fn tell(&mut self, batch: Batch, posted: bool, out: &mut Outgoing) {
        match batch {
            Batch::Ring(segments) => segments.iter().for_each(|told| self.segment(told, posted, out)),
            Batch::Page(messages) => {
                for said in messages {
                    self.event(&Event::Said(said), out);
                }
            }
            Batch::Gap { from, to, why } => self.reply(Reply::Gap(from, to, why), out),
            Batch::Live(head) => self.reply(Reply::Live(head), out),
            Batch::Roster(here, roster) => {
                if matches!(self, Dialect::Json(_)) {
                    self.reply(Reply::Roster(None, here, roster), out);
                }
            }
        }
    }

    fn segment(&mut self, told: &Told, posted: bool, out: &mut Outgoing) {
        let Told { segment, from } = told;
        if let Dialect::Line(line) = self
            && line.rings(&segment.entries()[*from..])
        {
            out.push(Bytes::from_static(b"\x07"));
        }
        match self {
            Dialect::Json(json) => out.push(segment.bytes(json.wire, *from)),
            Dialect::Line(line) if line.is_replaying() => {
                for entry in &segment.entries()[*from..] {
                    self.event(&entry.event, out);
                }
            }
            Dialect::Line(line) if !segment.is_said() => {
                if line.tells(&segment.entries()[0]) {
                    out.push(segment.bytes(line.wire(), 0));
                }
            }
            Dialect::Line(line) if posted => not_by(line.by(), told, line.wire()).for_each(|bytes| out.push(bytes)),
            Dialect::Line(line) => out.push(segment.bytes(line.wire(), *from)),
        }
    }

    fn event(&mut self, event: &Event, out: &mut Outgoing) {
        let mut bytes = BytesMut::new();
        match self {
            Dialect::Line(line) => line.late(event, &mut bytes),
            Dialect::Json(json) => json::event(json.wire, event, &mut bytes),
        }
        if !bytes.is_empty() {
            out.push(bytes.freeze());
        }
    }
}

/// The entries of a segment that somebody else caused.
fn not_by(own: By, told: &Told, wire: Wire) -> impl Iterator<Item = Bytes> {
    let entries = told.segment.entries().iter().enumerate().skip(told.from);
    entries.filter(move |(_, entry)| entry.by != own).map(move |(i, _)| told.segment.entry_bytes(wire, i))
}
