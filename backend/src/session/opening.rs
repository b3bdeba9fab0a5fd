//! The beginning of a connection: who is it, how does it speak, which room does it join?

use std::sync::Arc;
use std::time::Duration;

use commonroom_protocol::{ByeCode, Hello, Limits, VERSION, Via, Welcome, limits as bounds};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::limits::Bucket;
use super::peer::{End, Peer};
use super::{Session, Site};
use crate::dialect::{self, Dialect, Json, Line, Refused, Reply, Wire};
use crate::ending::Ending;
use crate::hub::JoinError;
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;
use crate::room::{Arrival, Joined, Replay};
use crate::transport::{Incoming, Tcp, Transport, Ws};

/// A peer that has said nothing for this long is a person: programs speak first.
const PERSON: Duration = Duration::from_millis(250);
/// How long a program may take to say hello.
const HELLO: Duration = Duration::from_secs(10);
/// Lines that a person is shown of what was said before.
const PERSON_REPLAY: usize = 20;

/// Lives a plain connection: a person's, a program's, or JSON lines, as its first 250 ms show.
pub async fn lines<S>(io: S, site: Arc<Site>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut tcp = Tcp::new(io);
    match tcp.first_byte(PERSON).await {
        Some(b'{') => {
            tcp.expect_frames(b"");
            frames(tcp, Wire::JsonLine, Via::Api, site, ending).await;
        }
        first => line(tcp, first.is_some(), site, ending).await,
    }
}

/// Lives a WebSocket on which the handshake is done.
pub async fn websocket<S>(io: S, via: Via, site: Arc<Site>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    frames(Ws::new(io).await, Wire::WsJson, via, site, ending).await;
}

/// A person, or a program that speaks lines; or one that speaks frames, but took longer than a person to begin.
async fn line<S>(transport: Tcp<S>, program: bool, site: Arc<Site>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let Ok(by) = By::random() else { return };
    let dialect = Dialect::Line(Line::new(by, program, Arc::clone(&site.host), site.zone.clone()));
    let mut peer = peer(transport, dialect, Via::Tcp, &site, ending);
    let arrival = Arrival { by, nick: None, via: Via::Tcp, quiet: program, ending: peer.ending.clone() };
    let replay = Replay::Last(if program { 0 } else { PERSON_REPLAY });
    match join(&mut peer, &site, RoomName::lobby(), arrival, replay).await {
        Ok(joined) => {
            let session = Session::new(peer, Arc::clone(&site), joined.member, joined.follower);
            if let Some((Peer { mut transport, ending, .. }, hello)) = session.run().await {
                transport.expect_frames(&hello);
                frames(transport, Wire::JsonLine, Via::Api, site, ending).await;
            }
        }
        Err(end) => peer.end(end).await,
    }
}

/// A program that speaks frames.
async fn frames<T: Transport>(transport: T, wire: Wire, via: Via, site: Arc<Site>, ending: Ending) {
    let mut peer = peer(transport, Dialect::Json(Json { wire }), via, &site, ending);
    match greet(&mut peer, &site).await {
        Ok(joined) => drop(Session::new(peer, site, joined.member, joined.follower).run().await),
        Err(end) => peer.end(end).await,
    }
}

fn peer<T: Transport>(transport: T, dialect: Dialect, via: Via, site: &Site, ending: Ending) -> Peer<T> {
    Peer { transport, dialect, bucket: Bucket::new(site.burst, site.per_second), ending, via }
}

/// Reads until there is a good hello, and joins.
async fn greet<T: Transport>(peer: &mut Peer<T>, site: &Arc<Site>) -> Result<Joined, End> {
    let ending = peer.ending.clone();
    let (room, arrival, replay) = tokio::select! {
        why = ending.ended() => return Err(End::Bye(why)),
        hello = timeout(HELLO, hello(peer)) => hello.unwrap_or(Err(End::Bye(ByeCode::Policy)))?,
    };
    join(peer, site, room, arrival, replay).await
}

async fn hello<T: Transport>(peer: &mut Peer<T>) -> Result<(RoomName, Arrival, Replay), End> {
    loop {
        match peer.transport.recv().await {
            Incoming::Message(bytes) => match dialect::greeting(&bytes) {
                Ok(hello) if hello.v != VERSION => return Err(End::Bye(ByeCode::Version)),
                Ok(hello) => match arrival(hello, peer) {
                    Ok(arrived) => return Ok(arrived),
                    Err(why) => peer.refuse(why).await?,
                },
                Err(refused) => peer.reply(Reply::Refused(refused)).await?,
            },
            Incoming::TooLong(bytes) => peer.too_long(bytes).await?,
            Incoming::Alive => {}
            Incoming::Endless(_) => return Err(End::Bye(ByeCode::Policy)),
            Incoming::End | Incoming::Closed { .. } => return Err(End::Left),
            Incoming::Fault(code) => return Err(End::Fault(code)),
        }
    }
}

/// Who comes in with this hello, where to, and what they have seen before.
fn arrival<T>(hello: Hello, peer: &Peer<T>) -> Result<(RoomName, Arrival, Replay), Refusal> {
    let room = hello.room.as_deref().map_or_else(|| Ok(RoomName::lobby()), RoomName::parse)?;
    let by = By::of_client(&hello.client)?;
    let nick = hello.nick.as_deref().map(Nick::parse);
    let replay = match hello.since {
        Some(since) => Replay::Since(since, hello.epoch),
        None => Replay::Last(bounds::REPLAY),
    };
    Ok((room, Arrival { by, nick, via: peer.via, quiet: false, ending: peer.ending.clone() }, replay))
}

/// Joins a room, and says welcome.
async fn join<T: Transport>(
    peer: &mut Peer<T>,
    site: &Arc<Site>,
    room: RoomName,
    arrival: Arrival,
    replay: Replay,
) -> Result<Joined, End> {
    let joined = site.hub.join(room, arrival, replay).await.map_err(|fault| match fault {
        JoinError::TooManyRooms => End::Bye(ByeCode::Overloaded),
        JoinError::Journal(_) => End::Bye(ByeCode::Restart),
    })?;
    let welcome = welcome(&joined, site).await?;
    peer.reply(Reply::Welcome(Box::new(welcome))).await?;
    if let Some(why) = &joined.refused {
        peer.reply(Reply::Refused(Refused { cid: None, n: None, why: why.clone(), unsent: false })).await?;
    }
    Ok(joined)
}

async fn welcome(joined: &Joined, site: &Site) -> Result<Welcome, End> {
    let room = joined.member.room();
    Ok(Welcome {
        v: VERSION,
        build: site.build.to_owned(),
        room: room.name().to_string(),
        you: joined.member.nick().to_string(),
        by: joined.member.by().to_string(),
        epoch: room.epoch().to_owned(),
        head: joined.head,
        oldest: room.oldest().await.map_err(|_| End::Bye(ByeCode::Restart))?,
        durable: site.hub.durable().to_owned(),
        here: joined.here,
        roster: joined.roster.clone(),
        ping_ms: bounds::PING_MS,
        limits: Limits {
            text: bounds::TEXT_BYTES,
            nick: bounds::NICK_COLUMNS,
            burst: site.burst,
            per_second: site.per_second,
        },
        join: site.join.clone(),
    })
}
