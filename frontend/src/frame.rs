//! Reads the server's frames from JSON that the browser has parsed.
//!
//! The protocol crate's own reader, which serde derives, would be a quarter of all that a browser has to load. This one
//! reads the same frames, and the tests hold the two together. Words such as codes are read by the protocol crate.

use commonroom_protocol::{Join, Limits, Present, RoomHere, Said, Seq, ServerFrame, Welcome, Whispered};
use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};

pub use client::client_frame;

mod client;

/// A value of parsed JSON. Asking a value for what it is not gives none.
pub trait Node: Sized {
    /// The field of an object.
    fn field(&self, name: &str) -> Option<Self>;
    /// The text of a string.
    fn text(&self) -> Option<String>;
    /// The number.
    fn number(&self) -> Option<f64>;
    /// The truth value.
    fn truth(&self) -> Option<bool>;
    /// The items of an array.
    fn items(&self) -> Option<Vec<Self>>;
}

/// The frame; none if a field is missing or of the wrong kind.
pub fn server_frame(node: &impl Node) -> Option<ServerFrame> {
    Some(match text(node, "t")?.as_str() {
        "welcome" => ServerFrame::Welcome(Box::new(welcome(node)?)),
        "said" => ServerFrame::Said(said(node)?),
        "gap" => ServerFrame::Gap { from: seq(node, "from")?, to: seq(node, "to")?, why: word(node, "why")? },
        "live" => ServerFrame::Live { head: seq(node, "head")? },
        "joined" => ServerFrame::Joined { nick: text(node, "nick")?, via: word(node, "via")? },
        "left" => ServerFrame::Left { nick: text(node, "nick")? },
        "renamed" => ServerFrame::Renamed { from: text(node, "from")?, to: text(node, "to")? },
        "crowd" => ServerFrame::Crowd {
            joined: number(node, "joined")?,
            left: number(node, "left")?,
            here: number(node, "here")?,
        },
        "whispered" => ServerFrame::Whispered(whispered(node)?),
        "refused" => ServerFrame::Refused {
            cid: text(node, "cid"),
            n: number(node, "n"),
            code: word(node, "code")?,
            message: text(node, "message")?,
            retry_ms: number(node, "retry_ms"),
        },
        "page" => ServerFrame::Page {
            n: number(node, "n"),
            of: word(node, "of")?,
            said: list(node, "said", said)?,
            more: truth(node, "more")?,
            hits: list(node, "hits", |hit| hit.number().and_then(whole).map(Seq)).map(Vec::into_boxed_slice),
        },
        "roster" => ServerFrame::Roster {
            n: number(node, "n"),
            here: number(node, "here")?,
            roster: list(node, "roster", present)?,
        },
        "rooms" => ServerFrame::Rooms {
            n: number(node, "n"),
            rooms: list(node, "rooms", |room| {
                Some(RoomHere { room: text(room, "room")?, here: number(room, "here")? })
            })?,
        },
        "pong" => ServerFrame::Pong { n: number(node, "n"), head: seq(node, "head")? },
        "notice" => ServerFrame::Notice {
            code: word(node, "code")?,
            message: text(node, "message")?,
            about: text(node, "about"),
        },
        "bye" => ServerFrame::Bye { code: word(node, "code")?, after_ms: after_ms(node) },
        _ => ServerFrame::Unknown,
    })
}

fn welcome(node: &impl Node) -> Option<Welcome> {
    let (limits, join) = (node.field("limits")?, node.field("join")?);
    Some(Welcome {
        v: number(node, "v")?,
        build: text(node, "build")?,
        room: text(node, "room")?,
        you: text(node, "you")?,
        by: text(node, "by")?,
        epoch: text(node, "epoch")?,
        head: seq(node, "head")?,
        oldest: seq(node, "oldest")?,
        durable: text(node, "durable")?,
        here: number(node, "here")?,
        roster: list(node, "roster", present)?,
        ping_ms: number(node, "ping_ms")?,
        limits: Limits {
            text: number(&limits, "text")?,
            nick: number(&limits, "nick")?,
            burst: number(&limits, "burst")?,
            per_second: number(&limits, "per_second")?,
        },
        join: Join {
            tcp: list(&join, "tcp", Node::text)?,
            http: list(&join, "http", Node::text)?,
            tls: join.field("tls").and_then(|tls| tls.truth()).unwrap_or_default(),
        },
    })
}

fn said<N: Node>(node: &N) -> Option<Said> {
    Some(Said {
        seq: seq(node, "seq")?,
        prev: seq(node, "prev")?,
        at: time(node)?,
        from: text(node, "from")?,
        via: word(node, "via")?,
        text: text(node, "text")?,
        by: text(node, "by")?,
        cid: text(node, "cid")?,
        me: truth(node, "me").unwrap_or_default(),
    })
}

fn whispered(node: &impl Node) -> Option<Whispered> {
    Some(Whispered {
        at: time(node)?,
        from: text(node, "from")?,
        to: text(node, "to")?,
        text: text(node, "text")?,
        by: text(node, "by")?,
        cid: text(node, "cid")?,
        me: truth(node, "me").unwrap_or_default(),
    })
}

fn present<N: Node>(node: &N) -> Option<Present> {
    Some(Present { nick: text(node, "nick")?, via: word(node, "via")? })
}

fn after_ms(node: &impl Node) -> Option<[u32; 2]> {
    let range = list(node, "after_ms", |ms| ms.number().and_then(whole))?;
    range.try_into().ok()
}

/// A string's field.
pub fn text(node: &impl Node, name: &str) -> Option<String> {
    node.field(name)?.text()
}

/// A truth value's field.
pub fn truth(node: &impl Node, name: &str) -> Option<bool> {
    node.field(name)?.truth()
}

/// A field that holds one of an enum's words.
pub fn word<T: for<'a> Deserialize<'a>>(node: &impl Node, name: &str) -> Option<T> {
    let word = text(node, name)?;
    let reader: StrDeserializer<'_, Error> = word.as_str().into_deserializer();
    T::deserialize(reader).ok()
}

/// An array's field, if every item can be read.
pub fn list<N: Node, T>(node: &N, name: &str, item: impl Fn(&N) -> Option<T>) -> Option<Vec<T>> {
    let mut list = Vec::new();
    for node in &node.field(name)?.items()? {
        list.push(item(node)?);
    }
    Some(list)
}

fn number<T: TryFrom<u64>>(node: &impl Node, name: &str) -> Option<T> {
    whole(node.field(name)?.number()?)
}

fn seq(node: &impl Node, name: &str) -> Option<Seq> {
    number(node, name).map(Seq)
}

#[expect(clippy::cast_possible_truncation, reason = "times are whole numbers below 2^53")]
fn time(node: &impl Node) -> Option<i64> {
    Some(node.field("at")?.number()? as i64)
}

/// The protocol's integers are below 2^53: a JavaScript number holds them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
fn whole<T: TryFrom<u64>>(number: f64) -> Option<T> {
    (number >= 0.0 && number.fract() == 0.0).then(|| T::try_from(number as u64).ok())?
}

#[cfg(test)]
mod tests;
