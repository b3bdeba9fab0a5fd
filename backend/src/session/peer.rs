//! The other side of a connection, joined or not: how it is read, written to and sent away.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use commonroom_protocol::{ByeCode, Via, limits as bounds};
use futures_util::poll;
use tokio::time::{sleep, sleep_until, timeout};

use super::Site;
use super::limits::Bucket;
use crate::dialect::{Dialect, Refused, Reply};
use crate::ending::Ending;
use crate::hub::Entrance;
use crate::metrics::Metrics;
use crate::moderation::Caller;
use crate::refusal::Refusal;
use crate::room::Room;
use crate::transport::{Outgoing, Stranger, Transport};

/// Last words that are not taken within this time are not heard.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// One side's view of the other.
pub(super) struct Peer<T> {
    pub transport: T,
    pub dialect: Dialect,
    pub bucket: Bucket,
    pub ending: Ending,
    pub via: Via,
    pub caller: Caller,
    pub metrics: Arc<Metrics>,
    /// How long a WebSocket may take nothing.
    pub stalled_for: Duration,
    /// A write has failed: nothing more is written. What the peer had said by then is read all the same.
    pub deaf: bool,
}

/// Why a connection ends.
pub(super) enum End {
    /// The peer has ended it.
    Left,
    /// The peer takes nothing more: a write was cut short, so nothing may follow.
    Lost,
    /// The peer leaves on purpose.
    Quit,
    /// The peer speaks frames, and this is its first, if it has sent one; it leaves the room to join as a program.
    Frames(Bytes),
    /// The peer leaves for another room.
    Join(Entrance),
    /// We end it, and say why.
    Bye(ByeCode),
    /// The peer speaks another protocol; what to tell it there.
    Stranger(Bytes),
    /// The peer broke the rules of its transport; the close code that says so.
    Fault(u16),
}

impl<T: Transport> Peer<T> {
    /// Writes something to the peer.
    ///
    /// # Errors
    /// [`End::Lost`] when it is not taken in time; a peer that must go has little of it.
    pub async fn send(&mut self, mut out: Outgoing) -> Result<(), End> {
        if out.is_empty() || self.deaf {
            return Ok(());
        }
        let mut sending = pin!(self.transport.send(&mut out));
        let sent = match poll!(sending.as_mut()) {
            // Nearly always the kernel takes it at once: neither a timer nor a look at the ending is needed then.
            Poll::Ready(sent) => sent,
            // Boxed, since it is rare: a connection should not carry the timers for it.
            Poll::Pending => Box::pin(in_time(sending, self.stalled_for * T::PATIENCE, &self.ending)).await?,
        };
        // A script that says a thousand lines and closes is gone before they are read: reading finds its end.
        self.deaf = sent.is_err();
        Ok(())
    }

    /// Tells the peer something that only it is told.
    pub async fn reply(&mut self, reply: Reply) -> Result<(), End> {
        if let Reply::Refused(Refused { why, .. }) | Reply::Posted(Err(why)) = &reply {
            self.metrics.refused(why.code());
        }
        let mut out = Outgoing::default();
        self.dialect.reply(reply, &mut out);
        self.send(out).await
    }

    /// Waits until the peer's rate lets something more of it be looked at.
    pub async fn turn(&mut self) {
        while let Err(turn) = self.bucket.take(Instant::now()) {
            sleep_until(turn.into()).await;
        }
    }

    /// Refuses something that has no id.
    pub async fn refuse(&mut self, why: Refusal) -> Result<(), End> {
        self.reply(Reply::Refused(Refused { cid: None, n: None, why, unsent: false })).await
    }

    /// Refuses a line or frame of so many bytes.
    pub async fn too_long(&mut self, bytes: usize) -> Result<(), End> {
        let limit = if matches!(self.dialect, Dialect::Line(_)) { bounds::TEXT_BYTES } else { bounds::FRAME_BYTES };
        let why = Refusal::TooLong { bytes, limit };
        self.reply(Reply::Refused(Refused { cid: None, n: None, why, unsent: true })).await
    }

    /// Whether the peer may be the first to speak in a room, if it is: it stays in the history for good.
    ///
    /// # Errors
    /// [`Refusal::TooManyNew`].
    pub fn may_begin(&self, site: &Site, room: &Room) -> Result<(), Refusal> {
        let may = || site.gate.new_room(self.caller.ip, Instant::now());
        room.begin(may).map_err(|wait| Refusal::TooManyNew { wait })
    }

    /// Ends with a peer that speaks another protocol. Its address is remembered: a browser has another connection to spare.
    pub fn stranger(&self, stranger: &Stranger, site: &Site) -> End {
        site.spares.note(self.caller.ip, Instant::now());
        End::Stranger(stranger.answer(&site.join))
    }

    /// Sends the peer away.
    pub async fn end(mut self, end: End) {
        let code = match end {
            End::Lost => return,
            _ if self.deaf => return,
            End::Left | End::Quit | End::Frames(_) | End::Join(_) => Some(1000),
            End::Stranger(answer) => {
                let mut out = Outgoing::default();
                out.push(answer);
                self.say_last(out).await.then_some(1000)
            }
            End::Fault(code) => self.say_goodbye(ByeCode::Policy).await.then_some(code),
            End::Bye(why) => self.say_goodbye(why).await.then_some(why.close_code()),
        };
        if let Some(code) = code {
            self.transport.close(code).await;
        }
    }

    /// Says whether the goodbye was taken.
    async fn say_goodbye(&mut self, why: ByeCode) -> bool {
        let mut out = Outgoing::default();
        self.dialect.reply(Reply::Bye(why), &mut out);
        self.say_last(out).await
    }

    async fn say_last(&mut self, mut out: Outgoing) -> bool {
        matches!(timeout(LAST_WORDS, self.transport.send(&mut out)).await, Ok(Ok(())))
    }
}

/// Waits until what is being written is taken.
///
/// # Errors
/// [`End::Lost`] when that takes longer than `stall`; a peer that must go has little time for it.
async fn in_time(
    sending: Pin<&mut impl Future<Output = io::Result<()>>>,
    stall: Duration,
    ending: &Ending,
) -> Result<io::Result<()>, End> {
    // Who must go may still take what is being written: cut off within it, nothing more can be said.
    let too_late = async {
        ending.ended().await;
        sleep(LAST_WORDS).await;
    };
    tokio::select! {
        biased;
        sent = timeout(stall, sending) => sent.map_err(|_| End::Lost),
        () = too_late => Err(End::Lost),
    }
}
