//! One room's connection, made again as often as it breaks. One task owns the socket; it ends when [`Socket`] is dropped.
//! What a frame means is the session's to say; when to come back is the back-off's.

use commonroom_protocol::{ClientFrame, ServerFrame, limits};
use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures_util::future::Fuse;
use futures_util::{FutureExt, StreamExt, select_biased};
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use web_sys::VisibilityState;

use crate::address::RoomName;
use crate::backoff::{Backoff, End, Next};
use crate::browser;
use crate::frame::{client_frame, server_frame};
use crate::intl;
use crate::session::{Broken, Command, Session, Turn};
use crate::state::{Event, Link};
use crate::storage;
use crate::upgrade;
use crate::wire::{Signal, Wire};

/// A connection that has brought no `welcome` after this is given up.
const CONNECT_MS: u32 = 15_000;
/// Frames taken in before the page is drawn again.
const BATCH: usize = 500;
/// What is replayed is shown at once, but nobody waits longer for it than this, nor for more than [`BATCH`] events.
const REPLAY_MS: u32 = 1000;
const CID_CHARS: usize = 12;
const SECOND_MS: u32 = 1000;
/// The code of an end that we made ourselves.
const OURS: u16 = 0;

/// A room's connection as the page holds it.
pub(crate) struct Socket {
    commands: UnboundedSender<Command>,
    _wakers: [EventListener; 2],
}

impl Socket {
    /// Connects, and goes on connecting. `tell` gets what happens, in order, many at a time.
    pub(crate) fn open(room: RoomName, tell: impl Fn(Vec<Event>) + 'static) -> Self {
        let (sender, commands) = mpsc::unbounded();
        let mut session = Session::new(room.clone(), storage::client(), storage::nick(), storage::outbox(&room));
        session.password = storage::password(&room);
        if let Some((epoch, read)) = storage::last_read(&room) {
            tell(vec![Event::Kept { epoch, read }]);
        }
        let task = Task { room, session, commands, backoff: Backoff::default(), tell: Box::new(tell) };
        wasm_bindgen_futures::spawn_local(task.run());
        Socket { _wakers: wakers(&sender), commands: sender }
    }

    /// Passes on what the user asks.
    pub(crate) fn command(&self, command: Command) {
        let _ = self.commands.unbounded_send(command);
    }
}

/// A network that is back or a tab that is looked at again does not wait for the back-off.
fn wakers(commands: &UnboundedSender<Command>) -> [EventListener; 2] {
    let document = gloo_utils::document();
    let (online, visible) = (commands.clone(), commands.clone());
    [
        EventListener::new(&gloo_utils::window(), "online", move |_| {
            let _ = online.unbounded_send(Command::Wake);
        }),
        EventListener::new(&document.clone(), "visibilitychange", move |_| {
            if document.visibility_state() == VisibilityState::Visible {
                let _ = visible.unbounded_send(Command::Wake);
            }
        }),
    ]
}

struct Task {
    room: RoomName,
    session: Session,
    commands: UnboundedReceiver<Command>,
    backoff: Backoff,
    tell: Box<dyn Fn(Vec<Event>)>,
}

impl Task {
    async fn run(mut self) {
        self.settle(Turn { outbox: true, ..Turn::default() }, None);
        while let Some(end) = self.connection().await {
            let wait = match self.backoff.after(&end, browser::random()) {
                Next::Stop(why) => {
                    (self.tell)(vec![Event::Link(Link::Stopped(why))]);
                    if !self.stopped().await {
                        return;
                    }
                    continue;
                }
                Next::Wait(ms) => ms,
                Next::Renew(ms) => {
                    let mut turn = Turn::default();
                    self.session.renew(storage::client_but(self.session.client()), &mut turn);
                    self.settle(turn, None);
                    ms
                }
            };
            if !self.wait(wait).await {
                return;
            }
        }
    }

    /// One connection from its beginning to its end. None when the room is left.
    async fn connection(&mut self) -> Option<End> {
        (self.tell)(vec![Event::Link(Link::Connecting)]);
        let Some(mut wire) = Wire::open() else { return Some(self.session.ended(OURS)) };
        let mut silence = Silence::new();
        let mut replay = Replay::new();
        loop {
            let mut turn = Turn::default();
            let mut replaying = false;
            // The user first: a flood of frames must not keep a command waiting.
            let closed = select_biased! {
                command = self.commands.next() => {
                    let Some(command) = command else {
                        wire.quit();
                        return None;
                    };
                    if command == Command::Wake {
                        silence.doubt(&mut turn);
                    }
                    self.session.command(command, browser::random_id(CID_CHARS), &mut turn);
                    None
                }
                signal = wire.next().fuse() => {
                    let closed = self.signals(signal, &mut wire, &mut silence, &mut turn).await;
                    replaying = closed.is_none() && !self.session.is_live() && !turn.outbox;
                    closed
                }
                () = &mut replay.timer => None,
                () = &mut silence.timer => {
                    let dead = silence.doubted;
                    silence.doubt(&mut turn);
                    dead.then_some(OURS)
                }
            };
            replay.hold(&mut turn.events, replaying);
            self.settle(turn, Some(&wire));
            if let Some(code) = closed {
                return Some(self.session.ended(code));
            }
        }
    }

    /// Takes in a signal and those that have come with it. The close code, if the connection is at its end.
    async fn signals(&mut self, first: Signal, wire: &mut Wire, silence: &mut Silence, turn: &mut Turn) -> Option<u16> {
        if matches!(first, Signal::Text(_)) {
            // The browser hands over one frame in each of its turns: let those that have arrived come in.
            TimeoutFuture::new(0).await;
        }
        let mut next = Some(first);
        let mut left = BATCH;
        while let Some(signal) = next {
            match signal {
                Signal::Open => turn.send.push(self.session.hello()),
                Signal::Closed(code) => return Some(code),
                Signal::Text(text) if self.frame(&text, silence, turn) => {}
                Signal::Text(_) => return Some(OURS),
            }
            left -= 1;
            next = if left == 0 { None } else { wire.ready() };
        }
        None
    }

    /// False where the connection must end.
    fn frame(&mut self, text: &str, silence: &mut Silence, turn: &mut Turn) -> bool {
        let Some(frame) = browser::parsed(text).as_ref().and_then(server_frame) else {
            browser::warn("a frame that is none was left out");
            return true;
        };
        if let ServerFrame::Welcome(welcome) = &frame {
            self.backoff.reset();
            silence.every = Some(welcome.ping_ms);
            storage::visit(&welcome.room);
            upgrade::meet(&welcome.build);
        }
        silence.heard();
        let broken = self.session.receive(frame, turn).err();
        if broken == Some(Broken::Order) {
            browser::warn("what came does not follow what came before: this connection ends");
        }
        broken.is_none()
    }

    /// Does what follows: keeps, sends, tells.
    fn settle(&mut self, mut turn: Turn, wire: Option<&Wire>) {
        if turn.outbox {
            storage::keep_outbox(&self.room, self.session.outbox());
            turn.events.push(Event::Outbox(self.session.outbox().entries().into()));
        }
        if let Some(nick) = turn.nick {
            storage::keep_nick(&nick);
        }
        for frame in &turn.send {
            if let Some(wire) = wire {
                wire.send(&client_frame(frame));
            }
        }
        if !turn.events.is_empty() {
            (self.tell)(turn.events);
        }
    }

    /// Waits before the next attempt. False when the room is left.
    async fn wait(&mut self, ms: u32) -> bool {
        let until = intl::now() + i64::from(ms);
        // A hidden tab's ticks are slow: the time is another's to keep.
        let mut time = TimeoutFuture::new(ms).fuse();
        loop {
            let left = u32::try_from(until - intl::now()).unwrap_or_default();
            (self.tell)(vec![Event::Link(waiting(left))]);
            let mut tick = TimeoutFuture::new(left % SECOND_MS + 1).fuse();
            select_biased! {
                () = time => return true,
                () = tick => {}
                command = self.commands.next() => match command {
                    None => return false,
                    Some(Command::Wake) => return true,
                    Some(command) => self.without_connection(command),
                },
            }
        }
    }

    /// Waits for a word that may open the room. False when the room is left.
    async fn stopped(&mut self) -> bool {
        while let Some(command) = self.commands.next().await {
            let word = if let Command::Password(word) = &command { Some(word.clone()) } else { None };
            self.without_connection(command);
            if let Some(word) = word {
                storage::keep_password(&self.room, &word);
                return true;
            }
        }
        false
    }

    fn without_connection(&mut self, command: Command) {
        let mut turn = Turn::default();
        self.session.command(command, browser::random_id(CID_CHARS), &mut turn);
        self.settle(turn, None);
    }
}

fn waiting(ms: u32) -> Link {
    if browser::is_offline() { Link::Offline } else { Link::Waiting(ms.div_ceil(SECOND_MS)) }
}

/// What a connection has brought before it is live: the page is drawn once for all of it.
struct Replay {
    events: Vec<Event>,
    timer: Fuse<TimeoutFuture>,
}

impl Replay {
    fn new() -> Self {
        Replay { events: Vec::new(), timer: Fuse::terminated() }
    }

    /// Takes these events in; gives them back with those from before when it does not go on, or has become much.
    fn hold(&mut self, events: &mut Vec<Event>, goes_on: bool) {
        if self.events.is_empty() {
            self.timer = TimeoutFuture::new(REPLAY_MS).fuse();
        }
        self.events.append(events);
        if !goes_on || self.events.len() >= BATCH {
            *events = std::mem::take(&mut self.events);
            self.timer = Fuse::terminated();
        }
    }
}

/// How long the server has said nothing, and whether it has been asked why.
struct Silence {
    timer: Fuse<TimeoutFuture>,
    /// What the server's `welcome` asks for, in milliseconds; none before it.
    every: Option<u32>,
    doubted: bool,
}

impl Silence {
    fn new() -> Self {
        Silence { timer: TimeoutFuture::new(CONNECT_MS).fuse(), every: None, doubted: true }
    }

    fn heard(&mut self) {
        if let Some(every) = self.every {
            self.timer = TimeoutFuture::new(every).fuse();
            self.doubted = false;
        }
    }

    /// Asks whether the server is there, unless it has been asked already.
    fn doubt(&mut self, turn: &mut Turn) {
        if !self.doubted {
            self.doubted = true;
            self.timer = TimeoutFuture::new(limits::PONG_MS).fuse();
            turn.send.push(ClientFrame::Ping { n: None });
        }
    }
}
