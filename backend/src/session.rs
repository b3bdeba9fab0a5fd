//! One loop for one connection: commands in, batches out. It knows no sockets and no bytes: a [`Transport`] carries it
//! and a [`Dialect`] puts it into words.

mod admission;
mod answer;
mod console;
mod history;
pub mod limits;
mod moderate;
mod oneshot;
mod opening;
mod peer;
mod spares;

use std::future::{pending, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use commonroom_protocol::{ByeCode, Join, Seq};
use futures_util::FutureExt;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

pub use console::console;
pub use opening::{PERSON, lines, websocket};
pub use spares::Spares;

use crate::access::Access;
use crate::dialect::Reply;
use crate::gate::Gate;
use crate::hub::{Entrance, Hub};
use crate::journal::{Draft, Fate, JournalError, Outcome};
use crate::metrics::{self, Metrics};
use crate::name::{By, Nick};
use crate::room::{Batch, Follower, Member};
use crate::transport::{Incoming, Outgoing, Transport};
use limits::Hush;
use peer::{End, Peer};

/// Drafts of one session that the journal may hold at once; then the session stops reading. It bounds how many messages
/// of one sender can share a write: with 64, a fast sender costs four times the writes that it does with 256.
const IN_FLIGHT: usize = 256;

/// Batches told in a row before the peer has its turn.
const IN_A_ROW: u8 = 8;

/// What every session knows of the server.
pub struct Site {
    /// All rooms.
    pub hub: Arc<Hub>,
    /// How many may come, and begin rooms.
    pub gate: Arc<Gate>,
    /// Frames or lines that may come at once; 0 for any number.
    pub burst: u32,
    /// Frames or lines a second after those; 0 for any number.
    pub per_second: u32,
    /// Pings and pongs that a WebSocket may send in a minute; 0 for any number.
    pub pings: u32,
    /// How soon who comes must have begun.
    pub hello_within: Duration,
    /// How long a WebSocket may take nothing; other transports some times as long.
    pub stalled_for: Duration,
    /// What the server calls itself.
    pub host: Arc<str>,
    /// Where the server's clock hangs.
    pub zone: TimeZone,
    /// Who has come to the wrong door lately.
    pub spares: Spares,
    /// The addresses that others can reach it by.
    pub join: Join,
    /// Its version and commit.
    pub build: &'static str,
    /// When it was started.
    pub started: Instant,
    /// Who may come in, and who may moderate.
    pub access: Access,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the operator ends the server.
    pub quit: CancellationToken,
}

/// A connection that has joined a room.
struct Session<T> {
    peer: Peer<T>,
    site: Arc<Site>,
    member: Member,
    follower: Follower,
    /// What became of the drafts that the journal holds; none until there is one, since most connections only listen.
    outcomes: Option<Outcomes>,
    /// What the peer has said and the journal does not hold yet: what came in one read is posted at once.
    drafts: Vec<Draft>,
    /// How many drafts there are, here and in the journal.
    in_flight: usize,
    /// The newest message of our own that has a place: until the follower has passed it, a batch may hold our own.
    posted: Seq,
    /// A message that came faster than the peer may send, and when its turn is.
    held: Option<(Incoming, Instant)>,
    /// The peer is read more slowly, and has been told or will be.
    slowed: bool,
    /// It is told so at its next turn.
    notice: bool,
    hush: Hush,
    /// When the peer was last heard of.
    heard: Instant,
    /// Runs out when to look again whether a silent peer still is there. Kept: to set a timer at every turn would cost as
    /// much as to write.
    timer: Option<Pin<Box<Sleep>>>,
}

/// How a peer goes on that has left its room.
enum Next {
    /// It speaks frames from now on; this is its first, if it has sent one.
    Frames(Bytes),
    /// In this room, as the same client by the same name.
    Join(Entrance, By, Nick),
}

/// Both ends of the channel that brings a session's outcomes.
type Outcomes = (mpsc::Sender<Outcome>, mpsc::Receiver<Outcome>);

impl<T: Transport> Session<T> {
    /// A session whose peer has sent `first` already.
    fn new(
        peer: Peer<T>,
        site: Arc<Site>,
        (member, follower): (Member, Follower),
        first: Option<Incoming>,
    ) -> Box<Session<T>> {
        let heard = Instant::now();
        Box::new(Session {
            peer,
            site,
            member,
            follower,
            outcomes: None,
            drafts: Vec::new(),
            in_flight: 0,
            posted: Seq(0),
            held: first.map(|incoming| (incoming, heard)),
            slowed: false,
            notice: false,
            hush: Hush::new(heard),
            heard,
            timer: T::KEEPALIVE.map(|keepalive| Box::pin(sleep_until((heard + keepalive.ask).into()))),
        })
    }

    /// Lives in the room until one side ends it, or the peer goes on elsewhere.
    async fn run(mut self: Box<Self>) -> Option<(Peer<T>, Next)> {
        let end = match self.live().await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        let Session { peer, member, .. } = *self;
        let next = match end {
            End::Frames(hello) => Next::Frames(hello),
            End::Join(room) => Next::Join(room, member.by(), member.nick().clone()),
            end => {
                if matches!(end, End::Quit) {
                    member.quit(Instant::now());
                } else {
                    drop(member);
                }
                Box::pin(peer.end(end)).await;
                return None;
            }
        };
        member.quit(Instant::now());
        Some((peer, next))
    }

    async fn live(&mut self) -> Result<std::convert::Infallible, End> {
        let ending = self.peer.ending.clone();
        let mut ended = pin!(ending.ended());
        let mut told = 0;
        loop {
            let (reading, turn) = (self.is_reading(), self.turn());
            // What the room has to tell is looked at first, since it is what nearly always has come, and what the peer
            // says last, since it may never pause. A busy room must not starve the others, so at times they go first.
            let room_first = told < IN_A_ROW;
            if !room_first {
                told = 0;
            }
            // Boxed: what is rare and takes more than an idle connection should carry.
            tokio::select! {
                biased;
                batch = self.follower.next(), if room_first && self.hush.until().is_none() => {
                    told += 1;
                    self.tell(batch).await?;
                }
                why = &mut ended => return Err(Box::pin(self.part(why)).await),
                Some(outcome) = outcome(&mut self.outcomes) => Box::pin(self.settle_ready(outcome)).await?,
                () = at(turn) => Box::pin(self.take_turn()).await?,
                () = due(&mut self.timer) => Box::pin(self.check(reading)).await?,
                incoming = read(&mut self.peer.transport, reading) => if let Some(incoming) = incoming {
                    Box::pin(self.hear_all(incoming)).await?;
                },
                () = ready(()), if !room_first => {}
            }
        }
    }

    /// Tells the peer what comes next in the room.
    async fn tell(&mut self, batch: Result<Batch, JournalError>) -> Result<(), End> {
        let batch = batch.map_err(|_| End::Bye(ByeCode::Restart))?;
        let posted = self.in_flight > 0 || self.posted_after(&batch);
        let said = if posted { batch.newest() } else { None };
        let mut out = Outgoing::default();
        self.peer.dialect.tell(batch, posted, &mut out);
        self.peer.send(out).await?;
        // A sender's own turn stands for all receivers': they are told in no order.
        if let Some(after) = said.and_then(metrics::since) {
            self.site.metrics.told(after);
        }
        Ok(())
    }

    /// Tells the peer everything up to a message that is on the log.
    async fn tell_up_to(&mut self, seq: Seq) -> Result<(), End> {
        while self.follower.last() < seq {
            let batch = self.follower.next().await;
            self.tell(batch).await?;
        }
        Ok(())
    }

    /// Whether a batch that has just been taken may hold our own newest message.
    fn posted_after(&self, batch: &Batch) -> bool {
        let Batch::Ring(segments) = batch else { return false };
        let mut first = segments.iter().filter_map(|told| told.segment.entries()[told.from].seq());
        first.next().is_some_and(|first| first <= self.posted)
    }

    fn is_reading(&self) -> bool {
        self.held.is_none() && self.in_flight < IN_FLIGHT
    }

    /// Hears what came, and what came with it: one read may bring many messages, which then share a commit and a bell.
    async fn hear_all(&mut self, incoming: Incoming) -> Result<(), End> {
        let now = Instant::now();
        let mut next = Some(incoming);
        while let Some(incoming) = next {
            if let Err(end) = self.hear(incoming, now).await {
                self.post().await;
                return Err(end);
            }
            next = if self.is_reading() { self.peer.transport.buffered() } else { None };
        }
        self.post().await;
        Ok(())
    }

    /// Hands to the journal what the peer has said.
    async fn post(&mut self) {
        if !self.drafts.is_empty() {
            self.site.hub.post(std::mem::take(&mut self.drafts)).await;
        }
    }

    async fn hear(&mut self, incoming: Incoming, now: Instant) -> Result<(), End> {
        self.heard = now;
        if self.peer.dialect.is_program() {
            self.hush.heard(now);
        }
        match incoming {
            Incoming::End => self.finish().await,
            Incoming::Closed { quit } => {
                self.settle().await?;
                Err(if quit { End::Quit } else { End::Left })
            }
            // The transport has its own patience for these.
            Incoming::Alive => Ok(()),
            Incoming::Fault(code) => Err(End::Fault(code)),
            Incoming::Stranger(stranger) => Err(self.peer.stranger(&stranger, &self.site)),
            Incoming::Endless(bytes) => {
                self.peer.too_long(bytes).await?;
                Err(End::Bye(ByeCode::Policy))
            }
            counted => {
                // A turn that comes late on a busy machine fills the bucket, too; the peer has been no slower for that.
                self.slowed &= !self.peer.bucket.is_full(now);
                self.count(counted, now).await
            }
        }
    }

    /// Takes a token for what came, or holds it until there is one: nothing is dropped, only read more slowly.
    async fn count(&mut self, incoming: Incoming, now: Instant) -> Result<(), End> {
        match self.peer.bucket.take(now) {
            Ok(()) => self.act_on(incoming).await,
            Err(turn) => {
                self.held = Some((incoming, turn));
                self.notice |= !std::mem::replace(&mut self.slowed, true);
                Ok(())
            }
        }
    }

    /// When something that waits for its time has it: what is hushed, or held.
    fn turn(&self) -> Option<Instant> {
        self.hush.until().into_iter().chain(self.held.as_ref().map(|(_, turn)| *turn)).min()
    }

    async fn take_turn(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.hush.until().is_some_and(|until| until <= now) {
            self.hush.end();
        }
        if self.held.as_ref().is_none_or(|(_, turn)| *turn > now) {
            return Ok(());
        }
        if std::mem::take(&mut self.notice) {
            self.peer.reply(Reply::SlowDown(self.site.per_second)).await?;
        }
        let Some((incoming, _)) = self.held.take() else { return Ok(()) };
        let taken = self.count(incoming, Instant::now()).await;
        self.post().await;
        taken
    }

    async fn act_on(&mut self, incoming: Incoming) -> Result<(), End> {
        match incoming {
            Incoming::Message(bytes) if self.peer.dialect.is_hello(&bytes) => Err(End::Frames(bytes)),
            Incoming::Message(bytes) => {
                let parsed = self.peer.dialect.parse(&bytes);
                if let Some(charset) = self.peer.dialect.guessed() {
                    self.peer.transport.use_charset(charset);
                    self.peer.reply(Reply::Seems(charset)).await?;
                }
                match parsed {
                    Ok(Some(command)) => self.obey(command).await,
                    Ok(None) => Ok(()),
                    Err(refused) => self.peer.reply(Reply::Refused(refused)).await,
                }
            }
            Incoming::TooLong(bytes) => self.peer.too_long(bytes).await,
            _ => Ok(()),
        }
    }

    /// Waits until the journal has answered for every draft.
    async fn settle(&mut self) -> Result<(), End> {
        self.post().await;
        while self.in_flight > 0 {
            let Some(outcome) = outcome(&mut self.outcomes).await else { return Ok(()) };
            self.settle_one(outcome).await?;
        }
        Ok(())
    }

    /// Settles an outcome, and those that have come with it: a commit's come together.
    async fn settle_ready(&mut self, outcome: Outcome) -> Result<(), End> {
        let mut next = Some(outcome);
        while let Some(outcome) = next {
            self.settle_one(outcome).await?;
            next = self.outcomes.as_mut().and_then(|(_, outcomes)| outcomes.try_recv().ok());
        }
        Ok(())
    }

    async fn settle_one(&mut self, outcome: Outcome) -> Result<(), End> {
        self.in_flight -= 1;
        match outcome.fate {
            Fate::Stored(seq) => {
                self.posted = self.posted.max(seq);
                if self.peer.dialect.wants_ack(&outcome.cid) {
                    self.peer.reply(Reply::Saved(seq)).await?;
                }
                Ok(())
            }
            Fate::Again(said) => {
                // It is in the log already. Told before its turn, it would look to its sender like a gap.
                self.tell_up_to(said.seq).await?;
                self.peer.reply(Reply::Again(Box::new((*said).clone()))).await
            }
            Fate::Refused(why) => self.unsent(outcome.cid.into(), why).await,
        }
    }

    /// The peer has said all it will: save all, tell it what there is to tell, and end.
    async fn finish(&mut self) -> Result<(), End> {
        self.tell_all().await?;
        Err(End::Left)
    }

    /// The server ends the connection. When it ends itself, what was said before is told before the goodbye.
    async fn part(&mut self, why: ByeCode) -> End {
        if matches!(why, ByeCode::Restart | ByeCode::Closing)
            && let Err(end) = self.tell_all().await
        {
            return end;
        }
        End::Bye(why)
    }

    /// Waits for what the peer has said, and tells it all that there is to tell now.
    async fn tell_all(&mut self) -> Result<(), End> {
        self.settle().await?;
        while let Some(batch) = self.follower.next().now_or_never() {
            self.tell(batch).await?;
        }
        Ok(())
    }

    /// Looks whether a silent peer still is there. One that we do not read now is never taken for gone.
    async fn check(&mut self, reading: bool) -> Result<(), End> {
        let Some(keepalive) = T::KEEPALIVE else { return Ok(()) };
        let now = Instant::now();
        if !reading {
            self.heard = now;
        }
        let silence = now - self.heard;
        if silence >= keepalive.gone {
            return Err(End::Bye(ByeCode::Idle));
        }
        let ask = silence >= keepalive.ask;
        let next =
            if ask { (now + keepalive.ask).min(self.heard + keepalive.gone) } else { self.heard + keepalive.ask };
        if let Some(timer) = &mut self.timer {
            timer.as_mut().reset(next.into());
        }
        if !ask {
            return Ok(());
        }
        let mut out = Outgoing::default();
        out.push(Bytes::from_static(keepalive.question));
        self.peer.send(out).await
    }
}

/// What the peer sends next, if it is to be taken now.
async fn read<T: Transport>(transport: &mut T, take: bool) -> Option<Incoming> {
    if take {
        return Some(transport.recv().await);
    }
    transport.read_ahead().await;
    None
}

/// Waits for an outcome; for ever where there was no draft.
async fn outcome(outcomes: &mut Option<Outcomes>) -> Option<Outcome> {
    match outcomes {
        Some((_, outcomes)) => outcomes.recv().await,
        None => pending().await,
    }
}

/// Waits for a timer, or for ever.
async fn due(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => pending().await,
    }
}

/// Waits for a time, or for ever.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}
