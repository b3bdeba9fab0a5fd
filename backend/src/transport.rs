//! What carries a session: [`Tcp`], [`Ws`] or [`Console`]. A transport frames and delivers; it knows nothing of rooms.

mod console;
mod lines;
mod outgoing;
mod stranger;
mod tcp;
mod telnet;
mod ws;

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::Bytes;

pub use console::Console;
pub use outgoing::Outgoing;
pub use stranger::Stranger;
pub use tcp::Tcp;
pub use ws::Ws;

use crate::charset::Charset;

/// How many times the patience of a WebSocket a plain socket has: whoever sits at a terminal may have stopped it (Ctrl-S).
pub(crate) const TCP_PATIENCE: u32 = 10;

/// A connection that delivers messages: lines or frames.
pub trait Transport: Send {
    /// A write that makes no progress for so many times the patience that a WebSocket gets ends the connection.
    const PATIENCE: u32;
    /// How a silent peer is found out; none if it may be silent for ever.
    const KEEPALIVE: Option<Keepalive>;

    /// What the peer sends next. Cancel safe.
    fn recv(&mut self) -> impl Future<Output = Incoming> + Send;

    /// From now on the peer reads and writes this charset. WebSockets have only UTF-8 (RFC 6455 section 5.6).
    fn use_charset(&mut self, _: Charset) {}

    /// What came together with what `recv` returned last, if it is whole.
    fn buffered(&mut self) -> Option<Incoming>;

    /// Reads while nothing is taken, within bounds: what has been read is acknowledged, and safe from the end of a peer
    /// that sends and does not wait. Ends when something has come; never, if there is no room. Cancel safe.
    fn read_ahead(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Writes everything. A transport whose `send` was dropped half-way must be dropped too.
    fn send(&mut self, out: &mut Outgoing) -> impl Future<Output = io::Result<()>> + Send;

    /// Ends the connection so that what was written arrives: writing ends first, then what the peer still sends is
    /// read, within bounds; else a reset may eat the last words. `code` is a WebSocket close code.
    fn close(self, code: u16) -> impl Future<Output = ()> + Send;
}

/// How a silent peer is found out.
#[derive(Clone, Copy, Debug)]
pub struct Keepalive {
    /// After this silence it is asked.
    pub ask: Duration,
    /// After this silence it is gone.
    pub gone: Duration,
    /// The question, as bytes on the wire.
    pub question: &'static [u8],
}

/// What comes in.
#[derive(Debug)]
pub enum Incoming {
    /// A line without its ending, or the text of a frame. Not decoded yet.
    Message(Bytes),
    /// A line of so many bytes, which was too long and is gone.
    TooLong(usize),
    /// A line that does not end: so many bytes of it have come.
    Endless(usize),
    /// A sign of life without a meaning.
    Alive,
    /// The peer has said all it will; it may still be listening.
    End,
    /// The peer is gone: on purpose or not.
    Closed {
        /// It said goodbye.
        quit: bool,
    },
    /// The peer speaks another protocol: it has come to the wrong door.
    Stranger(Stranger),
    /// The peer broke the rules of its transport; the WebSocket close code that says so.
    Fault(u16),
}
