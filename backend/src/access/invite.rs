//! An invitation: opens one room until it ends, and tells nobody the password. It is kept nowhere: it carries its end and
//! a signature by a key that the password gives, so that a new password ends all of them.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

use super::secret::Secret;
use crate::name::RoomName;

/// What every invitation begins with.
const BEGIN: &str = "invite-";
/// Bytes of the end, in Unix seconds.
const END: usize = 8;

/// An invitation, as it is given away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    word: String,
    /// When it ends.
    pub ends: Timestamp,
}

impl Invite {
    pub(super) fn new(room: &RoomName, secret: &Secret, time: Duration, now: Timestamp) -> Invite {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        let ends = now.checked_add(time).unwrap_or(Timestamp::MAX);
        let end = ends.as_second().to_be_bytes();
        let tag = hmac::sign(secret.invites(), &signed(room, end));
        Invite { word: format!("{BEGIN}{}", URL_SAFE_NO_PAD.encode([&end, tag.as_ref()].concat())), ends }
    }

    /// Whether a word is an invitation to this room that has not ended.
    pub(super) fn opens(word: &str, room: &RoomName, secret: &Secret, now: Timestamp) -> bool {
        let bytes = word.strip_prefix(BEGIN).and_then(|word| URL_SAFE_NO_PAD.decode(word).ok());
        let Some((end, tag)) = bytes.as_deref().and_then(|bytes| bytes.split_first_chunk::<END>()) else {
            return false;
        };
        hmac::verify(secret.invites(), &signed(room, *end), tag).is_ok() && now.as_second() < i64::from_be_bytes(*end)
    }
}

fn signed(room: &RoomName, end: [u8; END]) -> Vec<u8> {
    [end.as_slice(), room.as_str().as_bytes()].concat()
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_its_room_until_it_ends() {
        let (room, secret) = (RoomName::parse("ops").unwrap(), Secret::new("sesame").unwrap());
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let invite = Invite::new(&room, &secret, Duration::from_hours(1), now);
        let word = invite.to_string();
        let after = |minutes: i64| now + SignedDuration::from_mins(minutes);
        assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{word}");
        assert!(Invite::opens(&word, &room, &secret, after(59)));
        assert!(!Invite::opens(&word, &room, &secret, after(60)));
        assert!(!Invite::opens(&word, &RoomName::lobby(), &secret, now));
        let again = Secret::new("sesame").unwrap();
        assert!(Invite::opens(&word, &room, &again, now), "after a restart");
        let other = Secret::new("another").unwrap();
        assert!(!Invite::opens(&word, &room, &other, now), "after a change of the password");
        let mut bytes = word.clone().into_bytes();
        for at in BEGIN.len()..bytes.len() {
            let before = std::mem::replace(&mut bytes[at], b'A');
            let altered = String::from_utf8(bytes.clone()).unwrap();
            assert!(altered == word || !Invite::opens(&altered, &room, &secret, now), "{altered}");
            bytes[at] = before;
        }
        for nonsense in ["", "invite-", "invite-AAAA", "sesame"] {
            assert!(!Invite::opens(nonsense, &room, &secret, now));
        }
    }
}
