//! Names that are valid once made: [`Nick`] of a member, [`RoomName`] of a room, [`By`] of a client.
//!
//! They live here and not in the protocol crate, because their rules need Unicode tables that no browser should load.

use std::fmt;
use std::sync::Arc;

use commonroom_protocol::limits;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::refusal::Refusal;
use crate::text;

/// What the console is called.
const OPERATOR: &str = "operator";
/// Names that would pass for the server's own voice.
const RESERVED: [&str; 6] = ["server", "admin", "root", "console", "system", OPERATOR];
/// Characters that the line dialect's grammar uses around names.
const GRAMMAR: &str = ":<>@#/*()";
/// Combining marks in a row in a name.
const NICK_MARKS: usize = 2;

/// A member's name: 1 to [`limits::NICK_COLUMNS`] columns of visible characters without white space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nick(Arc<str>);

impl Nick {
    /// Checks a name somebody asks for.
    ///
    /// # Errors
    /// [`Refusal::NickBad`], which says what is wrong with it.
    pub fn parse(name: &str) -> Result<Nick, Refusal> {
        let name: String = name.nfc().collect();
        match nick_fault(&name) {
            Some(why) => Err(Refusal::NickBad { why }),
            None => Ok(Nick(name.into())),
        }
    }

    /// The name for somebody who has not chosen one: `guest-fox`, and with `number` above 0 `guest-fox-2`.
    pub(crate) fn guest(animal: u64, number: u32) -> Nick {
        let animal = ANIMALS[usize::try_from(animal % ANIMALS.len() as u64).unwrap_or_default()];
        Nick(if number == 0 { format!("guest-{animal}") } else { format!("guest-{animal}-{}", number + 1) }.into())
    }

    /// The console's name, which nobody else can have.
    pub(crate) fn operator() -> Nick {
        Nick(OPERATOR.into())
    }

    /// The name of somebody who may be here already: the console's, or one that [`Nick::parse`] takes.
    ///
    /// # Errors
    /// As [`Nick::parse`].
    pub(crate) fn of_somebody(name: &str) -> Result<Nick, Refusal> {
        if fold(name) == OPERATOR { Ok(Nick::operator()) } else { Nick::parse(name) }
    }

    /// What two names must not share in one room: letters of any case, and their compatible forms, are one.
    pub fn folded(&self) -> Folded {
        Folded(fold(&self.0).into())
    }

    /// The name as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Folded(Box<str>);

fn fold(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Why this is no name; the words are English, for the frame's `message` and the terminal alike.
fn nick_fault(name: &str) -> Option<NickFault> {
    if name.is_empty() {
        return Some(NickFault::Empty);
    }
    if name.width() > limits::NICK_COLUMNS {
        return Some(NickFault::TooWide);
    }
    if let Some(c) = name.chars().find(|c| c.is_whitespace() || GRAMMAR.contains(*c) || !text::is_plain(*c)) {
        return Some(NickFault::Character(c));
    }
    if name.starts_with('-') {
        return Some(NickFault::Character('-'));
    }
    if too_many_marks(name) || name.chars().all(|c| c.width().unwrap_or(0) == 0) {
        return Some(NickFault::Invisible);
    }
    RESERVED.contains(&fold(name).as_str()).then_some(NickFault::Reserved)
}

fn too_many_marks(name: &str) -> bool {
    let mut marks = 0;
    name.chars().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > NICK_MARKS
    })
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NickFault {
    /// There is none.
    Empty,
    /// More than [`limits::NICK_COLUMNS`] columns.
    TooWide,
    /// A character that no name may have, or not there.
    Character(char),
    /// Nothing to see, or too much on one letter.
    Invisible,
    /// It would pass for the server's own voice.
    Reserved,
}

/// A room's name: 1 to [`limits::ROOM_CHARS`] letters, digits, `-`, `_` and `.` of any script, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomName(Arc<str>);

impl RoomName {
    /// The room for whoever names none.
    pub fn lobby() -> RoomName {
        RoomName("lobby".into())
    }

    /// Checks and folds a room's name: `Café` and `CAFÉ` are one room.
    ///
    /// # Errors
    /// [`Refusal::RoomBad`].
    pub fn parse(name: &str) -> Result<RoomName, Refusal> {
        // Folding can only lengthen a name, and never more than thrice: the first look bounds the work.
        if name.len() > 8 * limits::ROOM_CHARS {
            return Err(Refusal::RoomBad);
        }
        let name: String = name.nfc().flat_map(char::to_lowercase).nfc().collect();
        let fits = (1..=limits::ROOM_CHARS).contains(&name.chars().count());
        let known = |c: char| c.is_alphanumeric() || "-_.".contains(c) || is_combining_mark(c);
        // A path of dots alone is a folder to every browser.
        let names = name.chars().all(known) && !name.chars().all(|c| c == '.') && !name.starts_with(is_combining_mark);
        if fits && names { Ok(RoomName(name.into())) } else { Err(Refusal::RoomBad) }
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client's public id: the first 64 bits of SHA-256 of its secret `client`, shown as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct By(pub u64);

impl By {
    /// The public id of a client's secret.
    ///
    /// # Errors
    /// [`Refusal::BadFrame`] if it is not [`limits::CLIENT_BYTES`] url-safe characters.
    pub fn of_client(client: &str) -> Result<By, Refusal> {
        let url_safe = client.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !url_safe || !limits::CLIENT_BYTES.contains(&client.len()) {
            return Err(Refusal::bad_frame("client must be 8 to 64 url-safe characters"));
        }
        let digest = Sha256::digest(client);
        Ok(By(digest.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))))
    }

    /// The id of a connection that brings none, such as a terminal's.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn random() -> Result<By, getrandom::Error> {
        Ok(By(getrandom::u64()?))
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

const ANIMALS: [&str; 64] = [
    "ant", "ape", "auk", "bat", "bear", "bee", "boar", "carp", "cat", "clam", "cod", "colt", "crab", "crane", "crow",
    "deer", "dove", "duck", "eagle", "eel", "elk", "emu", "finch", "fox", "frog", "gecko", "goat", "goose", "gull",
    "hare", "hawk", "hen", "heron", "ibex", "jay", "kite", "koala", "lark", "lemur", "lion", "lynx", "mole", "moose",
    "moth", "newt", "otter", "owl", "panda", "pike", "puma", "quail", "raven", "robin", "seal", "shrew", "sloth",
    "snail", "stork", "swan", "tapir", "toad", "vole", "wren", "zebra",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_allowed() {
        for name in ["ana", "老王", "Ольга", "محمد", "🦊", "a.b-c_d", "नमस्ते"] {
            assert_eq!(Nick::parse(name).map(|n| n.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn a_name_that_would_break_the_grammar_or_hide_is_refused() {
        for name in
            ["", "a b", "a:b", "<ana>", "/me", "-x", "a\u{200b}b", "\u{202e}ana", "a\u{7}", "Server", "ROOT", "ｒoot"]
        {
            assert!(Nick::parse(name).is_err(), "{name:?}");
        }
        assert!(Nick::parse("e\u{301}\u{302}\u{303}\u{304}").is_err());
    }

    #[test]
    fn a_name_is_measured_in_columns() {
        assert!(Nick::parse(&"x".repeat(32)).is_ok());
        assert!(Nick::parse(&"x".repeat(33)).is_err());
        assert!(Nick::parse(&"王".repeat(16)).is_ok());
        assert!(Nick::parse(&"王".repeat(17)).is_err());
    }

    #[test]
    fn names_that_differ_in_case_or_width_alone_are_one() {
        let folded = |name: &str| Nick::parse(name).map(|n| n.folded());
        assert_eq!(folded("Bob"), folded("bOB"));
        assert_eq!(folded("Ｂob"), folded("bob"));
        assert_ne!(folded("bob"), folded("rob"));
    }

    #[test]
    fn a_room_is_named_in_any_script_and_folded() {
        assert_eq!(RoomName::parse("Lobby"), Ok(RoomName::lobby()));
        assert_eq!(RoomName::parse("CAFE\u{301}"), RoomName::parse("café"));
        assert!(RoomName::parse("上课").is_ok());
        for name in ["", "a b", "a/b", "..", "#ops", "\u{301}a"] {
            assert_eq!(RoomName::parse(name), Err(Refusal::RoomBad), "{name:?}");
        }
        assert!(RoomName::parse(&"x".repeat(32)).is_ok());
        assert!(RoomName::parse(&"x".repeat(33)).is_err());
    }

    #[test]
    fn a_public_id_is_the_head_of_the_secrets_hash() {
        // printf abcdefgh | sha256sum
        assert_eq!(By::of_client("abcdefgh").map(|by| by.to_string()), Ok("9c56cc51b374c3ba".to_owned()));
        assert!(By::of_client("short").is_err());
        assert!(By::of_client("white space").is_err());
    }
}
