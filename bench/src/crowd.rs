//! The generator: everybody who is connected to one server, in one thread without a runtime, and the load they make.

mod member;

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Socket, Type};

use crate::framing::Framing;
use crate::ledger::{Fault, Ledger};
use crate::outbox::Outbox;
use crate::payload::Payload;
use crate::poll::Poll;
use member::{Member, Tally, histogram};

/// Bytes taken with one read.
const READ: usize = 256 * 1024;
/// Connections that are coming in at once.
const COMING: usize = 64;
/// After so long without a delivery, those that are missing are lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// How somebody comes in.
pub struct Script {
    /// Where.
    pub address: SocketAddr,
    /// What is said and what is waited for.
    pub steps: Vec<Step>,
    /// How the server parts messages from then on.
    pub framing: Framing,
}

/// One thing to say and its answer.
pub struct Step {
    /// What is written.
    pub say: Vec<u8>,
    /// What is waited for.
    pub until: Until,
}

/// What an answer is known by.
pub enum Until {
    /// The blank line at the end of an HTTP answer's head.
    Head,
    /// A message with these bytes in it.
    Message(Vec<u8>),
}

/// What somebody does who has come in.
#[derive(Clone, Debug)]
pub struct Part {
    /// The senders that they hear.
    pub hears: Range<usize>,
    /// Which of the senders they are.
    pub sends: Option<usize>,
    /// They hear themselves, if they hear that sender.
    pub echo: bool,
    /// They read nothing, once they are in.
    pub stalled: bool,
}

impl Part {
    fn listens(&self, sender: usize) -> bool {
        !self.stalled && (self.echo || self.sends != Some(sender))
    }
}

/// What load is made.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// Each sender has so many messages under way: when all have heard one, the next is sent.
    Window(u64),
    /// So many messages a second from all senders together, whatever comes back.
    Rate(f64),
}

/// How a sender puts a message, given its number.
pub type Speech = Box<dyn Fn(usize, u64, &Payload, &mut Vec<u8>)>;

/// What became of a load.
pub struct Outcome {
    /// Messages sent.
    pub messages: u64,
    /// Messages heard, by all together.
    pub deliveries: u64,
    /// Bytes that came, from all connections.
    pub bytes: u64,
    /// From the first message to the last delivery.
    pub time: Duration,
    /// The share of its core that the generator needed, from 0 to 1.
    pub generator: f64,
    /// From when a message was meant to be sent to each delivery, in nanoseconds.
    pub latency: Histogram<u64>,
    /// How late messages were sent, in nanoseconds.
    pub lateness: Histogram<u64>,
    /// Why this counts for nothing.
    pub fault: Option<Fault>,
}

/// All connections to one server.
pub struct Crowd {
    poll: Poll,
    members: Vec<Member>,
    coming: usize,
    ledger: Ledger,
    /// The member that each sender is.
    senders: Vec<usize>,
    speech: Speech,
    scratch: Vec<u8>,
    /// When times began.
    epoch: Instant,
    tally: Tally,
}

impl Crowd {
    /// Nobody, yet. `senders` will send, each of them with at most `under_way` messages on their way.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn new(senders: usize, under_way: usize, speech: Speech) -> Result<Crowd> {
        Ok(Crowd {
            poll: Poll::new()?,
            members: Vec::new(),
            coming: 0,
            ledger: Ledger::new(senders, under_way),
            senders: vec![usize::MAX; senders],
            speech,
            scratch: vec![0; READ],
            epoch: Instant::now(),
            tally: Tally::new(false)?,
        })
    }

    /// How many are connected.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How long it took everybody to come in, in nanoseconds, from before the connection to the last answer.
    pub fn joining(&self) -> &Histogram<u64> {
        &self.tally.joining
    }

    /// Lets somebody in, while others are still coming.
    ///
    /// # Errors
    /// When the server does not let them in.
    pub fn join(&mut self, script: Script, part: Part) -> Result<()> {
        let began = Instant::now();
        let socket = connect(script.address, part.stalled)?;
        let number = self.members.len();
        self.poll.add(&socket, number)?;
        for sender in part.hears.clone().filter(|sender| part.listens(*sender)) {
            self.ledger.listen(sender);
        }
        if let Some(sender) = part.sends {
            self.senders[sender] = number;
        }
        self.members.push(Member {
            socket,
            steps: script.steps.into_iter(),
            until: None,
            began,
            framing: script.framing,
            partial: Vec::new(),
            line: Vec::new(),
            outbox: Outbox::default(),
            hint: 0,
            next: vec![0; part.hears.len()],
            part,
        });
        self.coming += 1;
        self.step(number)?;
        self.wait_for(COMING)
    }

    /// Waits until everybody has come in.
    ///
    /// # Errors
    /// When the server does not let them in.
    pub fn gather(&mut self) -> Result<()> {
        self.wait_for(1)
    }

    /// Reads what comes, until nothing has come for `quiet`.
    ///
    /// # Errors
    /// When a connection is broken.
    pub fn rest(&mut self, quiet: Duration) -> Result<()> {
        let mut last = Instant::now();
        loop {
            let left = quiet.saturating_sub(last.elapsed());
            match self.turn(Some(left))? {
                0 if last.elapsed() >= quiet => return Ok(()),
                0 => {}
                _ => last = Instant::now(),
            }
        }
    }

    /// Makes a load for so long, then waits for what is under way.
    ///
    /// # Errors
    /// When the system fails; a server's fault is in the outcome.
    pub fn run(&mut self, load: Load, time: Duration) -> Result<Outcome> {
        let joining = self.tally.joining.clone();
        self.tally = Tally { joining, ..Tally::new(matches!(load, Load::Rate(_)))? };
        let mut pace = Pace { load, sent: 0, lateness: histogram()? };
        let (start, cpu) = (self.now(), own_cpu());
        let (end, mut progress) = (start + nanoseconds(time), (start, 0));
        while self.tally.fault.is_none() {
            let now = self.now();
            if now < end {
                self.send(&mut pace, start, now)?;
            } else if self.ledger.is_done() {
                break;
            }
            if self.tally.deliveries > progress.1 {
                progress = (now, self.tally.deliveries);
            } else if now > progress.0.max(pace.due(start)) + nanoseconds(PATIENCE) {
                self.tally.fault = Some(Fault::Lost(self.ledger.missing()));
            }
            self.turn(Some(pace.pause(start, self.now())))?;
        }
        let time = Duration::from_nanos(self.now() - start);
        let generator = own_cpu().saturating_sub(cpu).as_secs_f64() / time.as_secs_f64();
        let Tally { deliveries, bytes, .. } = self.tally;
        let latency = self.tally.latency.clone();
        let Pace { sent: messages, lateness, .. } = pace;
        Ok(Outcome { messages, deliveries, bytes, time, generator, latency, lateness, fault: self.tally.fault.clone() })
    }

    fn now(&self) -> u64 {
        nanoseconds(self.epoch.elapsed())
    }

    fn wait_for(&mut self, coming: usize) -> Result<()> {
        let start = Instant::now();
        while self.coming >= coming {
            if start.elapsed() > PATIENCE {
                bail!("{} of {} have not been let in", self.coming, self.members.len());
            }
            self.turn(Some(PATIENCE))?;
        }
        match &self.tally.fault {
            Some(fault) => bail!("while they came in: {fault}"),
            None => Ok(()),
        }
    }

    /// Sends what the load has due.
    fn send(&mut self, pace: &mut Pace, start: u64, now: u64) -> Result<()> {
        match pace.load {
            Load::Window(window) => {
                for sender in 0..self.senders.len() {
                    let room = window.saturating_sub(self.ledger.under_way(sender));
                    pace.sent += room;
                    self.say(sender, room, now)?;
                }
            }
            Load::Rate(_) => {
                let senders = self.senders.len() as u64;
                while pace.due(start) <= now {
                    let sender = usize::try_from(pace.sent % senders)?;
                    if !self.ledger.has_room(sender) {
                        break;
                    }
                    let due = pace.due(start);
                    pace.lateness.saturating_record(now - due);
                    pace.sent += 1;
                    self.say(sender, 1, due)?;
                }
            }
        }
        Ok(())
    }

    fn say(&mut self, sender: usize, count: u64, due: u64) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for _ in 0..count {
            let (number, text) = self.ledger.send(sender, due);
            (self.speech)(sender, number, &text, &mut bytes);
        }
        self.write(self.senders[sender], &bytes)
    }

    fn write(&mut self, number: usize, bytes: &[u8]) -> Result<()> {
        let member = &mut self.members[number];
        member.outbox.write(&mut member.socket, bytes).context("cannot write to the server")?;
        if !member.outbox.is_empty() {
            self.poll.want_room(&member.socket, number, true)?;
        }
        Ok(())
    }

    /// Waits once and reads from all who are ready: how many.
    fn turn(&mut self, time: Option<Duration>) -> Result<usize> {
        let count = self.poll.wait(time)?;
        for index in 0..count {
            let ready = self.poll.ready(index);
            if ready.write {
                let member = &mut self.members[ready.number];
                member.outbox.flush(&mut member.socket)?;
                if member.outbox.is_empty() {
                    self.poll.want_room(&member.socket, ready.number, false)?;
                }
            }
            if ready.read {
                self.read(ready.number)?;
            }
        }
        Ok(count)
    }

    fn read(&mut self, number: usize) -> Result<()> {
        let member = &mut self.members[number];
        let count = match member.socket.read(&mut self.scratch) {
            Ok(count @ 1..) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Ok(0) | Err(_) => {
                self.tally.fault = Some(Fault::Ended);
                return self.poll.remove(&member.socket);
            }
        };
        self.tally.bytes += count as u64;
        if member.until.is_some() {
            member.partial.extend_from_slice(&self.scratch[..count]);
            return self.step(number);
        }
        let now = if self.tally.timed { nanoseconds(self.epoch.elapsed()) } else { 0 };
        let answer = if member.partial.is_empty() {
            let bytes = &self.scratch[..count];
            let (used, answer) = member.hear(bytes, &mut self.ledger, &mut self.tally, now);
            member.partial.extend_from_slice(&bytes[used..]);
            answer
        } else {
            let mut bytes = std::mem::take(&mut member.partial);
            bytes.extend_from_slice(&self.scratch[..count]);
            let (used, answer) = member.hear(&bytes, &mut self.ledger, &mut self.tally, now);
            bytes.drain(..used);
            member.partial = bytes;
            answer
        };
        if answer.is_empty() { Ok(()) } else { self.write(number, &answer) }
    }

    /// Goes on with coming in, as far as the answers go.
    fn step(&mut self, number: usize) -> Result<()> {
        loop {
            let member = &mut self.members[number];
            if !member.answered() {
                return Ok(());
            }
            let Some(step) = member.steps.next() else { break };
            member.until = Some(step.until);
            self.write(number, &step.say)?;
        }
        self.coming -= 1;
        let member = &mut self.members[number];
        self.tally.joining.saturating_record(nanoseconds(member.began.elapsed()));
        if member.part.stalled {
            self.poll.remove(&member.socket)?;
        }
        Ok(())
    }
}

/// How a load goes on.
struct Pace {
    load: Load,
    sent: u64,
    lateness: Histogram<u64>,
}

impl Pace {
    /// When the next message is meant to be sent, for a load that began then.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn due(&self, start: u64) -> u64 {
        match self.load {
            Load::Window(_) => start,
            Load::Rate(rate) => start + (self.sent as f64 * 1e9 / rate) as u64,
        }
    }

    /// How long nothing is to be sent.
    fn pause(&self, start: u64, now: u64) -> Duration {
        match self.load {
            Load::Window(_) => Duration::from_millis(100),
            Load::Rate(_) => Duration::from_nanos(self.due(start).saturating_sub(now)).min(Duration::from_millis(100)),
        }
    }
}

/// Connects; the backlog of every server takes it at once.
fn connect(address: SocketAddr, stalled: bool) -> Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if stalled {
        // The least the kernel gives: what nobody reads should wait in the server.
        socket.set_recv_buffer_size(4096)?;
    }
    socket.connect(&address.into()).with_context(|| format!("nobody answers at {address}"))?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The CPU time of this thread.
fn own_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
