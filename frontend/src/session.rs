//! What one room's connections have in common: the place in the log, the outbox, the name. It decides what a frame means
//! for the resume and what is sent in answer; it knows no socket, no clock and no page.
//!
//! Resume before resend: `hello` with the place, everything up to `live`, then the outbox.

use commonroom_protocol::{ByeCode, ClientFrame, Code, Hello, Said, Seq, ServerFrame, VERSION, Welcome};

use crate::address::RoomName;
use crate::backoff::End;
use crate::command::Mistake;
use crate::outbox::Outbox;
use crate::state::{Event, Question, Reach};

/// Messages in one page of history.
const PAGE: usize = 100;
/// Messages on either side of what a search has found.
pub const NEIGHBOURS: usize = 2;

/// What the user asks of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say this.
    Say {
        /// The text.
        text: String,
        /// As an action.
        me: bool,
    },
    /// Take this name.
    Nick(String),
    /// Take this name, and show in its place what becomes of it.
    Rename(String),
    /// Try the failed message of this cid again.
    Retry(String),
    /// Forget the failed message of this cid.
    Discard(String),
    /// Ask this, and show the answer in its place.
    Ask(Question),
    /// Say this to one person alone. It is not kept: without a connection it is not said.
    Whisper {
        /// Who is meant.
        to: String,
        /// The text.
        text: String,
    },
    /// Moderate, as a terminal would type it.
    Moderate(String),
    /// Ask which rooms there are.
    Rooms,
    /// Come in with this word.
    Password(String),
    /// Connect now, or see whether the connection still lives.
    Wake,
}

/// What follows from a frame or a command.
#[derive(Debug, Default, PartialEq)]
pub struct Turn {
    /// For the page.
    pub events: Vec<Event>,
    /// For the server.
    pub send: Vec<ClientFrame>,
    /// The outbox has changed: keep it and show it.
    pub outbox: bool,
    /// The server has given us the name that was wished for: keep it.
    pub nick: Option<String>,
}

/// Why this connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// What came does not follow what came before.
    Order,
    /// The room is none.
    Room,
}

/// One room's session, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    room: RoomName,
    client: String,
    nick: Option<String>,
    /// The word that opens the room.
    pub password: Option<String>,
    you: String,
    /// Our public ids: more than one after [`Session::renew`].
    mine: Vec<String>,
    /// The last message seen. None until the first, and where a new epoch's has not come yet.
    seen: Option<Seq>,
    epoch: Option<String>,
    live: bool,
    bye: Option<End>,
    /// The number of the last question.
    asked: u64,
    outbox: Outbox,
}

impl Session {
    /// A session that has seen nothing. `client` is this tab's secret, `nick` the name wished for.
    pub fn new(room: RoomName, client: String, nick: Option<String>, outbox: Outbox) -> Self {
        Session {
            room,
            client,
            nick,
            password: None,
            you: String::new(),
            mine: Vec::new(),
            seen: None,
            epoch: None,
            live: false,
            bye: None,
            asked: 0,
            outbox,
        }
    }

    /// The tab's secret id.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// What has not been said yet.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Everything said so far has been told.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The connection has ended, with this close code or 0 where we ended it.
    pub fn ended(&mut self, close: u16) -> End {
        self.live = false;
        End { close, ..self.bye.take().unwrap_or_default() }
    }

    /// Takes another client id: a newer tab goes on with the old one.
    pub fn renew(&mut self, client: String, turn: &mut Turn) {
        self.client = client;
        self.outbox.renew();
        turn.outbox = true;
    }

    /// The first frame of a new connection.
    pub fn hello(&mut self) -> ClientFrame {
        self.live = false;
        ClientFrame::Hello(Hello {
            v: VERSION,
            room: Some(self.room.to_string()),
            nick: self.nick.clone(),
            client: self.client.clone(),
            since: self.seen,
            epoch: self.seen.and(self.epoch.clone()),
            password: self.password.clone(),
        })
    }

    /// Takes in what the user asks. `cid` is fresh: this client has never used it.
    pub fn command(&mut self, command: Command, cid: String, turn: &mut Turn) {
        match command {
            Command::Say { text, me } => {
                if !self.outbox.push(cid, text, me) {
                    turn.events.push(Mistake::OutboxFull.into());
                }
                turn.outbox = true;
            }
            Command::Retry(failed) => {
                self.outbox.retry(&failed, cid);
                turn.outbox = true;
            }
            Command::Discard(failed) => turn.outbox = self.outbox.remove(&failed),
            Command::Rename(nick) if self.live => {
                turn.events.push(Event::NameAsked);
                turn.send.push(ClientFrame::Nick { nick });
            }
            Command::Nick(nick) if self.live => turn.send.push(ClientFrame::Nick { nick }),
            Command::Nick(nick) | Command::Rename(nick) => self.nick = Some(nick),
            Command::Ask(question) if self.live => {
                self.asked += 1;
                turn.send.push(asked(self.asked, &question));
                turn.events.push(Event::Asked(self.asked, question));
            }
            Command::Whisper { to, text } if self.live => {
                turn.send.push(ClientFrame::Whisper { cid, to, text, me: false });
            }
            Command::Moderate(line) if self.live => turn.send.push(ClientFrame::Command { n: None, line }),
            Command::Rooms if self.live => turn.send.push(ClientFrame::Rooms { n: None }),
            Command::Whisper { .. } | Command::Moderate(_) | Command::Rooms => {
                turn.events.push(Mistake::NotConnected.into());
            }
            Command::Password(word) => self.password = Some(word),
            Command::Ask(_) | Command::Wake => {}
        }
        if self.live {
            turn.send.append(&mut self.outbox.send_waiting());
        }
    }

    /// Takes in one frame.
    pub fn receive(&mut self, frame: ServerFrame, turn: &mut Turn) -> Result<(), Broken> {
        match &frame {
            ServerFrame::Welcome(welcome) => self.welcome(welcome, turn),
            ServerFrame::Said(said) => {
                turn.outbox |= self.is_mine(&said.by) && self.outbox.remove(&said.cid);
                if !self.advance(said)? {
                    return Ok(());
                }
            }
            ServerFrame::Gap { to, .. } => self.seen = Some(*to),
            ServerFrame::Live { head } => {
                self.live = true;
                self.seen.get_or_insert(*head);
                turn.outbox = true;
                turn.send.append(&mut self.outbox.send_again());
            }
            ServerFrame::Refused { cid: Some(cid), code, message, .. } if self.outbox.refuse(cid, *code, message) => {
                turn.outbox = true;
                return Ok(());
            }
            ServerFrame::Refused { code: Code::RoomBad, .. } => {
                self.bye = Some(End { room_bad: true, ..End::default() });
                return Err(Broken::Room);
            }
            ServerFrame::Renamed { from, to } if *from == self.you => self.named(to, turn),
            // Who they are is asked for: a crowd is told without names.
            ServerFrame::Crowd { .. } => turn.send.push(ClientFrame::Who { n: None }),
            ServerFrame::Bye { code, after_ms } => self.bye = Some(bye(*code, *after_ms)),
            _ => {}
        }
        turn.events.push(Event::Frame(frame));
        Ok(())
    }

    fn welcome(&mut self, welcome: &Welcome, turn: &mut Turn) {
        if self.epoch.as_ref().is_some_and(|known| *known != welcome.epoch) {
            self.seen = None;
        }
        self.epoch = Some(welcome.epoch.clone());
        if !self.is_mine(&welcome.by) {
            self.mine.push(welcome.by.clone());
        }
        self.you.clone_from(&welcome.you);
        if self.nick.as_ref() == Some(&welcome.you) {
            turn.nick = Some(welcome.you.clone());
        }
    }

    /// False for the answer to a message that was stored before: it is in the log already.
    fn advance(&mut self, said: &Said) -> Result<bool, Broken> {
        match self.seen {
            Some(seen) if said.seq <= seen => return Ok(false),
            Some(seen) if said.prev != seen => return Err(Broken::Order),
            _ => self.seen = Some(said.seq),
        }
        Ok(true)
    }

    fn named(&mut self, to: &str, turn: &mut Turn) {
        to.clone_into(&mut self.you);
        self.nick = Some(to.to_owned());
        turn.nick = Some(to.to_owned());
    }

    fn is_mine(&self, by: &str) -> bool {
        self.mine.iter().any(|mine| mine == by)
    }
}

fn bye(code: ByeCode, after_ms: Option<[u32; 2]>) -> End {
    End { bye: Some(code), after_ms, ..End::default() }
}

fn asked(n: u64, question: &Question) -> ClientFrame {
    let n = Some(n);
    let history = |before, after, around| ClientFrame::History { n, before, after, around, limit: Some(PAGE) };
    match question {
        Question::History(Reach::Older(seq)) => history(Some(*seq), None, None),
        Question::History(Reach::Newer(seq)) => history(None, Some(*seq), None),
        Question::History(Reach::Around(seq)) => history(None, None, Some(*seq)),
        Question::History(Reach::Latest(seq)) => history(Some(Seq(seq.0 + 1)), None, None),
        Question::Search { query, before } => {
            ClientFrame::Search { n, query: query.clone(), before: *before, limit: None, neighbours: Some(NEIGHBOURS) }
        }
    }
}

#[cfg(test)]
mod tests;
