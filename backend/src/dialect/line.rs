//! The dialect for people: lines of text, as `nc` shows them.
//!
//! The grammar makes forging impossible: a person's line begins `<nick> `, `*nick* ` or `(nick whispers) `; the server's
//! own begin `* `, `! ` or `-- `, or with the time that a replayed line has in front.

mod command;

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use commonroom_protocol::{ByeCode, Present, Said, Seq, Welcome};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use command::{is_as, is_shot};

use super::words::{self, Lang, Words};
use super::{Refused, Reply, Side, Switch, Wire};
use crate::charset::Charset;
use crate::event::{Entry, Event};
use crate::journal::{Found, Page};
use crate::name::By;
use crate::refusal::Refusal;
use crate::text;

/// Names listed for a person at most.
const LISTED: usize = 40;
/// What the cid of a message begins with that its sender wants confirmed.
const CONFIRM: char = 's';

/// A line connection.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
pub struct Line {
    lang: Lang,
    charset: Charset,
    /// The charset has been guessed, and nobody has been told.
    guessed: bool,
    /// Spoke first: wants no banner and no presence, only messages and the answers to its own commands.
    program: bool,
    /// The server's own terminal: greeted by the start-up print, and told what moderation there is.
    operator: bool,
    /// May moderate, and is told what there is for it.
    moderates: bool,
    by: By,
    host: Arc<str>,
    zone: TimeZone,
    you: String,
    /// Lines said so far; they number the messages.
    said: u64,
    /// No line has come yet.
    first: bool,
    ack: bool,
    bell: bool,
    /// What is told is from before the join: times and days are shown.
    replaying: bool,
    /// The day of the last replayed line.
    day: Option<Date>,
    /// A stretch of history has begun and has not ended.
    amid: bool,
}

impl Line {
    /// A connection of the client `by`. `host` is what the server calls itself, `zone` where its clock hangs.
    pub fn new(by: By, program: bool, host: Arc<str>, zone: TimeZone) -> Line {
        Line {
            lang: Lang::En,
            charset: Charset::default(),
            guessed: false,
            program,
            operator: false,
            moderates: false,
            by,
            host,
            zone,
            you: String::new(),
            said: 0,
            first: true,
            ack: false,
            bell: false,
            replaying: !program,
            day: None,
            amid: false,
        }
    }

    /// The same connection as the operator's.
    #[must_use]
    pub fn operator(self) -> Line {
        Line { operator: true, moderates: true, ..self }
    }

    /// From now on it may moderate.
    pub fn moderate(&mut self) {
        self.moderates = true;
    }

    pub(super) fn is_operator(&self) -> bool {
        self.operator
    }

    /// Changes the language of the server's own words.
    pub fn speak(&mut self, lang: Lang) {
        self.lang = lang;
    }

    /// Turns something on or off.
    pub fn switch(&mut self, switch: Switch, on: bool) {
        match switch {
            Switch::Ack => self.ack = on,
            Switch::Bell => self.bell = on,
        }
    }

    /// Another room begins. Says whether what was said before in it is wanted.
    pub fn begin_again(&mut self) -> bool {
        self.replaying = !self.program;
        self.day = None;
        self.replaying
    }

    pub(super) fn is_program(&self) -> bool {
        self.program
    }

    pub(super) fn wants_ack(&self, cid: &str) -> bool {
        self.ack || cid.starts_with(CONFIRM)
    }

    /// Whether one of these entries is to ring the bell: somebody else has named the one who sits here.
    pub(super) fn rings(&self, entries: &[Entry]) -> bool {
        self.bell
            && !self.replaying
            && entries.iter().any(|entry| match &entry.event {
                Event::Said(said) => entry.by != self.by && mentions(&said.text, &self.you),
                Event::Whispered(_) => entry.by != self.by,
                _ => false,
            })
    }

    /// Changes the charset in which lines are read.
    pub fn read(&mut self, charset: Charset) {
        self.charset = charset;
    }

    /// The charset that the last line was read in, if it was guessed by it.
    pub fn guessed(&mut self) -> Option<Charset> {
        std::mem::take(&mut self.guessed).then_some(self.charset)
    }

    pub(super) fn wire(&self) -> Wire {
        Wire::Line(self.lang)
    }

    pub(super) fn by(&self) -> By {
        self.by
    }

    /// No line has come yet.
    pub(super) fn is_first(&self) -> bool {
        self.first
    }

    pub(super) fn is_replaying(&self) -> bool {
        self.replaying
    }

    /// Whether this connection is told of an event that is no message.
    pub(super) fn tells(&self, entry: &Entry) -> bool {
        let wanted = match &entry.event {
            Event::Whispered(_) => true,
            Event::Notice(notice) => !self.program || notice.is_for_programs(),
            _ => !self.program,
        };
        wanted && entry.by != self.by
    }

    /// Writes what only this connection is told.
    pub(super) fn reply(&mut self, reply: &Reply, out: &mut BytesMut) {
        let words = self.lang.words();
        match reply {
            Reply::Welcome(welcome) => self.welcome(welcome, out),
            Reply::Refused(refused) => {
                // It may be what breaks a stretch off.
                self.amid = false;
                put(out, "! ", &self.refused(refused));
            }
            Reply::Roster(_, here, roster) => put(out, "* ", &words.roster(*here, &self.list(*here, roster))),
            Reply::Pong(..) => put(out, "* ", words.pong()),
            Reply::Named(you) => {
                you.clone_into(&mut self.you);
                put(out, "* ", &words.named(you));
            }
            Reply::Asks(room) => put(out, "* ", &words.asks(room.as_str(), self.program)),
            Reply::Here(room) => put(out, "* ", &words.here(room.as_str())),
            Reply::Rooms(_, rooms) => {
                let list: Vec<String> = rooms.iter().map(|room| format!("{}({})", room.room, room.here)).collect();
                put(out, "* ", &words.rooms(&list.join(" ")));
            }
            Reply::Saved(seq) => put(out, "* ", &words.saved(*seq)),
            Reply::Posted(Ok(seq)) => put(out, "ok ", &seq.to_string()),
            Reply::Posted(Err(why)) => put(out, "err ", &posted(why, words)),
            Reply::Switched(Switch::Ack, on) => put(out, "* ", words.ack(*on)),
            Reply::Switched(Switch::Bell, on) => put(out, "* ", words.bell(*on)),
            Reply::Part(page) => self.part(&page.said, out),
            Reply::Page(_, side, Page { said, more }) => {
                self.page(said, out);
                if let Some(last) = said.last().filter(|_| *more && *side == Side::After) {
                    put(out, "* ", &self.lang.words().more(last.seq));
                }
            }
            Reply::Found(_, found) => self.found(found, out),
            Reply::Help => self.help(out),
            Reply::Done(done) => words.done(done).lines().for_each(|line| put(out, "* ", line)),
            Reply::Speaking => put(out, "* ", words.speaking()),
            Reply::Reading(charset) => put(out, "* ", &words.reading(charset.name())),
            Reply::Seems(charset) => put(out, "* ", &words.seems(charset.name())),
            Reply::SlowDown(per_second) => put(out, "* ", &words.slow_down(*per_second)),
            Reply::Gap(from, to, why) => put(out, "* ", &words.gap(*from, *to, *why)),
            Reply::Live(_) => {
                let quiet = self.operator && self.day.is_none();
                if std::mem::take(&mut self.replaying) && !quiet {
                    put(out, "-- ", "live --");
                }
            }
            // Its own end is told by whoever asked for it.
            Reply::Bye(ByeCode::Restart) if self.operator => {}
            Reply::Bye(code) => put(out, "* ", words.bye(*code)),
            // A line connection brings no ids.
            Reply::Again(_) => {}
        }
    }

    fn welcome(&mut self, welcome: &Welcome, out: &mut BytesMut) {
        let first = self.you.is_empty();
        welcome.you.clone_into(&mut self.you);
        let words = self.lang.words();
        if self.program || (self.operator && first) {
            // It has asked for this room, or would not have said a word.
            if !self.first && !self.operator {
                put(out, "* ", &words.here(&welcome.room));
            }
            return;
        }
        let roster = self.list(welcome.here, &welcome.roster);
        put(out, "* ", &words.welcome(&welcome.room, &self.host, &welcome.you, welcome.here, &roster));
        put(out, "* ", words.hint());
    }

    fn help(&self, out: &mut BytesMut) {
        let words = self.lang.words();
        words.help().lines().for_each(|line| put(out, "* ", line));
        if self.moderates {
            words.operator_help().lines().for_each(|line| put(out, "* ", line));
        }
        if self.operator {
            words.console_help().lines().for_each(|line| put(out, "* ", line));
        }
    }

    fn list(&self, here: usize, roster: &[Present]) -> String {
        let listed = roster.iter().take(LISTED);
        let mut names: Vec<String> = listed.map(|one| format!("{}({})", one.nick, words::via(one.via))).collect();
        if here > names.len() {
            names.push(self.lang.words().and_more(here - names.len()));
        }
        names.join(" ")
    }

    fn refused(&self, refused: &Refused) -> String {
        let words = self.lang.words();
        let why = words.refusal(&refused.why);
        match refused.why {
            _ if refused.unsent => words.not_sent(&why),
            Refusal::NickTaken { .. } | Refusal::NickBad { .. } => words.still(&why, &self.you),
            _ => why,
        }
    }

    /// Writes a stretch of history, or the last part of one.
    fn page(&mut self, said: &[Arc<Said>], out: &mut BytesMut) {
        self.part(said, out);
        self.amid = false;
        put(out, "-- ", "live --");
    }

    /// Writes a part of a stretch of history, each line with its time in front.
    fn part(&mut self, said: &[Arc<Said>], out: &mut BytesMut) {
        if !std::mem::replace(&mut self.amid, true) {
            self.day = None;
        }
        for message in said {
            self.dated(message, out);
        }
    }

    /// Writes what a search has found, and the numbers by which one can read on.
    fn found(&mut self, found: &Found, out: &mut BytesMut) {
        self.page(&found.said, out);
        let words = self.lang.words();
        match found.hits.first() {
            None => put(out, "* ", words.nothing_found()),
            Some(newest) => {
                let numbers: Vec<String> = found.hits.iter().rev().map(Seq::to_string).collect();
                put(out, "* ", &words.found(numbers.len(), &numbers.join(" "), *newest, found.more));
            }
        }
    }

    /// Writes what is told late: a replayed line with its time in front, or what the ring had already forgotten.
    pub(super) fn late(&mut self, event: &Event, out: &mut BytesMut) {
        let Event::Said(said) = event else { return };
        if !self.replaying {
            if said.by != self.by.to_string() {
                self::said(said, "", out);
            }
            return;
        }
        self.dated(said, out);
    }

    fn dated(&mut self, said: &Said, out: &mut BytesMut) {
        let at = Timestamp::from_millisecond(said.at).unwrap_or_default().to_zoned(self.zone.clone());
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            put(out, "-- ", &format!("{} --", at.date()));
        }
        self::said(said, &format!("{:02}:{:02} ", at.hour(), at.minute()), out);
    }
}

/// Writes an event as everybody sees it who reads lines in this language.
pub(super) fn event(lang: Lang, event: &Event, out: &mut BytesMut) {
    let words = lang.words();
    match event {
        Event::Said(message) => said(message, "", out),
        Event::Whispered(whispered) => {
            let action = if whispered.me { format!("*{}* ", whispered.from) } else { String::new() };
            let mark = format!("({}) {action}", words.whispers(&whispered.from));
            whispered.text.split('\n').for_each(|line| put(out, &mark, line));
        }
        Event::Crowd { joined, left, here } => put(out, "* ", &words.crowd(*joined, *left, *here)),
        Event::Joined { nick, via } => put(out, "* ", &words.joined(nick.as_str(), *via)),
        Event::Left { nick } => put(out, "* ", &words.left(nick.as_str())),
        Event::Renamed { from, to } => put(out, "* ", &words.renamed(from.as_str(), to.as_str())),
        Event::Notice(notice) => words.notice(notice).lines().for_each(|line| put(out, "* ", line)),
    }
}

/// A message: each of its lines is a line of its own with the name in front. Written piece by piece: with a mark that is
/// formatted first, a message takes 1,219 instructions instead of 717.
fn said(said: &Said, time: &str, out: &mut BytesMut) {
    let (open, close) = if said.me { ("*", "* ") } else { ("<", "> ") };
    for line in said.text.split('\n') {
        for piece in [time, open, &said.from, close, line] {
            text::write_line(piece, out);
        }
        out.put_u8(b'\n');
    }
}

/// One line to a terminal: no control character leaves but the line feed at its end.
fn put(out: &mut BytesMut, mark: &str, line: &str) {
    text::write_line(mark, out);
    text::write_line(line, out);
    out.put_u8(b'\n');
}

/// `CODE words retry=SECONDS`, for a script to read.
fn posted(why: &Refusal, words: &dyn Words) -> String {
    let retry = why.retry_ms().map_or_else(String::new, |ms| format!(" retry={}", ms.div_ceil(1000)));
    format!("{} {}{retry}", why.code(), words.refusal(why))
}

/// Whether a text has a name in it, as a word of its own. Where words are not parted by spaces it may stand anywhere.
fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let parts_word = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
    !name.is_empty()
        && text.match_indices(&name).any(|(at, found)| {
            let (before, after) = (&text[..at], &text[at + found.len()..]);
            let (first, last) = (name.chars().next(), name.chars().next_back());
            (parts_word(first) || parts_word(before.chars().next_back()))
                && (parts_word(last) || parts_word(after.chars().next()))
        })
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::{GapWhy, Seq, Via, Whispered};

    use super::*;
    use crate::name::Nick;

    pub(super) fn line() -> Line {
        Line::new(By(1), false, "chat.lan".into(), TimeZone::UTC)
    }

    fn message(text: &str, me: bool) -> Arc<Said> {
        Arc::new(Said {
            seq: Seq(1),
            prev: Seq(0),
            at: 1_764_000_000_000,
            from: "ana".into(),
            via: Via::Web,
            text: text.into(),
            by: By(2).to_string(),
            cid: "1".into(),
            me,
        })
    }

    fn told(event: &Event) -> String {
        let mut out = BytesMut::new();
        super::event(Lang::En, event, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    pub(super) fn answer(line: &mut Line, reply: &Reply) -> String {
        let mut out = BytesMut::new();
        line.reply(reply, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn help_fits_a_small_terminal() {
        for lang in [Lang::En, Lang::Zh] {
            let mut out = BytesMut::new();
            Line { lang, ..line() }.reply(&Reply::Help, &mut out);
            let help = String::from_utf8(out.to_vec()).unwrap();
            assert!(help.lines().count() < 24, "{help}");
            help.lines().for_each(|line| assert!(unicode_width::UnicodeWidthStr::width(line) < 80, "{line}"));
        }
    }

    #[test]
    fn what_was_not_made_harmless_leaves_visible() {
        let forged = message("a\u{1b}[2J\r\u{9b}1m", false);
        assert_eq!(told(&Event::Said(forged)), "<ana> a^[[2J^M<9b>1m\n");
        let other = Said { from: "a\nb\u{7}".into(), ..(*message("x", false)).clone() };
        assert_eq!(told(&Event::Said(Arc::new(other))), "<a^Jb^G> x\n");
    }

    #[test]
    fn every_line_of_a_message_has_its_own_name() {
        assert_eq!(
            told(&Event::Said(message("a\n* b joined (web)\tc", false))),
            "<ana> a\n<ana> * b joined (web)    c\n"
        );
        assert_eq!(told(&Event::Said(message("waves", true))), "*ana* waves\n");
        let whispered = Whispered {
            at: 0,
            from: "ana".into(),
            to: "bob".into(),
            text: "psst".into(),
            by: By(2).to_string(),
            cid: "1".into(),
            me: false,
        };
        assert_eq!(told(&Event::Whispered(Box::new(whispered.clone()))), "(ana whispers) psst\n");
        let action = Whispered { me: true, text: "winks".into(), ..whispered };
        assert_eq!(told(&Event::Whispered(Box::new(action))), "(ana whispers) *ana* winks\n");
    }

    #[test]
    fn replayed_lines_have_their_time_and_day_until_live() {
        let mut line = line();
        let mut out = BytesMut::new();
        line.late(&Event::Said(message("one", false)), &mut out);
        line.late(&Event::Said(message("two", false)), &mut out);
        line.reply(&Reply::Live(Seq(2)), &mut out);
        line.late(&Event::Said(message("late", false)), &mut out);
        let text = String::from_utf8(out.to_vec()).unwrap();
        assert_eq!(text, "-- 2025-11-24 --\n16:00 <ana> one\n16:00 <ana> two\n-- live --\n<ana> late\n");
    }

    #[test]
    fn the_parts_of_a_stretch_are_one() {
        let mut line = line();
        let page = |more| Page { said: vec![message("one", false)], more };
        let first = "-- 2025-11-24 --\n16:00 <ana> one\n";
        assert_eq!(answer(&mut line, &Reply::Part(page(true))), first);
        let last = "16:00 <ana> one\n-- live --\n";
        assert_eq!(answer(&mut line, &Reply::Page(None, Side::Before, page(true))), last);
        let next = answer(&mut line, &Reply::Page(None, Side::After, page(true)));
        assert_eq!(next, format!("{first}-- live --\n* there is more: /since #1\n"));
        answer(&mut line, &Reply::Part(page(true)));
        let broken = Refused { cid: None, n: None, why: Refusal::StoreDown, unsent: false };
        assert!(answer(&mut line, &Reply::Refused(broken)).starts_with("! "));
        assert_eq!(answer(&mut line, &Reply::Part(page(true))), first, "another one begins");
    }

    #[test]
    fn what_was_missed_is_told_with_the_way_to_read_it() {
        let gap = Reply::Gap(Seq(1304), Seq(2507), GapWhy::Limit);
        let words = "* you fell behind: 1,204 messages not shown (#1304 to #2507); /since #1303 reads them\n";
        assert_eq!(answer(&mut line(), &gap), words);
        let words = "* 你落后了：1,204 条消息未显示（#1304 到 #2507）；/since #1303 可补看\n";
        assert_eq!(answer(&mut Line { lang: Lang::Zh, ..line() }, &gap), words);
    }

    #[test]
    fn what_is_found_is_told_with_its_numbers() {
        let said = vec![message("one", false), message("two", false)];
        let found = Found { hits: vec![Seq(57), Seq(12)], said, more: true };
        let told = answer(&mut line(), &Reply::Found(None, found));
        let words = "* found 2: #12 #57, and there are older ones; /since #57 reads on\n";
        assert_eq!(told, format!("-- 2025-11-24 --\n16:00 <ana> one\n16:00 <ana> two\n-- live --\n{words}"));
        assert_eq!(answer(&mut line(), &Reply::Found(None, Found::default())), "-- live --\n* nothing found\n");
    }

    #[test]
    fn a_program_is_told_messages_and_answers_alone() {
        let mut program = Line::new(By(1), true, "chat.lan".into(), TimeZone::UTC);
        let left = Entry { by: By(2), event: Event::Left { nick: Nick::parse("ana").unwrap() } };
        assert!(!program.tells(&left));
        assert!(line().tells(&left));
        assert!(!line().tells(&Entry { by: By(1), ..left }));
        assert_eq!(answer(&mut program, &Reply::Live(Seq(0))), "");
        assert_eq!(answer(&mut program, &Reply::Pong(None, Seq(0))), "* pong\n");
    }

    #[test]
    fn a_refused_name_says_which_one_stays() {
        let mut line = line();
        answer(&mut line, &Reply::Named("guest-fox".into()));
        let why = Refusal::NickTaken { nick: "bob".into() };
        let refused = Refused { cid: None, n: None, why, unsent: false };
        assert_eq!(answer(&mut line, &Reply::Refused(refused)), "! bob is taken; you are still guest-fox\n");
    }
}
