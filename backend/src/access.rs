//! Who may come in where there is a password, by an invitation instead of it, and who may moderate by a token.

mod guesses;
mod invite;
mod secret;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::name::RoomName;
use crate::refusal::Refusal;
use guesses::Guesses;
pub use invite::Invite;
pub use secret::{Secret, SecretError, hash};

/// What has opened a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing is asked for there.
    None,
    /// An invitation to it, or a password of its own: it opens no other.
    Room,
    /// The server's password, which opens every room without one of its own.
    Server,
}

/// What is asked of those who come.
pub struct Access {
    server: Option<Arc<Secret>>,
    rooms: HashMap<RoomName, Arc<Secret>>,
    operators: Vec<Arc<Secret>>,
    guesses: Mutex<Guesses>,
    /// One guess is worked out at a time: each costs a core a good part of 50 ms, and 19 MiB.
    turn: Semaphore,
}

impl Access {
    /// A password for all rooms that have none of their own, passwords of rooms, and operators' tokens; and how many wrong
    /// ones an address may give in a minute.
    pub fn new(
        server: Option<Secret>,
        rooms: HashMap<RoomName, Secret>,
        operators: Vec<Secret>,
        guesses: u32,
    ) -> Access {
        Access {
            server: server.map(Arc::new),
            rooms: rooms.into_iter().map(|(room, secret)| (room, Arc::new(secret))).collect(),
            operators: operators.into_iter().map(Arc::new).collect(),
            guesses: Mutex::new(Guesses::new(guesses)),
            turn: Semaphore::new(1),
        }
    }

    /// Whether a room asks for a password. `known`: of somebody who has given the server's already.
    pub fn asks(&self, room: &RoomName, known: bool) -> bool {
        self.rooms.contains_key(room) || (self.server.is_some() && !known)
    }

    /// Whether a word opens a room: its password, or an invitation to it.
    ///
    /// # Errors
    /// [`Refusal::Password`] for a wrong word or none, [`Refusal::TooManyGuesses`] after several from one address.
    pub async fn enter(&self, room: &RoomName, word: Option<&str>, from: Option<IpAddr>) -> Result<Key, Refusal> {
        let own = self.rooms.get(room);
        let Some(secret) = own.or(self.server.as_ref()) else { return Ok(Key::None) };
        let Some(word) = word else { return Err(Refusal::Password { wrong: false }) };
        if Invite::opens(word, room, secret, Timestamp::now()) {
            return Ok(Key::Room);
        }
        self.guess(std::slice::from_ref(secret), word, from).await?;
        Ok(if own.is_some() { Key::Room } else { Key::Server })
    }

    /// Whether a word is an operator's token.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where there are no tokens, else as [`Access::enter`].
    pub async fn moderate(&self, word: &str, from: Option<IpAddr>) -> Result<(), Refusal> {
        if self.operators.is_empty() {
            return Err(Refusal::NotAllowed);
        }
        self.guess(&self.operators, word, from).await
    }

    /// An invitation to a room that asks for a password; none where anybody may come.
    pub fn invite(&self, room: &RoomName, time: Duration, now: Timestamp) -> Option<Invite> {
        let secret = self.rooms.get(room).or(self.server.as_ref())?;
        Some(Invite::new(room, secret, time, now))
    }

    /// Whether every room asks for a password.
    pub fn is_closed(&self) -> bool {
        self.server.is_some()
    }

    /// The rooms that have passwords of their own.
    pub fn rooms(&self) -> Vec<&str> {
        let mut rooms: Vec<&str> = self.rooms.keys().map(RoomName::as_str).collect();
        rooms.sort_unstable();
        rooms
    }

    async fn guess(&self, secrets: &[Arc<Secret>], word: &str, from: Option<IpAddr>) -> Result<(), Refusal> {
        // Before the word is looked at: whoever has guessed too often learns nothing from a good one either.
        self.guesses.lock().may(from, Instant::now()).map_err(|wait| Refusal::TooManyGuesses { wait })?;
        if secrets.iter().any(|secret| secret.is_known(word)) {
            return Ok(());
        }
        // Counted before it is worked out: else many at once would all be tried.
        self.guesses.lock().count(from, Instant::now());
        // The semaphore is never closed.
        let _turn = self.turn.acquire().await;
        let (secrets, word) = (secrets.to_vec(), word.to_owned());
        let right = spawn_blocking(move || secrets.iter().any(|secret| secret.is(&word)));
        if right.await.unwrap_or(false) {
            self.guesses.lock().forgive(from);
            return Ok(());
        }
        Err(Refusal::Password { wrong: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn access() -> Access {
        let rooms = HashMap::from([(room("ops"), Secret::new("for ops").unwrap())]);
        Access::new(Some(Secret::new("sesame").unwrap()), rooms, vec![Secret::new("token").unwrap()], 5)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a console has no address")]
    fn from(host: u8) -> Option<IpAddr> {
        Some([203, 0, 113, host].into())
    }

    #[tokio::test]
    async fn a_room_has_its_own_password_and_the_others_the_servers() {
        let access = access();
        assert_eq!(access.enter(&room("lobby"), Some("sesame"), from(1)).await, Ok(Key::Server));
        assert_eq!(access.enter(&room("ops"), Some("for ops"), from(1)).await, Ok(Key::Room));
        let wrong = Refusal::Password { wrong: true };
        assert_eq!(access.enter(&room("ops"), Some("sesame"), from(1)).await, Err(wrong.clone()));
        assert_eq!(access.enter(&room("lobby"), None, from(1)).await, Err(Refusal::Password { wrong: false }));
        assert!(access.asks(&room("ops"), true) && !access.asks(&room("lobby"), true));
        assert_eq!(access.moderate("token", from(1)).await, Ok(()));
        assert_eq!(access.moderate("sesame", from(1)).await, Err(wrong));
    }

    #[tokio::test]
    async fn five_wrong_ones_a_minute_and_then_not_even_the_right_one() {
        let access = access();
        let lobby = room("lobby");
        let tries = (0..8).map(|number| {
            let (access, lobby) = (&access, &lobby);
            async move { access.enter(lobby, Some(&format!("guess {number}")), from(2)).await }
        });
        let answers = futures_util::future::join_all(tries).await;
        let wrong = answers.iter().filter(|answer| **answer == Err(Refusal::Password { wrong: true })).count();
        assert_eq!(wrong, 5, "{answers:?}");
        let blocked = access.enter(&lobby, Some("sesame"), from(2)).await;
        assert!(matches!(blocked, Err(Refusal::TooManyGuesses { .. })), "{blocked:?}");
        assert_eq!(access.enter(&lobby, Some("sesame"), from(3)).await, Ok(Key::Server), "somebody else");
    }

    #[tokio::test]
    async fn an_invitation_is_as_good_as_the_password() {
        let access = access();
        let invite = access.invite(&room("ops"), Duration::from_hours(1), Timestamp::now()).unwrap();
        assert_eq!(access.enter(&room("ops"), Some(&invite.to_string()), from(4)).await, Ok(Key::Room));
        let elsewhere = access.enter(&room("lobby"), Some(&invite.to_string()), from(4)).await;
        assert_eq!(elsewhere, Err(Refusal::Password { wrong: true }));
    }

    #[tokio::test]
    async fn where_nothing_is_asked_everybody_may_come_and_nobody_moderate() {
        let access = Access::new(None, HashMap::new(), Vec::new(), 5);
        assert_eq!(access.enter(&room("lobby"), None, from(1)).await, Ok(Key::None));
        assert_eq!(access.moderate("token", from(1)).await, Err(Refusal::NotAllowed));
        assert!(access.invite(&room("lobby"), Duration::from_hours(1), Timestamp::now()).is_none());
    }
}
