//! What the page shows, keyed by room. Pure: events in, rows out.

use std::rc::Rc;

use commonroom_protocol::{Code, Seq, ServerFrame};

use crate::address::RoomName;
use crate::backoff::Stop;
use crate::command::Mistake;
use crate::outbox::Entry;
pub use log::{Log, ROWS};
pub use room::{Call, RoomView};
pub use row::{Local, Note, Row, RowKind, SaidRow};
pub use search::Found;
pub use unread::Unread;

mod log;
mod room;
mod row;
mod search;
mod unread;

/// Rooms that are open at once in one tab: each has a connection.
pub const OPEN: usize = 10;

/// What changes the rooms.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// This room is open from now on.
    Enter(RoomName),
    /// This room is open no more.
    Leave(RoomName),
    /// This has happened in the room, in this order.
    Events(RoomName, Vec<Event>),
}

/// One thing that has happened in a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The connection is in another state.
    Link(Link),
    /// The server has said this, and it is the next thing it said.
    Frame(ServerFrame),
    /// What is not in the log yet.
    Outbox(Rc<[Entry]>),
    /// The page itself has something to say.
    Local(Local),
    /// The server was asked this, under this number: the answer bears it.
    Asked(u64, Question),
    /// Another name was asked for in its own place: a refusal is shown there, not in the log.
    NameAsked,
    /// The last message that was read at an earlier visit, in this history.
    Kept {
        /// The history.
        epoch: Rc<str>,
        /// The message.
        read: Seq,
    },
    /// This is what somebody looks at from now on.
    Attended(Look),
    /// Somebody wants to look at a message, or has arrived there.
    Target(Option<Seq>),
}

/// What of a room somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its end: what comes is read.
    End,
    /// Something above its end, and wants to find it there again.
    Above,
    /// Nothing, at the moment.
    Away,
}

/// What the server is asked and answers with a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A page of history.
    History(Reach),
    /// The newest messages with these words.
    Search {
        /// The words.
        query: String,
        /// Only before this message.
        before: Option<Seq>,
    },
}

/// Which page of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What was said before this.
    Older(Seq),
    /// What was said after this.
    Newer(Seq),
    /// What was said on both sides of this.
    Around(Seq),
    /// What was said last; the newest message is this.
    Latest(Seq),
}

/// The state of a room's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// A connection is being made, or is replaying what was missed.
    #[default]
    Connecting,
    /// Everything said so far has been told, and what is said now goes out.
    Connected,
    /// Another attempt comes after so many seconds.
    Waiting(u32),
    /// The same, and the browser knows of no network.
    Offline,
    /// No other attempt is made.
    Stopped(Stop),
}

/// What has become of the wish for another name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// There is none, or it came true.
    #[default]
    Idle,
    /// The server has been asked.
    Asked,
    /// The server refuses: the code, and the reason in its words.
    Refused(Code, Rc<str>),
}

/// Every room that is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatState {
    rooms: Vec<(RoomName, Rc<RoomView>)>,
}

impl ChatState {
    /// These rooms are open, and nothing has happened in them.
    pub fn of(names: impl IntoIterator<Item = RoomName>) -> Self {
        let mut state = ChatState::default();
        names.into_iter().for_each(|name| state.enter(&name));
        state
    }

    /// The names of the open rooms, in the order in which they were opened.
    pub fn names(&self) -> impl Iterator<Item = &RoomName> {
        self.rooms.iter().map(|(name, _)| name)
    }

    /// The room, as it is now; an empty one if nothing has happened in it.
    pub fn room(&self, name: &RoomName) -> Rc<RoomView> {
        let known = self.rooms.iter().find(|(known, _)| known == name);
        known.map_or_else(|| Rc::new(RoomView::new(name)), |(_, room)| Rc::clone(room))
    }

    /// Takes in a change, at this time in milliseconds since the epoch.
    pub fn change(&mut self, change: Change, now: i64) {
        match change {
            Change::Enter(name) => self.enter(&name),
            Change::Leave(name) => self.rooms.retain(|(known, _)| *known != name),
            Change::Events(name, events) => self.apply(&name, events, now),
        }
    }

    /// Of [`OPEN`] others, the first closes for it in which nothing waits to be said.
    fn enter(&mut self, name: &RoomName) {
        if self.rooms.iter().all(|(known, _)| known != name) {
            if self.rooms.len() >= OPEN
                && let Some(at) = self.rooms.iter().position(|(_, room)| room.outbox.is_empty())
            {
                self.rooms.remove(at);
            }
            self.rooms.push((name.clone(), Rc::new(RoomView::new(name))));
        }
    }

    /// One looks at one room at a time.
    fn look(&mut self, name: &RoomName, now: i64) {
        for (_, room) in
            self.rooms.iter_mut().filter(|(known, room)| known != name && (room.unread.attended() || room.log.held))
        {
            Rc::make_mut(room).apply(Event::Attended(Look::Away), now);
        }
    }

    /// What is still told of a room that was left is left out.
    fn apply(&mut self, name: &RoomName, events: Vec<Event>, now: i64) {
        if matches!(events[..], [Event::Attended(_)]) {
            self.look(name, now);
        }
        if let Some((_, room)) = self.rooms.iter_mut().find(|(known, _)| known == name) {
            let room = Rc::make_mut(room);
            for event in events {
                room.apply(event, now);
            }
        }
    }
}

impl From<Mistake> for Event {
    fn from(mistake: Mistake) -> Self {
        Event::Local(Local::Mistake(mistake))
    }
}

#[cfg(test)]
mod tests;
