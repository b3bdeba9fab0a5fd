//! What a room is called.

use std::fmt;
use std::sync::Arc;

use commonroom_protocol::limits;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::refusal::Refusal;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
