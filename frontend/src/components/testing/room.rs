//! A room in which what a test wants has happened.

use commonroom_protocol::{Join, Limits, Present, Said, Seq, ServerFrame, VERSION, Via, Welcome};
use js_sys::Date;

use crate::address::RoomName;
use crate::hooks::View;
use crate::outbox::Outbox;
use crate::state::{Change, ChatState, Event, Look};
use crate::text::{ENGLISH, Text};

/// The words of the page: English.
pub(crate) fn words() -> &'static Text {
    &ENGLISH
}

/// Who looks at the room.
pub(crate) const ME: &str = "ana";
/// For times, which are in Unix milliseconds.
pub(crate) const MINUTE_MS: i64 = 60_000;

/// The room "ops", connected, with two people in it.
pub(crate) struct Room {
    place: RoomName,
    state: ChatState,
    head: u64,
    now: i64,
}

impl Room {
    /// So many messages have been said here, and the server has them, but not the page. Somebody looks at its end.
    pub(crate) fn after(head: u64) -> Self {
        let place = RoomName::from_path("/r/ops");
        let mut room = Room { state: ChatState::of([place.clone()]), place, head, now: date(22, 12, 3) };
        room.frame(ServerFrame::Welcome(Box::new(welcome(head))));
        room.frame(ServerFrame::Live { head: Seq(head) });
        room.event(Event::Attended(Look::End));
        room
    }

    /// A new room: nothing has ever been said here.
    pub(crate) fn new() -> Self {
        Self::after(0)
    }

    /// It is that time from now on.
    pub(crate) fn at(&mut self, now: i64) -> &mut Self {
        self.now = now;
        self
    }

    /// It is so many minutes later.
    pub(crate) fn later(&mut self, minutes: i64) -> &mut Self {
        self.at(self.now + minutes * MINUTE_MS)
    }

    /// Somebody says something now.
    pub(crate) fn say(&mut self, from: &str, text: &str) -> &mut Self {
        let prev = Seq(self.head);
        self.head += 1;
        self.frame(ServerFrame::Said(said(Seq(self.head), prev, self.now, from, text)))
    }

    /// Bob says `count` times something else.
    pub(crate) fn chatter(&mut self, count: u64) -> &mut Self {
        for _ in 0..count {
            self.say("bob", &format!("message {}", self.head + 1));
        }
        self
    }

    /// What one has not said yet.
    pub(crate) fn outbox(&mut self, outbox: &Outbox) -> &mut Self {
        self.event(Event::Outbox(outbox.entries().into()))
    }

    /// The server sends this.
    pub(crate) fn frame(&mut self, frame: ServerFrame) -> &mut Self {
        self.event(Event::Frame(frame))
    }

    /// This happens.
    pub(crate) fn event(&mut self, event: Event) -> &mut Self {
        self.state.change(Change::Events(self.place(), vec![event]), self.now);
        self
    }

    /// The room as it is now.
    pub(crate) fn view(&self) -> View {
        self.state.room(&self.place).into()
    }

    /// Its address.
    pub(crate) fn place(&self) -> RoomName {
        self.place.clone()
    }
}

/// A time here in November 2024, long enough ago to have a date. The page shows local times, so that a test must not name others.
#[expect(clippy::cast_possible_truncation, reason = "times are below 2^53")]
pub(crate) fn date(day: i32, hours: i32, minutes: i32) -> i64 {
    Date::new_with_year_month_day_hr_min(2024, 10, day, hours, minutes).get_time() as i64
}

/// A message whose sender's public id is the name.
pub(crate) fn said(seq: Seq, prev: Seq, at: i64, from: &str, text: &str) -> Said {
    let (from, text, cid) = (from.to_owned(), text.to_owned(), format!("cid-{}", seq.0));
    Said { seq, prev, at, by: from.clone(), from, via: Via::Tcp, text, cid, me: false }
}

fn welcome(head: u64) -> Welcome {
    let here = |nick: &str, via| Present { nick: nick.into(), via };
    Welcome {
        v: VERSION,
        build: String::new(),
        room: "ops".into(),
        you: ME.into(),
        by: ME.into(),
        epoch: "e".into(),
        head: Seq(head),
        oldest: Seq(1),
        durable: "memory".into(),
        here: 2,
        roster: vec![here(ME, Via::Web), here("bob", Via::Tcp)],
        ping_ms: 25_000,
        limits: Limits { text: 100, nick: 32, burst: 20, per_second: 10 },
        join: Join::default(),
    }
}
