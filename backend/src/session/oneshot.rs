//! A script that posts and goes: `/say TEXT` before any banner. It takes no place in the roster; it is told what became of
//! each line, and the server ends the connection, so that it need not.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use commonroom_protocol::{ByeCode, Seq, Via, limits};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Site;
use super::peer::{End, Peer};
use crate::dialect::{Dialect, Refused, Reply, Shot, is_as};
use crate::hub::JoinError;
use crate::journal::{Draft, Fate};
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::text::Body;
use crate::transport::{Incoming, Transport};

/// Whoever speaks, and where.
struct Script {
    by: By,
    /// The room of lines that name none.
    home: RoomName,
    /// The password that came before its lines.
    word: Option<String>,
    nick: Option<Nick>,
    lines: u64,
}

/// Posts the first line and those that have come with it.
pub(super) async fn run<T: Transport>(
    peer: &mut Peer<T>,
    site: &Arc<Site>,
    (by, home, word): (By, RoomName, Option<String>),
    first: Bytes,
) -> End {
    if site.hub.is_banned(by, peer.caller.ip) {
        return refuse(peer, Refusal::Banned).await;
    }
    let mut script = Script { by, home, word, nick: None, lines: 0 };
    let mut next = Some(Incoming::Message(first));
    loop {
        let posted = match next.take() {
            Some(Incoming::Message(line)) => script.line(peer, site, &line).await,
            Some(Incoming::TooLong(bytes)) => {
                let why = Refusal::TooLong { bytes, limit: limits::TEXT_BYTES };
                peer.reply(Reply::Posted(Err(why))).await.map(|()| true)
            }
            Some(Incoming::Endless(_)) => return End::Bye(ByeCode::Policy),
            Some(_) | None => return End::Left,
        };
        next = match posted {
            Err(end) => return end,
            // What is not there yet may never come: the answer has been given, and a script waits for the end.
            Ok(true) => peer.transport.recv().now_or_never(),
            // It has only said who it is.
            Ok(false) => timeout(site.hello_within, peer.transport.recv()).await.ok(),
        };
    }
}

/// Refuses all that a script has to say: one that is not let in, or whose name is none, as by another one it would not be
/// what was meant.
async fn refuse<T: Transport>(peer: &mut Peer<T>, why: Refusal) -> End {
    peer.reply(Reply::Posted(Err(why))).await.err().unwrap_or(End::Left)
}

impl Script {
    /// Does what a line asks. True if something was to be said.
    async fn line<T: Transport>(&mut self, peer: &mut Peer<T>, site: &Arc<Site>, line: &[u8]) -> Result<bool, End> {
        peer.turn().await;
        let Dialect::Line(dialect) = &mut peer.dialect else { return Err(End::Left) };
        let shot = dialect.shot(line);
        if let Some(charset) = dialect.guessed() {
            peer.transport.use_charset(charset);
        }
        let (room, text) = match shot {
            Ok(None) => return Ok(self.lines > 0),
            Ok(Some(Shot::As(name))) => {
                return match Nick::parse(&name) {
                    Ok(nick) => {
                        self.nick = Some(nick);
                        Ok(false)
                    }
                    Err(why) => Err(refuse(peer, why).await),
                };
            }
            Err(Refused { why, .. }) if is_as(line) => return Err(refuse(peer, why).await),
            Ok(Some(Shot::Say { room, text })) => (room, text),
            // What stands after a line that is no good is said all the same.
            Err(Refused { why, .. }) => return peer.reply(Reply::Posted(Err(why))).await.map(|()| true),
        };
        let posted = self.say(peer, site, room.as_deref(), &text).await;
        peer.reply(Reply::Posted(posted)).await.map(|()| true)
    }

    async fn say<T: Transport>(
        &mut self,
        peer: &mut Peer<T>,
        site: &Arc<Site>,
        room: Option<&str>,
        text: &str,
    ) -> Result<Seq, Refusal> {
        let name = room.map_or_else(|| Ok(self.home.clone()), RoomName::parse)?;
        let text = Body::parse(text)?;
        peer.enter(site, &name, self.word.as_deref()).await?;
        let entrance = site.hub.enter(name).await.map_err(JoinError::refusal)?;
        let room = entrance.room();
        let from = self.name(room)?;
        room.may_say(self.by, Instant::now())?;
        peer.may_begin(site, room)?;
        self.lines += 1;
        let (outcomes, mut outcome) = mpsc::channel(1);
        let draft = Draft {
            room: room.name().clone(),
            by: self.by,
            from,
            via: Via::Api,
            cid: self.lines.to_string().into(),
            text,
            me: false,
            at: Timestamp::now().as_millisecond(),
            outcomes,
        };
        site.hub.post(vec![draft]).await;
        match outcome.recv().await.ok_or(Refusal::StoreDown)?.fate {
            Fate::Stored(seq) => Ok(seq),
            Fate::Again(said) => Ok(said.seq),
            Fate::Refused(why) => Err(why),
        }
    }

    /// The name it speaks by in this room, under the rules for everybody's.
    fn name(&self, room: &Room) -> Result<Nick, Refusal> {
        match &self.nick {
            Some(nick) => room.vet(nick.clone(), self.by),
            None => Ok(room.guest(self.by)),
        }
    }
}
