//! Where a room asks for a password: how those who come by lines give it.

use std::time::Duration;

use commonroom_protocol::ByeCode;
use tokio::time::timeout;

use super::Site;
use super::peer::{End, Peer};
use crate::access::Key;
use crate::dialect::Reply;
use crate::moderation::Rights;
use crate::name::RoomName;
use crate::refusal::Refusal;
use crate::transport::{Incoming, Transport};

/// A person has this long to find the password.
const PATIENCE: Duration = Duration::from_mins(2);
/// What a line begins with that is a password and nothing else.
const PASSWORD: &str = "/password ";

impl<T: Transport> Peer<T> {
    /// Lets the peer into a room with this word, where one is asked for.
    ///
    /// # Errors
    /// As [`Access::enter`](crate::access::Access::enter).
    pub async fn enter(&mut self, site: &Site, room: &RoomName, word: Option<&str>) -> Result<(), Refusal> {
        if self.caller.rights == Rights::Operator || !site.access.asks(room, self.caller.admitted) {
            return Ok(());
        }
        let key = site.access.enter(room, word, self.caller.ip).await?;
        self.caller.admitted |= key == Key::Server;
        Ok(())
    }

    /// Asks a person for the password of a room until it is right.
    pub async fn ask(&mut self, site: &Site, room: &RoomName) -> Result<(), End> {
        let ending = self.ending.clone();
        while site.access.asks(room, self.caller.admitted) {
            self.reply(Reply::Asks(room.clone())).await?;
            let line = tokio::select! {
                why = ending.ended() => return Err(End::Bye(why)),
                line = timeout(PATIENCE, self.line(site)) => line.unwrap_or(Err(End::Bye(ByeCode::Password)))?,
            };
            if line == "/help" {
                continue;
            }
            match self.enter(site, room, Some(word(&line).unwrap_or(&line))).await {
                Ok(()) => return Ok(()),
                Err(why @ Refusal::Password { .. }) => self.refuse(why).await?,
                Err(why) => {
                    self.refuse(why).await?;
                    return Err(End::Bye(ByeCode::Password));
                }
            }
        }
        Ok(())
    }

    /// The next line that has something in it.
    async fn line(&mut self, site: &Site) -> Result<String, End> {
        loop {
            let incoming = self.transport.recv().await;
            self.turn().await;
            match incoming {
                Incoming::Message(bytes) if self.dialect.is_hello(&bytes) => return Err(End::Frames(bytes)),
                Incoming::Message(bytes) => match String::from_utf8_lossy(&bytes).trim() {
                    "" => {}
                    "/quit" => return Err(End::Quit),
                    line => return Ok(line.to_owned()),
                },
                Incoming::TooLong(bytes) => self.too_long(bytes).await?,
                Incoming::Alive => {}
                Incoming::Endless(_) => return Err(End::Bye(ByeCode::Policy)),
                Incoming::End | Incoming::Closed { .. } => return Err(End::Left),
                Incoming::Fault(code) => return Err(End::Fault(code)),
                Incoming::Stranger(stranger) => return Err(self.stranger(&stranger, site)),
            }
        }
    }
}

/// The password that a line is, if it says so.
pub(super) fn word(line: &str) -> Option<&str> {
    line.strip_prefix(PASSWORD).map(str::trim)
}
