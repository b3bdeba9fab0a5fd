//! English.

use std::time::Duration;

use commonroom_protocol::{ByeCode, GapWhy, Seq, Via};

use super::{CHARSETS, Words, before, count, grouped, shown, unguess, via};
use crate::charset::Fault;
use crate::journal::ROOMS;
use crate::moderation::{Done, Notice, Shared, Stats};
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
/since #SEQ|10m  what was said after a message, or in so much time
/search WORDS    where these words were said last
/say TEXT        say it and be told its number; all that a script needs
/ack on|off      be told the number of every line of yours
/bell on|off     a line with your name in it rings the bell
/lang CODE       the server's own words in another language: en, zh
/json            speak JSON frames from now on, for programs
/charset NAME    for a terminal without UTF-8: gbk, big5, koi8-r ...
/ping            is anybody there?
/quit            leave
//TEXT           say a text that begins with /
Tip: `rlwrap` before nc or ncat keeps what you type and what comes apart."
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

    fn asks(&self, room: &str, program: bool) -> String {
        let how = if program { "begin with /password WORD" } else { "type it and press Enter" };
        format!("{room} asks for a password: {how}")
    }

    fn found(&self, count: usize, numbers: &str, newest: Seq, more: bool) -> String {
        let older = if more { ", and there are older ones" } else { "" };
        format!("found {count}: {numbers}{older}; /since {newest} reads on")
    }

    fn nothing_found(&self) -> &'static str {
        "nothing found"
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
            GapWhy::Limit | GapWhy::Other => {
                let (count, last) = (count(from, to), before(from));
                format!("you fell behind: {count} messages not shown ({from} to {to}); /since {last} reads them")
            }
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

    fn operator_help(&self) -> &'static str {
        "/kick NICK             send somebody away; they may come back
/ban NICK|IP [10m]     send them away and let them in no more: s, m, h, d
/unban [NICK|IP]       lift a ban; alone: tell which there are
/mute NICK [10m]       let somebody say nothing in this room; /unmute NICK
/slow SECONDS          one message in so many seconds from each; 0 ends it
/lock, /unlock         only you may speak in this room; everybody may
/announce TEXT         a word to this room that is not kept
/invite [1d]           a link to this room, and what opens it for so long
/stats                 what the server does"
    }

    fn console_help(&self) -> &'static str {
        "This is the operator's console: you are operator, and /quit ends the server.
/quit                  say goodbye to everybody and end the server; Ctrl-C, too
Ctrl-D                 close this console; the server goes on"
    }

    fn notice(&self, notice: &Notice) -> String {
        match notice {
            Notice::Kicked(nick) => format!("{nick} was sent away by the operator"),
            Notice::Banned(nick) => format!("{nick} was banned by the operator"),
            Notice::Muted(time) => format!("the operator has muted you{}", for_time(*time)),
            Notice::Unmuted => "you may speak again".to_owned(),
            Notice::Slow(Duration::ZERO) => "slow mode is over".to_owned(),
            Notice::Slow(pause) => format!("slow mode: everybody may say one message in {}", span(*pause)),
            Notice::Locked => "the operator has locked the room: nobody else can say anything now".to_owned(),
            Notice::Unlocked => "the operator has unlocked the room".to_owned(),
            Notice::Announce(text) => format!("the operator announces: {}", text.as_str()),
        }
    }

    fn done(&self, done: &Done) -> String {
        match done {
            Done::Kicked(nick) => format!("{nick} is sent away, and may come back"),
            Done::Banned { whom, ip, time, ended } => {
                let connections = if *ended == 1 { "connection" } else { "connections" };
                let ban = format!("{whom} is banned{}; {ended} {connections} ended", for_time(*time));
                ip.map_or(ban.clone(), |(ip, shared)| banned_ip(&ban, &ip.to_string(), shared))
            }
            Done::Unbanned(whom, 0) => format!("nobody is banned as {whom}"),
            Done::Unbanned(whom, _) => format!("{whom} may come back"),
            Done::Bans(bans) if bans.is_empty() => "nobody is banned".to_owned(),
            Done::Bans(bans) => bans
                .iter()
                .map(|(whom, left)| format!("banned: {whom}{}", for_time(*left)))
                .collect::<Vec<_>>()
                .join("\n"),
            Done::Muted(nick, time) => format!("{nick} is muted{}", for_time(*time)),
            Done::Unmuted(nick) => format!("{nick} may speak again"),
            Done::Slow(Duration::ZERO) => "slow mode is over".to_owned(),
            Done::Slow(pause) => format!("slow mode: one message in {} from each", span(*pause)),
            Done::Locked => "the room is locked: only you can speak".to_owned(),
            Done::Unlocked => "the room is unlocked".to_owned(),
            Done::Moderates => "you may moderate now; /help tells what there is".to_owned(),
            Done::Invited { link, word: None } => format!("anybody may come in: {link}"),
            Done::Invited { link, word: Some((word, time)) } => {
                format!("good for {}: {link}\nin a terminal, as the password: {word}", span(*time))
            }
            Done::Announced => "the room has been told".to_owned(),
            Done::Stats(stats) => stats_words(stats),
            Done::Ending => "saying goodbye to everybody".to_owned(),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::TooLong { bytes, limit } => {
                format!("{} bytes, the limit is {}", grouped(*bytes), grouped(*limit))
            }
            Refusal::TooManyLines { lines } => format!("{} lines, the limit is 100", grouped(*lines)),
            Refusal::Empty => "there is nothing to see in it".to_owned(),
            Refusal::NothingSought => "there is nothing to search for".to_owned(),
            Refusal::Undecodable(Fault { charset, byte, at }) => {
                format!("not valid {charset} (byte 0x{byte:02X} at {at})")
            }
            Refusal::NoSuchCharset { name } => format!("no charset is called {name}; there are {CHARSETS} and others"),
            Refusal::TooSoon { wait } => format!("too soon; try again in {} s", wait.as_secs() + 1),
            Refusal::Muted { wait } => format!("the operator has muted you{}", for_time(*wait)),
            Refusal::Locked => "the operator has locked this room".to_owned(),
            Refusal::Slow { wait } => format!("slow mode; try again in {}", span(*wait)),
            Refusal::Banned => self.bye(ByeCode::Banned).to_owned(),
            Refusal::NotAllowed => "only the operator may do that".to_owned(),
            Refusal::Password { wrong: true } => "wrong password".to_owned(),
            Refusal::Password { wrong: false } => "a password is needed".to_owned(),
            Refusal::TooManyGuesses { wait } => {
                format!("too many wrong passwords came from your address; try again in {}", span(*wait))
            }
            Refusal::StaysOperator => "the console always speaks as operator".to_owned(),
            Refusal::StoreFull => "the disk of the history is full; try again later".to_owned(),
            Refusal::StoreDown => "the history can't be reached now; try again in a moment".to_owned(),
            Refusal::CidReuse => "this cid was used for another text; give each message its own".to_owned(),
            Refusal::NickTaken { nick } => format!("{nick} is taken"),
            Refusal::NickBad { why } => nick_bad(*why),
            Refusal::NoSuchNick { nick } => format!("nobody here is called {nick}"),
            Refusal::RoomBad => "a room's name is 1 to 32 letters, digits, - _ or .".to_owned(),
            Refusal::Closing => "the server is restarting; try again in a moment".to_owned(),
            Refusal::TooManyRooms => "the server has no place for one more room; try again later".to_owned(),
            Refusal::TooManyKept => format!("the history has {} rooms, and takes no new one", grouped(ROOMS)),
            Refusal::TooManyNew { wait } => {
                format!("your address has begun many rooms; begin one more in {} s", wait.as_secs() + 1)
            }
            Refusal::NotJoined => "say hello first".to_owned(),
            Refusal::UnknownFrame { t } => format!("no frame is called {t}"),
            Refusal::UnknownCommand { word, like: Some(like) } => format!("no /{word}; did you mean /{like}?"),
            Refusal::UnknownCommand { word, like: None } => format!("no /{word}; /help tells what there is"),
            Refusal::NoShot { word } => format!("no /{word} in a script: its lines are /say TEXT and /as NAME"),
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

fn span(time: Duration) -> String {
    super::span(time, ["s", "min", "h", "d"])
}

fn for_time(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| format!(" for {}", span(time)))
}

/// A ban of an address says who else may be kept out by it.
fn banned_ip(ban: &str, ip: &str, shared: Shared) -> String {
    match shared {
        Shared::No => format!("{ban}\nnobody is let in from {ip}"),
        Shared::Private => format!("{ban}\nnobody is let in from {ip}, a private address: others may have the same"),
        Shared::Loopback => format!(
            "{ban}\nnobody is let in from {ip}: that is this machine, and everybody who comes through a proxy on it; \
             /unban {ip} lifts it"
        ),
    }
}

fn stats_words(stats: &Stats) -> String {
    let came: Vec<String> =
        stats.members.iter().map(|(by, count)| format!("{} {}", via(*by), grouped(*count))).collect();
    let members = stats.members.iter().map(|(_, count)| count).sum();
    let memory = stats.memory.map_or_else(String::new, |bytes| format!(", {} MiB of memory", bytes >> 20));
    format!(
        "connections: {} ({}) in rooms: {}\nmessages since the start: {}\nup for {}{memory}",
        grouped(members),
        came.join(", "),
        grouped(stats.rooms),
        grouped(usize::try_from(stats.messages).unwrap_or(usize::MAX)),
        span(stats.uptime),
    )
}

fn nick_bad(why: NickFault) -> String {
    match why {
        NickFault::Empty => "a name has at least one character".to_owned(),
        NickFault::TooWide => "a name is at most 32 columns wide".to_owned(),
        NickFault::TooLong => "a name has at most 128 bytes, with the marks on its letters".to_owned(),
        NickFault::Character(c) => format!("a name can't have {} there", shown(c)),
        NickFault::Invisible => "that name could not be read".to_owned(),
        NickFault::Direction => "a name runs in one direction, and its digits come last".to_owned(),
        NickFault::Reserved => "that name is the server's own".to_owned(),
    }
}
