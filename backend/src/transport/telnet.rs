//! Telnet's commands among a peer's bytes (RFC 854, RFC 855). Pure.
//!
//! They are taken out and none is answered, so the peer's options stay as they are at the beginning: off.

/// Interpret as command: the byte that begins every command (RFC 854, "Telnet command structure").
pub(super) const IAC: u8 = 255;

/// The commands whose meaning matters here (RFC 854). Numbers from [`FIRST`] on are commands.
const SE: u8 = 240;
const IP: u8 = 244;
const SB: u8 = 250;
const WILL: u8 = 251;
const DONT: u8 = 254;
/// The lowest number of a command: EOF of RFC 1184.
const FIRST: u8 = 236;

/// A sub-negotiation that is longer is none: what follows is text again. The longest in use, of environments (RFC 1572),
/// has some hundred bytes.
const SUB_BYTES: u16 = 512;

/// Where in the peer's bytes we are.
#[derive(Clone, Copy)]
enum State {
    Text,
    /// After IAC.
    Command,
    /// After WILL, WONT, DO or DONT.
    Option,
    /// So many bytes within a sub-negotiation.
    Sub(u16),
    /// The same after an IAC in it.
    SubCommand(u16),
    /// After IAC IP: nothing counts any more.
    Interrupted,
}

/// What a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A byte of text.
    Text,
    /// A part of a command.
    Command,
    /// The second of two IAC, which stand for a byte 255 of text.
    Literal,
    /// No command, though an IAC came before it: that was a byte of text, and this byte is to be taken again.
    NoCommand,
}

/// Knows a command when it sees one.
pub(super) struct Telnet {
    state: State,
    /// A command has been seen: the peer is a telnet client.
    seen: bool,
    /// So has WILL, WONT, DO or DONT.
    negotiates: bool,
    /// In the peer's charset 255 is a letter.
    letter: bool,
}

impl Telnet {
    pub(super) fn new() -> Telnet {
        Telnet { state: State::Text, seen: false, negotiates: false, letter: false }
    }

    /// Whether the peer has sent a command.
    pub(super) fn is_seen(&self) -> bool {
        self.seen
    }

    /// Whether a command has begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        !matches!(self.state, State::Text)
    }

    /// Whether a byte 255 begins a command.
    pub(super) fn is_on(&self) -> bool {
        self.negotiates || !self.letter
    }

    /// Whether the peer has asked to be let go: IAC IP, which Ctrl-C sends.
    pub(super) fn is_interrupted(&self) -> bool {
        matches!(self.state, State::Interrupted)
    }

    /// In the peer's charset 255 is a letter, or it is none.
    pub(super) fn set_letter(&mut self, letter: bool) {
        self.letter = letter;
    }

    /// Nothing follows. Says whether the IAC that came last was text.
    pub(super) fn end(&mut self) -> bool {
        matches!(std::mem::replace(&mut self.state, State::Text), State::Command)
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self, byte: u8) -> Taken {
        let (state, taken) = match self.state {
            State::Text if byte == IAC && self.is_on() => (State::Command, Taken::Command),
            State::Text => (State::Text, Taken::Text),
            State::Command => self.command(byte),
            State::Option => (State::Text, Taken::Command),
            State::Interrupted => (State::Interrupted, Taken::Command),
            State::Sub(bytes) | State::SubCommand(bytes) if bytes == SUB_BYTES => (State::Text, Taken::Command),
            State::Sub(bytes) if byte == IAC => (State::SubCommand(bytes + 1), Taken::Command),
            State::SubCommand(_) if byte == SE => (State::Text, Taken::Command),
            State::Sub(bytes) | State::SubCommand(bytes) => (State::Sub(bytes + 1), Taken::Command),
        };
        self.state = state;
        taken
    }

    fn command(&mut self, byte: u8) -> (State, Taken) {
        match byte {
            IAC => return (State::Text, Taken::Literal),
            ..FIRST => return (State::Text, Taken::NoCommand),
            _ => self.seen = true,
        }
        match byte {
            SB => (State::Sub(0), Taken::Command),
            WILL..=DONT => {
                self.negotiates = true;
                (State::Option, Taken::Command)
            }
            IP => (State::Interrupted, Taken::Command),
            _ => (State::Text, Taken::Command),
        }
    }
}
