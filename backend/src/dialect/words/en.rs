//! English.

use commonroom_protocol::{ByeCode, GapWhy, Seq, Via};

use super::{CHARSETS, Words, grouped, shown, unguess, via};
use crate::charset::Fault;
use crate::name::NickFault;
use crate::refusal::Refusal;

pub(super) struct En;

impl Words for En {
    fn welcome(&self, room: &str, host: &str, you: &str, here: usize, roster: &str) -> String {
        format!("Welcome to {room} on {host}. You are {you}; {} here: {roster}", grouped(here))
    }

    fn and_more(&self, more: usize) -> String {
        format!("and {} more", grouped(more))
    }

    fn hint(&self) -> &'static str {
        "/nick NAME to be known, /help for more, Ctrl-C to leave."
    }

    fn help(&self) -> &'static str {
        "Type a line and press Enter: everybody in the room sees it.
/nick NAME       take a name
/who             who is here, and how they came
/rooms           which rooms there are
/join ROOM       go to another room
/msg NICK TEXT   say something to one person alone
/me TEXT         say what you do
/last N          what was said last
/since #SEQ      what was said after a message
/say TEXT        say it and be told its number; all that a script needs
/ack on|off      be told the number of every line of yours
/bell on|off     a line with your name in it rings the bell
/lang CODE       the server's own words in another language: en, zh
/json            speak JSON frames from now on, for programs
/charset NAME    for a terminal without UTF-8: gbk, big5, koi8-r ...
/ping            is anybody there?
/quit            leave
//TEXT           say a text that begins with /
Tip: `rlwrap nc HOST PORT` keeps what you type apart from what comes in."
    }

    fn here(&self, room: &str) -> String {
        format!("you are in {room}")
    }

    fn rooms(&self, rooms: &str) -> String {
        format!("rooms: {rooms}")
    }

    fn saved(&self, seq: Seq) -> String {
        format!("saved {seq}")
    }

    fn ack(&self, on: bool) -> &'static str {
        if on { "each of your lines is confirmed from now on" } else { "your lines are no longer confirmed" }
    }

    fn bell(&self, on: bool) -> &'static str {
        if on { "your name rings the bell from now on" } else { "the bell is silent" }
    }

    fn more(&self, last: Seq) -> String {
        format!("there is more: /since {last}")
    }

    fn crowd(&self, joined: usize, left: usize, here: usize) -> String {
        format!("{} joined, {} left; {} here", grouped(joined), grouped(left), grouped(here))
    }

    fn roster(&self, here: usize, roster: &str) -> String {
        format!("{} here: {roster}", grouped(here))
    }

    fn joined(&self, nick: &str, by: Via) -> String {
        format!("{nick} joined ({})", via(by))
    }

    fn left(&self, nick: &str) -> String {
        format!("{nick} left")
    }

    fn renamed(&self, from: &str, to: &str) -> String {
        format!("{from} is now {to}")
    }

    fn named(&self, to: &str) -> String {
        format!("you are now {to}")
    }

    fn whispers(&self, from: &str) -> String {
        format!("{from} whispers")
    }

    fn gap(&self, from: Seq, to: Seq, why: GapWhy) -> String {
        match why {
            GapWhy::Expired => format!("not shown: {from} to {to}, they are no longer kept"),
            GapWhy::Rewound => "the server's history was reset".to_owned(),
            GapWhy::Limit | GapWhy::Other => format!("not shown: {from} to {to}, there were too many"),
        }
    }

    fn slow_down(&self, per_second: u32) -> String {
        format!("that was fast: {per_second} a second from now on; nothing is lost")
    }

    fn pong(&self) -> &'static str {
        "pong"
    }

    fn speaking(&self) -> &'static str {
        "English it is"
    }

    fn reading(&self, charset: &str) -> String {
        format!("{charset} it is")
    }

    fn seems(&self, charset: &str) -> String {
        format!("your terminal seems to use {charset}; {} to change", unguess(charset))
    }

    fn not_sent(&self, why: &str) -> String {
        format!("not sent: {why}")
    }

    fn still(&self, why: &str, you: &str) -> String {
        format!("{why}; you are still {you}")
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::TooLong { bytes, limit } => {
                format!("{} bytes, the limit is {}", grouped(*bytes), grouped(*limit))
            }
            Refusal::TooManyLines { lines } => format!("{} lines, the limit is 100", grouped(*lines)),
            Refusal::Empty => "there is nothing to see in it".to_owned(),
            Refusal::Undecodable(Fault { charset, byte, at }) => {
                format!("not valid {charset} (byte 0x{byte:02X} at {at})")
            }
            Refusal::NoSuchCharset { name } => format!("no charset is called {name}; there are {CHARSETS} and others"),
            Refusal::TooSoon { wait } => format!("too soon; try again in {} s", wait.as_secs() + 1),
            Refusal::StoreDown => "the history can't be written to now; try again in a moment".to_owned(),
            Refusal::CidReuse => "this cid was used for another text; give each message its own".to_owned(),
            Refusal::NickTaken { nick } => format!("{nick} is taken"),
            Refusal::NickBad { why } => nick_bad(*why),
            Refusal::NoSuchNick { nick } => format!("nobody here is called {nick}"),
            Refusal::RoomBad => "a room's name is 1 to 32 letters, digits, - _ or .".to_owned(),
            Refusal::Closing => "the server is restarting; try again in a moment".to_owned(),
            Refusal::NotJoined => "say hello first".to_owned(),
            Refusal::UnknownFrame { t } => format!("no frame is called {t}"),
            Refusal::UnknownCommand { word, like: Some(like) } => format!("no /{word}; did you mean /{like}?"),
            Refusal::UnknownCommand { word, like: None } => format!("no /{word}; /help tells what there is"),
            Refusal::Usage { usage } => format!("it is {usage}"),
            Refusal::BadFrame { why } => why.clone(),
        }
    }

    fn bye(&self, code: ByeCode) -> &'static str {
        match code {
            ByeCode::Restart => "restarting; come back in a moment",
            ByeCode::Closing => "the server is going away",
            ByeCode::Kicked => "the operator has sent you away",
            ByeCode::Banned => "the operator does not let you in",
            ByeCode::Replaced => "you have joined this room from somewhere else",
            ByeCode::Policy => "goodbye: that is not how this port is used",
            ByeCode::Password => "a password is needed",
            ByeCode::Version => "this server speaks version 1 of the protocol",
            ByeCode::Overloaded => "the server is full; try again later",
            ByeCode::Idle => "nothing was heard from you for too long",
            ByeCode::Other => "goodbye",
        }
    }
}

fn nick_bad(why: NickFault) -> String {
    match why {
        NickFault::Empty => "a name has at least one character".to_owned(),
        NickFault::TooWide => "a name is at most 32 columns wide".to_owned(),
        NickFault::Character(c) => format!("a name can't have {} there", shown(c)),
        NickFault::Invisible => "that name could not be read".to_owned(),
        NickFault::Direction => "a name runs in one direction, and its digits come last".to_owned(),
        NickFault::Reserved => "that name is the server's own".to_owned(),
    }
}
