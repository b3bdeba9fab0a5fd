//! The address is the place: `/r/NAME` is a room, `/` is the lobby.

use std::fmt;
use std::rc::Rc;

use commonroom_protocol::limits;

/// A room's name as the address has it. The server folds it and judges it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomName(Rc<str>);

impl Default for RoomName {
    /// The lobby.
    fn default() -> Self {
        RoomName("lobby".into())
    }
}

impl RoomName {
    /// The room that a URL's path names; the lobby if it names none.
    pub fn from_path(path: &str) -> Self {
        let name = path.strip_prefix("/r/").map(|name| name.trim_end_matches('/')).filter(|name| !name.is_empty());
        name.map_or_else(RoomName::default, |name| RoomName(percent_decoded(name).into()))
    }

    /// The room of this name, as somebody types it: without a `#` or spaces around it, or as the address of its page. None
    /// where the server would say that it is no room's: it knows more of the letters of all scripts.
    pub fn typed(name: &str) -> Option<Self> {
        let name = name.trim().trim_end_matches('/');
        let room = match name.rsplit_once('/') {
            Some((page, room)) if page.ends_with("/r") => RoomName(percent_decoded(room).into()),
            _ => RoomName(name.trim_start_matches('#').into()),
        };
        room.is_room().then_some(room)
    }

    fn is_room(&self) -> bool {
        let (mut chars, mut dots) = (0, 0);
        for c in self.0.chars() {
            if c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.') {
                return false;
            }
            chars += 1;
            dots += usize::from(c == '.');
        }
        dots < chars && chars <= limits::ROOM_CHARS
    }

    /// The same name with this done to it.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        RoomName(change(&self.0).into())
    }

    /// The room's address.
    pub fn path(&self) -> String {
        ["/r/", &self.0].concat()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the browser keeps something of this room: `draft/ops`.
    pub fn key(&self, of: &str) -> String {
        [of, "/", &self.0].concat()
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 3986 section 2.1. What is no escape stays as it is, and so does the whole if it does not decode to UTF-8.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = hex_pair(after).filter(|_| first == b'%');
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(*bytes.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn leads_to(path: &str, room: &str) {
        assert_eq!(RoomName::from_path(path).as_str(), room, "{path}");
    }

    #[test]
    fn a_path_leads_to_its_room() {
        leads_to("/r/ops", "ops");
        leads_to("/r/ops/", "ops");
        leads_to("/r/cafe", "cafe");
        leads_to("/r/%E4%B8%8A%E8%AF%BE", "上课");
    }

    #[test]
    fn a_path_without_a_room_leads_to_the_lobby() {
        leads_to("/", "lobby");
        leads_to("/r/", "lobby");
        leads_to("/index.html", "lobby");
    }

    #[test]
    fn a_name_that_was_typed_leads_to_its_room() {
        let typed = |name| RoomName::typed(name).map(|room| room.path());
        assert_eq!(typed(" #ops ").as_deref(), Some("/r/ops"));
        assert_eq!(typed("上课").as_deref(), Some("/r/上课"));
        for name in ["https://example.org/r/ops", "localhost:3000/r/ops/", " /r/%6Fps"] {
            assert_eq!(typed(name).as_deref(), Some("/r/ops"), "{name}");
        }
    }

    #[test]
    fn what_can_be_no_rooms_name_leads_nowhere() {
        let long = "x".repeat(33);
        for name in [" ", "#", "a b", "a/b", ".", "..", "/", "https://example.org/", "/r/a%2Fb", "a?b", "a%b", &long] {
            assert_eq!(RoomName::typed(name), None, "{name:?}");
        }
        assert!(RoomName::typed(&long[1..]).is_some());
    }

    #[test]
    fn what_is_kept_is_kept_for_each_room() {
        let key = |path, of| RoomName::from_path(path).key(of);
        assert_eq!(key("/r/ops", "draft"), "draft/ops");
        assert_ne!(key("/r/ops", "draft"), key("/r/ops", "outbox"));
        assert_ne!(key("/r/ops", "draft"), key("/", "draft"));
    }

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        leads_to("/r/a%2", "a%2");
        leads_to("/r/a%+1", "a%+1");
        leads_to("/r/%FF", "%FF");
    }
}
