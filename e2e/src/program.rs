//! A program that talks in a room over frames, as the client rules of the protocol have it, and writes down its history.
//!
//! It resumes before it sends again, with the same `cid`s, and keeps what it has not heard of in an outbox.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};
use commonroom_protocol::{ClientFrame, Code, Hello, Said, Seq, ServerFrame, VERSION, Welcome};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::PATIENCE;
use crate::dice::Dice;
use crate::history::{Client, Clock, What};
use crate::pipe::{Door, Pipe};

/// How soon another attempt to connect is made.
const AGAIN: Range<u64> = 1..20;
/// One text of so many is long.
const LONG: u64 = 40;

/// What all clients of a test are asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// There is a server: nobody comes while there is none, since a connection that comes to a port of this machine
    /// where nobody listens may be given that very port, and would take it from the server.
    pub open: bool,
    /// Talk; else say a last word, hear of all that was said, and be done.
    pub talk: bool,
}

impl Stage {
    /// There is a server: talk.
    pub const TALK: Stage = Stage { open: true, talk: true };
    /// There is none, and there will be one again.
    pub const AWAY: Stage = Stage { open: false, talk: true };
    /// It is over.
    pub const DONE: Stage = Stage { open: true, talk: false };
}

/// How a program behaves.
#[derive(Clone, Debug)]
pub struct Habits {
    /// The time between two messages, in milliseconds; none for who says a last word only.
    pub pace: Option<Range<u64>>,
    /// Messages that may wait for their answers.
    pub window: usize,
    /// Sends again before it has read what was said meanwhile.
    pub impatient: bool,
    /// Says a last word when it is asked to be done.
    pub last_word: bool,
}

/// A program, over all of its connections.
pub struct Program {
    door: Door,
    clock: Clock,
    habits: Habits,
    dice: Dice,
    record: Client,
    outbox: VecDeque<Message>,
    last: Option<Seq>,
    epoch: Option<String>,
    said: u32,
    pipe: Option<Pipe>,
    lively: Option<watch::Sender<usize>>,
}

#[derive(Clone)]
struct Message {
    cid: String,
    text: String,
}

impl Program {
    /// A program that has not come yet. Its name must be its own in this test.
    pub fn new(name: &str, door: Door, clock: Clock, habits: Habits, dice: Dice) -> Program {
        Program {
            door,
            clock,
            habits,
            dice,
            record: Client::new(name),
            outbox: VecDeque::new(),
            last: None,
            epoch: None,
            said: 0,
            pipe: None,
            lively: None,
        }
    }

    /// The same, and it counts there whenever it is live.
    #[must_use]
    pub fn tells_when_live(self, lively: watch::Sender<usize>) -> Program {
        Program { lively: Some(lively), ..self }
    }

    /// Comes and talks, and comes back whenever the connection ends, until it is asked to be done and has heard of all
    /// that it said. It stays connected.
    ///
    /// # Errors
    /// When something comes that is no frame.
    pub async fn talk(&mut self, stage: &mut watch::Receiver<Stage>) -> Result<()> {
        let mut last_word = self.habits.last_word;
        loop {
            stage.wait_for(|stage| stage.open).await?;
            if let Ok(mut pipe) = Pipe::connect(self.door).await {
                if self.connection(&mut pipe, stage, &mut last_word).await? {
                    self.pipe = Some(pipe);
                    return Ok(());
                }
                self.note(What::Closed);
            }
            sleep(self.dice.millis(AGAIN)).await;
        }
    }

    /// Reads all that was said before now, and goes.
    ///
    /// # Errors
    /// When it is not told.
    pub async fn leave(mut self) -> Result<Client> {
        let mut pipe = self.pipe.take().context("not connected")?;
        let read = timeout(PATIENCE, self.read_up(&mut pipe)).await;
        read.with_context(|| format!("{} waits for what was said", self.record.name))??;
        self.note(What::Closed);
        Ok(self.record)
    }

    async fn read_up(&mut self, pipe: &mut Pipe) -> Result<()> {
        pipe.send(&ClientFrame::Ping { n: None }).await?;
        let mut head = None;
        while head.is_none_or(|head| self.last < Some(head)) {
            let frame = pipe.next().await?.context("the server ends the connection")?;
            if let ServerFrame::Pong { head: newest, .. } = frame {
                head = Some(newest);
            }
            self.take(frame);
        }
        Ok(())
    }

    /// One connection. Whether it was asked to be done, and is.
    async fn connection(
        &mut self,
        pipe: &mut Pipe,
        stage: &mut watch::Receiver<Stage>,
        last_word: &mut bool,
    ) -> Result<bool> {
        if !self.resume(pipe).await? {
            return Ok(false);
        }
        let mut next = Instant::now();
        loop {
            let talk = stage.borrow_and_update().talk;
            if !talk && std::mem::take(last_word) && self.say(pipe).await.is_err() {
                return Ok(false);
            }
            if !talk && self.outbox.is_empty() {
                return Ok(true);
            }
            let may = talk && self.habits.pace.is_some() && self.outbox.len() < self.habits.window;
            tokio::select! {
                frame = pipe.next() => match frame? {
                    Some(frame) => self.take(frame),
                    None => return Ok(false),
                },
                () = sleep_until(next), if may => {
                    if self.say(pipe).await.is_err() {
                        return Ok(false);
                    }
                    next = Instant::now() + self.pause();
                }
                changed = stage.changed() => changed?,
            }
        }
    }

    /// Says hello, reads what was said meanwhile, and sends again what did not come back. Whether the connection lasts.
    async fn resume(&mut self, pipe: &mut Pipe) -> Result<bool> {
        if pipe.send(&ClientFrame::Hello(self.hello())).await.is_err() {
            return Ok(false);
        }
        if self.habits.impatient && self.send_again(pipe).await.is_err() {
            return Ok(false);
        }
        loop {
            let Some(frame) = pipe.next().await? else { return Ok(false) };
            let live = matches!(frame, ServerFrame::Live { .. });
            self.take(frame);
            if live {
                return Ok(self.habits.impatient || self.send_again(pipe).await.is_ok());
            }
        }
    }

    fn hello(&self) -> Hello {
        let name = self.record.name.clone();
        let client = format!("secret-of-{name}");
        Hello {
            v: VERSION,
            room: None,
            nick: Some(name),
            client,
            since: self.last,
            epoch: self.epoch.clone(),
            password: None,
        }
    }

    /// Says something new.
    async fn say(&mut self, pipe: &mut Pipe) -> Result<()> {
        self.said += 1;
        let message = Message { cid: format!("k{}", self.said), text: self.text() };
        self.outbox.push_back(message.clone());
        self.send(pipe, message).await
    }

    async fn send_again(&mut self, pipe: &mut Pipe) -> Result<()> {
        for message in self.outbox.clone() {
            self.send(pipe, message).await?;
        }
        Ok(())
    }

    async fn send(&mut self, pipe: &mut Pipe, Message { cid, text }: Message) -> Result<()> {
        self.note(What::Sent { cid: cid.clone(), text: text.clone() });
        pipe.send(&ClientFrame::Say { cid, text, me: false }).await
    }

    /// A text that nobody else says, of any length: most fit into a database page many times, some into none.
    fn text(&mut self) -> String {
        let length = if self.dice.within(0..LONG) == 0 { 1000..4000 } else { 0..150 };
        let length = usize::try_from(self.dice.within(length)).unwrap_or_default();
        format!("{}-{} {}", self.record.name, self.said, "x".repeat(length)).trim_end().to_owned()
    }

    fn pause(&mut self) -> Duration {
        self.habits.pace.clone().map_or(Duration::ZERO, |pace| self.dice.millis(pace))
    }

    fn take(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(*welcome),
            ServerFrame::Said(said) => self.said(said),
            ServerFrame::Gap { from, to, why } => {
                self.note(What::Gap { from: from.0, to: to.0, why });
                self.last = Some(to);
            }
            ServerFrame::Live { head } => {
                self.note(What::Live { head: head.0 });
                self.last = self.last.or(Some(head));
                if let Some(lively) = &self.lively {
                    lively.send_modify(|times| *times += 1);
                }
            }
            ServerFrame::Refused { cid: Some(cid), code, .. } => {
                // A server that is about to end takes nothing more; the next one does.
                if code != Code::Closing {
                    self.outbox.retain(|message| message.cid != cid);
                }
                self.note(What::Refused { cid, code });
            }
            _ => {}
        }
    }

    fn welcome(&mut self, Welcome { by, epoch, head, .. }: Welcome) {
        self.note(What::Welcome { since: self.last.map(|seq| seq.0), epoch: epoch.clone(), head: head.0 });
        self.record.by = Some(by);
        self.epoch = Some(epoch);
    }

    fn said(&mut self, said: Said) {
        if self.record.owns(&said) {
            self.outbox.retain(|message| message.cid != said.cid);
        }
        self.last = self.last.max(Some(said.seq));
        self.note(What::Said(said));
    }

    fn note(&mut self, what: What) {
        self.record.note(self.clock, what);
    }
}
