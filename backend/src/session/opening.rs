//! The beginning of a connection: who is it, how does it speak, which room does it join?

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use commonroom_protocol::{ByeCode, Hello, Limits, VERSION, Via, Welcome, limits as bounds};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::limits::Bucket;
use super::peer::{End, Peer};
use super::{Next, Session, Site, admission, oneshot};
use crate::dialect::{self, Dialect, Json, Line, Refused, Reply, Wire, begins_frame, is_shot};
use crate::ending::Ending;
use crate::hub::{Entrance, JoinError};
use crate::moderation::Caller;
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;
use crate::room::{Arrival, Follower, Joined, Member, Replay};
use crate::transport::{Incoming, Tcp, Transport, Ws};

/// A peer that has said nothing for this long is a person: programs speak first.
pub const PERSON: Duration = Duration::from_millis(250);
const SECOND: Duration = Duration::from_secs(1);
/// Lines that a person is shown of what was said before.
const PERSON_REPLAY: usize = 20;

/// Lives a plain connection: a person's, a program's, or JSON lines, as its first [`PERSON`] shows, of
/// which `silence` is left. `home` is the room of those who name none.
pub async fn lines<S>(io: S, silence: Duration, home: RoomName, caller: Caller, site: Arc<Site>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    // Boxed, here and below: what an opening needs is given back before the session begins.
    let mut session = Box::pin(open_lines(io, silence, home.clone(), caller, Arc::clone(&site), ending)).await;
    while let Some(open) = session {
        let Some((peer, next)) = open.run().await else { return };
        session = match next {
            // It may be one that speaks frames, but took longer than a person to begin.
            Next::Frames(hello) => Box::pin(reopen_frames(peer, hello, home.clone(), Arc::clone(&site))).await,
            Next::Join(to, by, nick) => Box::pin(reopen_lines(peer, &to, (by, nick), Arc::clone(&site))).await,
        };
    }
}

async fn reopen_frames<S>(
    peer: Peer<Tcp<S>>,
    hello: Bytes,
    home: RoomName,
    site: Arc<Site>,
) -> Option<Box<Session<Tcp<S>>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let Peer { mut transport, caller, ending, .. } = peer;
    transport.expect_frames(&hello);
    open_frames(transport, Wire::JsonLine, Via::Api, (home, caller), site, ending).await
}

/// Goes on in another room, by the same name if it was chosen.
pub(super) async fn reopen_lines<T: Transport>(
    mut peer: Peer<T>,
    to: &Entrance,
    (by, nick): (By, Nick),
    site: Arc<Site>,
) -> Option<Box<Session<T>>> {
    let Dialect::Line(line) = &mut peer.dialect else { return None };
    let replay = if line.begin_again() { PERSON_REPLAY } else { 0 };
    let nick = (!nick.is_guests()).then_some(Ok(nick));
    let arrival = Arrival { by, nick, via: peer.via, ip: peer.caller.ip, quiet: false, ending: peer.ending.clone() };
    let joined = join(&mut peer, &site, to.room().name().clone(), arrival, Replay::Last(replay)).await;
    begin(peer, site, joined, None).await
}

/// Lives a WebSocket on which the handshake is done.
pub async fn websocket<S>(io: S, via: Via, caller: Caller, site: Arc<Site>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let ws = Ws::new(io, site.pings).await;
    if let Some(session) = Box::pin(open_frames(ws, Wire::WsJson, via, (RoomName::lobby(), caller), site, ending)).await
    {
        session.run().await;
    }
}

async fn open_lines<S>(
    io: S,
    silence: Duration,
    home: RoomName,
    caller: Caller,
    site: Arc<Site>,
    ending: Ending,
) -> Option<Box<Session<Tcp<S>>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut tcp = Tcp::new(io);
    let mut first = tcp.first_byte(silence).await;
    if tcp.is_over() {
        // Somebody has looked whether the port is open.
        return None;
    }
    if first.is_none() && site.spares.suspect(caller.ip, Instant::now()) {
        // Should it be a person after all, any key will do.
        first = tokio::select! {
            first = tcp.first_byte(site.hello_within) => first,
            _ = ending.ended() => None,
        };
        if first.is_none() {
            let by = By::random().ok()?;
            peer(tcp, line(by, true, &site), Via::Tcp, caller, &site, ending).end(End::Bye(ByeCode::Policy)).await;
            return None;
        }
    }
    match first {
        Some(b'{') => {
            tcp.expect_frames(b"");
            open_frames(tcp, Wire::JsonLine, Via::Api, (home, caller), site, ending).await
        }
        Some(_) => open_program(tcp, home, caller, site, ending).await,
        None => {
            let by = By::random().ok()?;
            let mut peer = peer(tcp, line(by, false, &site), Via::Tcp, caller, &site, ending);
            match peer.ask(&site, &home).await {
                Ok(()) => {}
                Err(End::Frames(hello)) => return Box::pin(reopen_frames(peer, hello, home, site)).await,
                Err(end) => {
                    peer.end(end).await;
                    return None;
                }
            }
            let joined = join_home(&mut peer, &site, home, by, false, Replay::Last(PERSON_REPLAY)).await;
            begin(peer, site, joined, None).await
        }
    }
}

/// The opening of a program that sends lines. What its first line is decides: nobody sees it come before that.
async fn open_program<S>(
    mut tcp: Tcp<S>,
    home: RoomName,
    caller: Caller,
    site: Arc<Site>,
    ending: Ending,
) -> Option<Box<Session<Tcp<S>>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let first = first_line(&mut tcp, &ending).await;
    let by = By::random().ok()?;
    let mut peer = peer(tcp, line(by, true, &site), Via::Tcp, caller, &site, ending);
    let end = match first {
        Ok((_, Incoming::Message(first))) if begins_frame(&first) => {
            return Box::pin(reopen_frames(peer, first, home, site)).await;
        }
        Ok((word, Incoming::Message(first))) if is_shot(&first) => {
            oneshot::run(&mut peer, &site, (by, home, word), first).await
        }
        Ok((_, Incoming::Stranger(stranger))) => peer.stranger(&stranger, &site),
        Ok((_, Incoming::Fault(code))) => End::Fault(code),
        Ok((_, Incoming::End | Incoming::Closed { .. })) => End::Left,
        Ok((word, first)) => {
            if let Err(why) = peer.enter(&site, &home, word.as_deref()).await {
                let end = refuse_first(&mut peer, &home, why).await;
                peer.end(end).await;
                return None;
            }
            let joined = join_home(&mut peer, &site, home, by, true, Replay::Last(0)).await;
            return begin(peer, site, joined, Some(first)).await;
        }
        Err(end) => end,
    };
    peer.end(end).await;
    None
}

/// A program's first line that is not empty, if one has come, and the password that stood before it.
async fn first_line<T: Transport>(transport: &mut T, ending: &Ending) -> Result<(Option<String>, Incoming), End> {
    let mut word = None;
    let mut first = next(transport, ending).await?;
    loop {
        first = match &first {
            Incoming::Message(line) if line.is_empty() => {
                let Some(more) = transport.buffered() else { return Ok((word, first)) };
                more
            }
            Incoming::Message(line) if word.is_none() && password(line).is_some() => {
                word = password(line);
                next(transport, ending).await?
            }
            _ => return Ok((word, first)),
        };
    }
}

async fn next<T: Transport>(transport: &mut T, ending: &Ending) -> Result<Incoming, End> {
    tokio::select! {
        why = ending.ended() => Err(End::Bye(why)),
        next = transport.recv() => Ok(next),
    }
}

/// The password that a program's first line is.
fn password(line: &[u8]) -> Option<String> {
    admission::word(std::str::from_utf8(line).ok()?).map(str::to_owned)
}

/// Tells a program why its first line is not said.
async fn refuse_first<T: Transport>(peer: &mut Peer<T>, room: &RoomName, why: Refusal) -> End {
    let told = async {
        peer.reply(Reply::Refused(Refused { cid: None, n: None, why, unsent: true })).await?;
        peer.reply(Reply::Asks(room.clone())).await
    };
    told.await.err().unwrap_or(End::Bye(ByeCode::Password))
}

fn line(by: By, program: bool, site: &Site) -> Dialect {
    Dialect::Line(Line::new(by, program, Arc::clone(&site.host), site.zone.clone()))
}

async fn join_home<T: Transport>(
    peer: &mut Peer<T>,
    site: &Arc<Site>,
    home: RoomName,
    by: By,
    quiet: bool,
    replay: Replay,
) -> Result<(Member, Follower), End> {
    let arrival = Arrival { by, nick: None, via: Via::Tcp, ip: peer.caller.ip, quiet, ending: peer.ending.clone() };
    join(peer, site, home, arrival, replay).await
}

/// The opening of a program that speaks frames.
async fn open_frames<T: Transport>(
    transport: T,
    wire: Wire,
    via: Via,
    (home, caller): (RoomName, Caller),
    site: Arc<Site>,
    ending: Ending,
) -> Option<Box<Session<T>>> {
    let mut peer = peer(transport, Dialect::Json(Json { wire }), via, caller, &site, ending);
    let joined = greet(&mut peer, home, &site).await;
    begin(peer, site, joined, None).await
}

pub(super) async fn begin<T: Transport>(
    peer: Peer<T>,
    site: Arc<Site>,
    joined: Result<(Member, Follower), End>,
    first: Option<Incoming>,
) -> Option<Box<Session<T>>> {
    match joined {
        Ok(joined) => Some(Session::new(peer, site, joined, first)),
        Err(end) => {
            peer.end(end).await;
            None
        }
    }
}

fn peer<T: Transport>(
    transport: T,
    dialect: Dialect,
    via: Via,
    caller: Caller,
    site: &Site,
    ending: Ending,
) -> Peer<T> {
    let (bucket, metrics) = (Bucket::new(site.burst, site.per_second, SECOND), Arc::clone(&site.metrics));
    Peer { transport, dialect, bucket, ending, via, caller, metrics, stalled_for: site.stalled_for, deaf: false }
}

/// Reads until there is a good hello, and joins.
async fn greet<T: Transport>(peer: &mut Peer<T>, home: RoomName, site: &Arc<Site>) -> Result<(Member, Follower), End> {
    let ending = peer.ending.clone();
    let (room, arrival, replay) = tokio::select! {
        why = ending.ended() => return Err(End::Bye(why)),
        hello = timeout(site.hello_within, hello(peer, &home, site)) => hello.unwrap_or(Err(End::Bye(ByeCode::Policy)))?,
    };
    join(peer, site, room, arrival, replay).await
}

async fn hello<T: Transport>(
    peer: &mut Peer<T>,
    home: &RoomName,
    site: &Site,
) -> Result<(RoomName, Arrival, Replay), End> {
    loop {
        let incoming = peer.transport.recv().await;
        peer.turn().await;
        match incoming {
            Incoming::Message(bytes) => match dialect::greeting(&bytes) {
                Ok(hello) if hello.v != VERSION => return Err(End::Bye(ByeCode::Version)),
                Ok(mut hello) => {
                    let word = hello.password.take();
                    match arrival(hello, home, peer) {
                        Ok(arrived) => match peer.enter(site, &arrived.0, word.as_deref()).await {
                            Ok(()) => return Ok(arrived),
                            Err(why) => {
                                // Who gave none has not been refused: it is asked for one by the goodbye.
                                if why != (Refusal::Password { wrong: false }) {
                                    peer.refuse(why).await?;
                                }
                                return Err(End::Bye(ByeCode::Password));
                            }
                        },
                        Err(why) => peer.refuse(why).await?,
                    }
                }
                Err(refused) => peer.reply(Reply::Refused(refused)).await?,
            },
            Incoming::TooLong(bytes) => peer.too_long(bytes).await?,
            Incoming::Alive => {}
            Incoming::Endless(_) => return Err(End::Bye(ByeCode::Policy)),
            Incoming::End | Incoming::Closed { .. } => return Err(End::Left),
            Incoming::Fault(code) => return Err(End::Fault(code)),
            Incoming::Stranger(stranger) => return Err(peer.stranger(&stranger, site)),
        }
    }
}

/// Who comes in with this hello, where to, and what they have seen before.
fn arrival<T>(hello: Hello, home: &RoomName, peer: &Peer<T>) -> Result<(RoomName, Arrival, Replay), Refusal> {
    let room = hello.room.as_deref().map_or_else(|| Ok(home.clone()), RoomName::parse)?;
    let by = By::of_client(&hello.client)?;
    let nick = hello.nick.as_deref().map(Nick::parse);
    let replay = match hello.since {
        Some(since) => Replay::Since(since, hello.epoch),
        None => Replay::Last(bounds::REPLAY),
    };
    let ending = peer.ending.clone();
    Ok((room, Arrival { by, nick, via: peer.via, ip: peer.caller.ip, quiet: false, ending }, replay))
}

/// Joins a room, and says welcome.
pub(super) async fn join<T: Transport>(
    peer: &mut Peer<T>,
    site: &Arc<Site>,
    room: RoomName,
    arrival: Arrival,
    replay: Replay,
) -> Result<(Member, Follower), End> {
    let mut joined = site.hub.join(room, arrival, replay).await.map_err(|fault| match fault {
        JoinError::TooManyRooms => End::Bye(ByeCode::Overloaded),
        JoinError::Banned => End::Bye(ByeCode::Banned),
        JoinError::Journal(_) => End::Bye(ByeCode::Restart),
    })?;
    let welcome = welcome(&mut joined, site).await?;
    peer.reply(Reply::Welcome(Box::new(welcome))).await?;
    if let Some(why) = joined.refused {
        peer.refuse(why).await?;
    }
    Ok((joined.member, joined.follower))
}

async fn welcome(joined: &mut Joined, site: &Site) -> Result<Welcome, End> {
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
        roster: std::mem::take(&mut joined.roster),
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
