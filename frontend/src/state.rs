//! What the page shows, keyed by room. Pure: events in, rows out.

use std::collections::VecDeque;
use std::rc::Rc;

use commonroom_protocol::{Code, GapWhy, Present, Said, Seq, ServerFrame, Welcome};

use crate::address::RoomName;
use crate::backoff::Stop;
use crate::command::{Mistake, written};
use crate::outbox::Entry;
pub use row::{Local, Note, Row, RowKind, SaidRow};

mod row;

/// Rows kept for each room. The oldest go; the server still has them.
pub const ROWS: usize = 2000;

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
    /// Older rows were asked for.
    OlderAsked,
    /// Another name was asked for in its own place: a refusal is shown there, not in the log.
    NameAsked,
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
    /// The room, as it is now; an empty one if nothing has happened in it.
    pub fn room(&self, name: &RoomName) -> Rc<RoomView> {
        let known = self.rooms.iter().find(|(known, _)| known == name);
        known.map_or_else(|| Rc::new(RoomView::new(name)), |(_, room)| Rc::clone(room))
    }

    /// Takes in what has happened in a room, in order, at this time in milliseconds since the epoch.
    pub fn apply(&mut self, name: &RoomName, events: Vec<Event>, now: i64) {
        let known = self.rooms.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            self.rooms.push((name.clone(), Rc::new(RoomView::new(name))));
            self.rooms.len() - 1
        });
        let room = Rc::make_mut(&mut self.rooms[at].1);
        room.now = now;
        for event in events {
            room.apply(event);
        }
    }
}

/// One room as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomView {
    /// The name: the address's, then the server's.
    pub name: Rc<str>,
    /// The connection.
    pub link: Link,
    /// It was lost, and is not there again yet.
    pub lost: bool,
    /// Your name here; empty before the first `welcome`.
    pub you: Rc<str>,
    /// The wish for another one.
    pub naming: Naming,
    /// The log, oldest first.
    pub rows: VecDeque<Rc<Row>>,
    /// What comes after the log: not said yet, or refused.
    pub outbox: Rc<[Entry]>,
    /// The first [`commonroom_protocol::limits::ROSTER`] of those here.
    pub people: Rc<Vec<Present>>,
    /// How many are here.
    pub here: usize,
    /// Where plain sockets come in, as `HOST:PORT`.
    pub tcp: Vec<String>,
    /// Bytes in one text that the server takes.
    pub text_limit: usize,
    /// Older rows have been asked for.
    pub loading: bool,
    by: String,
    oldest: Seq,
    next_id: u32,
    now: i64,
}

impl RoomView {
    fn new(name: &RoomName) -> Self {
        RoomView {
            name: name.as_str().into(),
            link: Link::default(),
            lost: false,
            you: "".into(),
            naming: Naming::default(),
            rows: VecDeque::new(),
            outbox: Rc::new([]),
            people: Rc::default(),
            here: 0,
            tcp: Vec::new(),
            text_limit: commonroom_protocol::limits::TEXT_BYTES,
            loading: false,
            by: String::new(),
            oldest: Seq(1),
            next_id: 0,
            now: 0,
        }
    }

    /// The message before which the server has more, if it has.
    pub fn older_than(&self) -> Option<Seq> {
        let first = self.rows.iter().find_map(|row| row.said())?;
        let more = !first.rewound && first.said.prev >= self.oldest && self.rows.len() < ROWS;
        more.then_some(first.said.seq)
    }

    /// What this tab has said last, as one would write it.
    pub fn last_own(&self) -> Option<String> {
        if let Some(entry) = self.outbox.last() {
            return Some(written(&entry.text, entry.me));
        }
        let own = self.rows.iter().rev().filter_map(|row| row.said()).find(|row| row.own)?;
        Some(written(&own.said.text, own.said.me))
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Link(link) => {
                self.link = link;
                self.lost |= matches!(link, Link::Waiting(_) | Link::Offline | Link::Stopped(_));
                self.naming = Naming::Idle;
                self.loading = false;
            }
            Event::Frame(frame) => self.frame(frame),
            Event::Outbox(entries) => self.outbox = entries,
            Event::Local(local) => self.note(Note::Local(local)),
            Event::OlderAsked => self.loading = true,
            Event::NameAsked => self.naming = Naming::Asked,
        }
    }

    fn frame(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(*welcome),
            ServerFrame::Said(said) => self.said(said),
            ServerFrame::Gap { from, to, why } => self.gap(from, to, why),
            ServerFrame::Live { .. } => (self.link, self.lost) = (Link::Connected, false),
            ServerFrame::Joined { nick, via } => self.joined(Present { nick, via }),
            ServerFrame::Left { nick } => self.left(nick),
            ServerFrame::Renamed { from, to } => self.renamed(from, to),
            ServerFrame::Crowd { joined, left, here } => {
                self.here = here;
                self.note(Note::Crowd { joined, left });
            }
            ServerFrame::Whispered(whispered) => self.note(Note::Whispered(whispered)),
            ServerFrame::Refused { code: code @ (Code::NickTaken | Code::NickBad | Code::Rate), message, .. }
                if self.naming == Naming::Asked =>
            {
                self.naming = Naming::Refused(code, message.into());
            }
            ServerFrame::Refused { code, message, .. } => {
                self.loading = false;
                self.note(Note::Refused { code, message });
            }
            ServerFrame::Page { said, .. } => self.page(said),
            ServerFrame::Roster { here, roster, .. } => {
                self.here = here;
                self.people = Rc::new(roster);
            }
            ServerFrame::Notice { code, message, about } => self.note(Note::Notice { code, message, about }),
            ServerFrame::Rooms { .. } | ServerFrame::Pong { .. } | ServerFrame::Bye { .. } | ServerFrame::Unknown => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        self.name = welcome.room.into();
        self.you = welcome.you.into();
        self.by = welcome.by;
        self.oldest = welcome.oldest;
        self.here = welcome.here;
        self.people = Rc::new(welcome.roster);
        self.tcp = welcome.join.tcp;
        self.text_limit = welcome.limits.text;
    }

    fn said(&mut self, said: Said) {
        let row = self.said_row(said);
        self.push(row);
    }

    fn said_row(&mut self, said: Said) -> Row {
        let at = said.at;
        self.row(at, RowKind::Said(SaidRow { own: said.by == self.by, rewound: false, said }))
    }

    fn gap(&mut self, from: Seq, to: Seq, why: GapWhy) {
        if why == GapWhy::Rewound {
            for row in &mut self.rows {
                if let RowKind::Said(said) = &mut Rc::make_mut(row).kind {
                    said.rewound = true;
                }
            }
        }
        self.note(Note::Gap { from, to, why });
    }

    fn joined(&mut self, present: Present) {
        if self.person(&present.nick).is_none() {
            self.here += 1;
            Rc::make_mut(&mut self.people).push(present.clone());
            self.note(Note::Joined(present));
        }
    }

    fn left(&mut self, nick: String) {
        if let Some(at) = self.person(&nick) {
            Rc::make_mut(&mut self.people).remove(at);
        }
        self.here = self.here.saturating_sub(1);
        self.note(Note::Left(nick));
    }

    fn renamed(&mut self, from: String, to: String) {
        if let Some(at) = self.person(&from) {
            Rc::make_mut(&mut self.people)[at].nick.clone_from(&to);
        }
        if *self.you == *from {
            self.you = to.as_str().into();
            self.naming = Naming::Idle;
        }
        self.note(Note::Renamed { from, to });
    }

    fn person(&self, nick: &str) -> Option<usize> {
        self.people.iter().position(|person| person.nick == nick)
    }

    /// Puts a page of history above what is there, without what is there already.
    fn page(&mut self, page: Vec<Said>) {
        self.loading = false;
        let Some(first) = self.older_than() else { return };
        for said in page.into_iter().rev().filter(|said| said.seq < first) {
            let row = self.said_row(said);
            self.rows.push_front(Rc::new(row));
        }
    }

    fn note(&mut self, note: Note) {
        // Our clock may be behind the server's: what comes after a message is not before it.
        let at = self.rows.back().map_or(self.now, |last| last.at.max(self.now));
        let row = self.row(at, RowKind::Note(note));
        self.push(row);
    }

    fn push(&mut self, row: Row) {
        self.rows.push_back(Rc::new(row));
        while self.rows.len() > ROWS {
            self.rows.pop_front();
        }
    }

    fn row(&mut self, at: i64, kind: RowKind) -> Row {
        self.next_id = self.next_id.wrapping_add(1);
        Row { id: self.next_id, at, kind }
    }
}

impl From<Mistake> for Event {
    fn from(mistake: Mistake) -> Self {
        Event::Local(Local::Mistake(mistake))
    }
}

#[cfg(test)]
mod tests;
