//! One room as the page shows it, and what each frame makes of it.

use std::rc::Rc;

use commonroom_protocol::{Code, GapWhy, Join, Present, Said, Seq, ServerFrame, Via, Welcome};

use super::log::Log;
use super::row::{Note, SaidRow};
use super::search::Found;
use super::unread::Unread;
use super::{Event, Link, Look, Naming, Question, Reach};
use crate::address::RoomName;
use crate::backoff::Stop;
use crate::command::written;
use crate::mention::mentions;
use crate::outbox::Entry;

/// One room.
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
    /// What was said, and what has happened.
    pub log: Log,
    /// What of it has not been read.
    pub unread: Unread,
    /// The message that one wants to look at.
    pub target: Option<Seq>,
    /// Times that one has wanted to look at a message: the same one may be wanted again.
    pub wanted: usize,
    /// What came last while nobody looked: it may be worth a sound.
    pub call: Option<Call>,
    /// What a search has found.
    pub found: Rc<Found>,
    /// What comes after the log: not said yet, or refused.
    pub outbox: Rc<[Entry]>,
    /// The first [`commonroom_protocol::limits::ROSTER`] of those here.
    pub people: Rc<Vec<Present>>,
    /// How many are here.
    pub here: usize,
    /// Where others can come in.
    pub join: Rc<Join>,
    /// Bytes in one text that the server takes.
    pub text_limit: usize,
    /// How often one has done something here that shows at the end of the log.
    pub done: usize,
    /// How many messages of others have come since the page was opened.
    pub heard: usize,
    /// How often a plain socket has come or said something while the page was open.
    pub arrived: usize,
    /// The server's history: seqs count in it alone. Empty before the first `welcome`.
    pub epoch: Rc<str>,
    /// The question that has no answer yet, by its number.
    asked: Option<(u64, Question)>,
    /// The last message read at an earlier visit, and the history it is of.
    kept: Option<(Rc<str>, Seq)>,
    by: String,
    oldest: Seq,
    now: i64,
}

/// Something that came while nobody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Another one has another number.
    pub number: usize,
    /// Who says it.
    pub from: Rc<str>,
    /// The words.
    pub text: Rc<str>,
    /// It means the reader: by name, or as a whisper.
    pub mention: bool,
}

impl RoomView {
    pub(super) fn new(name: &RoomName) -> Self {
        RoomView {
            name: name.as_str().into(),
            link: Link::default(),
            lost: false,
            you: "".into(),
            naming: Naming::default(),
            log: Log::default(),
            unread: Unread::default(),
            target: None,
            wanted: 0,
            call: None,
            found: Rc::default(),
            outbox: Rc::new([]),
            people: Rc::default(),
            here: 0,
            join: Rc::default(),
            text_limit: commonroom_protocol::limits::TEXT_BYTES,
            done: 0,
            heard: 0,
            arrived: 0,
            epoch: "".into(),
            asked: None,
            kept: None,
            by: String::new(),
            oldest: Seq(1),
            now: 0,
        }
    }

    /// What to ask for to see what stands above the rows; none where they begin with the oldest message.
    pub fn older(&self) -> Option<Reach> {
        let first = self.log.first().filter(|first| first.prev >= self.oldest)?;
        Some(Reach::Older(first.seq))
    }

    /// What to ask for to see the oldest message; none where the rows begin with it.
    pub fn first(&self) -> Option<Reach> {
        self.older().map(|_| Reach::Around(self.oldest))
    }

    /// What to ask for to see what stands below the rows; none where they end with the newest message.
    pub fn newer(&self) -> Option<Reach> {
        self.log.last().filter(|_| self.log.away).map(|last| Reach::Newer(last.seq))
    }

    /// What to ask for to be at the end; none where the rows end with the newest message.
    pub fn latest(&self) -> Option<Reach> {
        self.log.away.then_some(Reach::Latest(self.log.newest))
    }

    /// A page of history was asked for and has not come.
    pub fn loading(&self) -> bool {
        matches!(self.asked, Some((_, Question::History(_))))
    }

    /// A search was asked for and has not answered.
    pub fn searching(&self) -> bool {
        matches!(self.asked, Some((_, Question::Search { .. })))
    }

    /// It is no room that anybody is let into.
    pub fn closed(&self) -> bool {
        self.link == Link::Stopped(Stop::Room)
    }

    /// What this tab has said last, as one would write it.
    pub fn last_own(&self) -> Option<String> {
        if let Some(entry) = self.outbox.last() {
            return Some(written(&entry.text, entry.me));
        }
        let own = self.log.rows.iter().rev().filter_map(|row| row.said()).find(|row| row.own)?;
        Some(written(&own.said.text, own.said.me))
    }

    pub(super) fn apply(&mut self, event: Event, now: i64) {
        self.now = now;
        match event {
            Event::Link(link) => {
                self.link = link;
                self.lost |= matches!(link, Link::Waiting(_) | Link::Offline | Link::Stopped(_));
                (self.naming, self.asked) = (Naming::Idle, None);
            }
            Event::Frame(frame) => self.frame(frame),
            Event::Outbox(entries) => {
                self.done += usize::from(entries.len() > self.outbox.len());
                self.outbox = entries;
            }
            Event::Local(local) => {
                self.done += 1;
                self.note(Note::Local(local));
            }
            Event::Asked(number, question) => self.asked = Some((number, question)),
            Event::NameAsked => self.naming = Naming::Asked,
            Event::Kept { epoch, read } => self.kept = Some((epoch, read)),
            Event::Attended(look) => {
                self.log.held = look == Look::Above;
                self.unread.attend(look == Look::End, self.log.newest);
            }
            Event::Target(target) => {
                (self.target, self.wanted) = (target, self.wanted + 1);
            }
        }
    }

    fn frame(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(*welcome),
            ServerFrame::Said(said) => self.said(said),
            ServerFrame::Gap { from, to, why } => self.gap(from, to, why),
            ServerFrame::Live { .. } => {
                (self.link, self.lost) = (Link::Connected, false);
                self.unread.live(self.log.newest);
            }
            ServerFrame::Joined { nick, via } => self.joined(Present { nick, via }),
            ServerFrame::Left { nick } => self.left(nick),
            ServerFrame::Renamed { from, to } => self.renamed(from, to),
            ServerFrame::Crowd { joined, left, here } => {
                self.here = here;
                self.note(Note::Crowd { joined, left });
            }
            ServerFrame::Whispered(whispered) => {
                if whispered.by == self.by {
                    self.done += 1;
                } else {
                    self.unread.whispered();
                    self.call(&whispered.from, &whispered.text, true);
                }
                self.note(Note::Whispered(whispered));
            }
            ServerFrame::Refused { n, code, message, .. } => self.refused(n, code, message),
            ServerFrame::Page { n, said, more, hits, .. } => self.page(n, said, more, hits),
            ServerFrame::Roster { here, roster, .. } => {
                self.here = here;
                self.people = Rc::new(roster);
            }
            ServerFrame::Notice { code, message, about } => self.note(Note::Notice { code, message, about }),
            ServerFrame::Rooms { rooms, .. } => self.note(Note::Rooms(rooms)),
            ServerFrame::Pong { .. } | ServerFrame::Bye { .. } | ServerFrame::Unknown => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        if *self.epoch != *welcome.epoch {
            self.unread.forget();
            // Seqs are other messages' now.
            (self.target, self.found) = (None, Rc::default());
            let kept = self.kept.take().filter(|(epoch, _)| **epoch == *welcome.epoch);
            self.unread.read = kept.map(|(_, read)| read);
        }
        self.name = welcome.room.into();
        self.you = welcome.you.into();
        self.by = welcome.by;
        self.epoch = welcome.epoch.into();
        self.oldest = welcome.oldest;
        self.here = welcome.here;
        self.people = Rc::new(welcome.roster);
        self.join = Rc::new(welcome.join);
        self.text_limit = welcome.limits.text;
    }

    fn said(&mut self, said: Said) {
        let row = self.said_row(said);
        let live = self.link == Link::Connected;
        self.unread.came(row.said.seq, live, row.own, row.mention);
        if live && !row.own {
            self.heard += 1;
            self.arrival(row.said.via);
            self.call(&row.said.from, &row.said.text, row.mention);
        }
        self.log.push(row);
    }

    fn said_row(&self, said: Said) -> SaidRow {
        let own = said.by == self.by;
        SaidRow { own, mention: !own && mentions(&said.text, &self.you), rewound: false, said }
    }

    fn call(&mut self, from: &str, text: &str, mention: bool) {
        if !self.unread.attended() {
            let number = self.call.as_ref().map_or(0, |call| call.number) + 1;
            self.call = Some(Call { number, from: from.into(), text: text.into(), mention });
        }
    }

    fn arrival(&mut self, via: Via) {
        self.arrived += usize::from(matches!(via, Via::Tcp | Via::Api));
    }

    fn gap(&mut self, from: Seq, to: Seq, why: GapWhy) {
        if why == GapWhy::Rewound {
            self.log.rewind();
        }
        self.note(Note::Gap { from, to, why });
    }

    fn joined(&mut self, present: Present) {
        if self.person(&present.nick).is_none() {
            self.here += 1;
            self.arrival(present.via);
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

    fn refused(&mut self, n: Option<u64>, code: Code, message: String) {
        if let Some(Question::Search { query, .. }) = self.answered(n) {
            self.found = Found::refused(query, code, message).into();
        } else if self.naming == Naming::Asked && matches!(code, Code::NickTaken | Code::NickBad | Code::Rate) {
            self.naming = Naming::Refused(code, message.into());
        } else {
            self.note(Note::Refused { code, message });
        }
    }

    /// The question that this is the answer to; none for an answer that nobody waits for any more.
    fn answered(&mut self, n: Option<u64>) -> Option<Question> {
        let (_, question) = self.asked.take_if(|(number, _)| Some(*number) == n)?;
        Some(question)
    }

    fn page(&mut self, n: Option<u64>, said: Vec<Said>, more: bool, hits: Option<Box<[Seq]>>) {
        match self.answered(n) {
            Some(Question::History(reach)) => {
                let rows = said.into_iter().map(|said| self.said_row(said)).collect();
                match reach {
                    Reach::Older(_) | Reach::Newer(_) => self.log.join(rows),
                    Reach::Around(_) | Reach::Latest(_) => self.log.replace(rows),
                }
            }
            Some(Question::Search { query, before }) => {
                let found = Rc::make_mut(&mut self.found);
                found.take(query, before, said, more, hits.unwrap_or_default());
            }
            None => {}
        }
    }

    fn note(&mut self, note: Note) {
        self.log.note(note, self.now);
    }
}
