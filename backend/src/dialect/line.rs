//! The dialect for people: lines of text, as `nc` shows them.
//!
//! The grammar makes forging impossible: a person's line begins `<nick> `, `*nick* ` or `(nick whispers) `; the server's
//! own begin `* `, `! ` or `-- `, or with the time that a replayed line has in front.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use commonroom_protocol::{ByeCode, Present, Said, Welcome};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::words::{self, Lang};
use super::{Command, Refused, Reply, Wire};
use crate::event::{Entry, Event};
use crate::moderation::VERBS;
use crate::name::By;
use crate::refusal::Refusal;
use crate::text;

/// Names listed for a person at most.
const LISTED: usize = 40;
/// What can be typed after a slash.
const COMMANDS: [&str; 8] = ["help", "nick", "who", "me", "msg", "lang", "ping", "quit"];

/// A line connection.
pub struct Line {
    lang: Lang,
    /// Spoke first: wants no banner and no presence, only messages and the answers to its own commands.
    program: bool,
    /// The server's own terminal: greeted by the start-up print, and told what moderation there is.
    operator: bool,
    by: By,
    host: Arc<str>,
    zone: TimeZone,
    you: String,
    /// Lines said so far; they number the messages.
    said: u64,
    /// What is told is from before the join: times and days are shown.
    replaying: bool,
    /// The day of the last replayed line.
    day: Option<Date>,
}

impl Line {
    /// A connection of the client `by`. `host` is what the server calls itself, `zone` where its clock hangs.
    pub fn new(by: By, program: bool, host: Arc<str>, zone: TimeZone) -> Line {
        Line {
            lang: Lang::En,
            program,
            operator: false,
            by,
            host,
            zone,
            you: String::new(),
            said: 0,
            replaying: !program,
            day: None,
        }
    }

    /// The same connection as the operator's.
    #[must_use]
    pub fn operator(self) -> Line {
        Line { operator: true, ..self }
    }

    pub(super) fn is_operator(&self) -> bool {
        self.operator
    }

    /// Changes the language of the server's own words.
    pub fn speak(&mut self, lang: Lang) {
        self.lang = lang;
    }

    pub(super) fn wire(&self) -> Wire {
        Wire::Line(self.lang)
    }

    pub(super) fn by(&self) -> By {
        self.by
    }

    /// Nothing has been said yet.
    pub(super) fn is_first(&self) -> bool {
        self.said == 0
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

    /// What a line asks for.
    pub(super) fn parse(&mut self, input: &[u8]) -> Result<Option<Command>, Refused> {
        let line = std::str::from_utf8(input).map_err(|fault| {
            let at = fault.valid_up_to();
            unsent(Refusal::NotUtf8 { byte: input.get(at).copied().unwrap_or_default(), at })
        })?;
        match line.strip_prefix('/') {
            None if line.is_empty() => Ok(None),
            None => Ok(Some(self.say(line, false))),
            Some(rest) if rest.starts_with('/') => Ok(Some(self.say(rest, false))),
            Some(rest) => self.command(rest).map(Some),
        }
    }

    fn say(&mut self, text: &str, me: bool) -> Command {
        Command::Say { cid: self.cid(), text: text.to_owned(), me }
    }

    fn cid(&mut self) -> String {
        self.said += 1;
        self.said.to_string()
    }

    fn command(&mut self, line: &str) -> Result<Command, Refused> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "help" => Ok(Command::Help),
            "nick" if rest.is_empty() => Err(usage("/nick NAME")),
            "nick" => Ok(Command::Nick(rest.to_owned())),
            "who" => Ok(Command::Who(None)),
            "me" if rest.is_empty() => Err(usage("/me TEXT")),
            "me" => Ok(self.say(rest, true)),
            "msg" => self.whisper(rest),
            "lang" => Lang::parse(rest).map(Command::Lang).ok_or_else(|| usage("/lang en or /lang zh")),
            "ping" => Ok(Command::Ping(None)),
            "quit" => Ok(Command::Quit),
            _ if VERBS.contains(&word) => Ok(Command::Moderate(None, line.to_owned())),
            _ => Err(unknown(word, self.operator)),
        }
    }

    fn whisper(&mut self, rest: &str) -> Result<Command, Refused> {
        let (to, text) = rest.split_once(char::is_whitespace).ok_or_else(|| usage("/msg NICK TEXT"))?;
        Ok(Command::Whisper { cid: self.cid(), to: to.to_owned(), text: text.trim().to_owned(), me: false })
    }

    /// Writes what only this connection is told.
    pub(super) fn reply(&mut self, reply: &Reply, out: &mut BytesMut) {
        let words = self.lang.words();
        match reply {
            Reply::Welcome(welcome) => self.welcome(welcome, out),
            Reply::Refused(refused) => put(out, "! ", &self.refused(refused)),
            Reply::Roster(_, here, roster) => put(out, "* ", &words.roster(*here, &self.list(*here, roster))),
            Reply::Pong(..) => put(out, "* ", words.pong()),
            Reply::Named(you) => {
                you.clone_into(&mut self.you);
                put(out, "* ", &words.named(you));
            }
            Reply::Help => self.help(out),
            Reply::Done(done) => words.done(done).lines().for_each(|line| put(out, "* ", line)),
            Reply::Speaking => put(out, "* ", words.speaking()),
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
            // A line connection brings no ids and asks for no pages.
            Reply::Page(..) | Reply::Again(_) => {}
        }
    }

    fn welcome(&mut self, welcome: &Welcome, out: &mut BytesMut) {
        let first = self.you.is_empty();
        welcome.you.clone_into(&mut self.you);
        if self.program || (self.operator && first) {
            return;
        }
        let words = self.lang.words();
        let roster = self.list(welcome.here, &welcome.roster);
        put(out, "* ", &words.welcome(&welcome.room, &self.host, &welcome.you, welcome.here, &roster));
        put(out, "* ", words.hint());
    }

    fn help(&self, out: &mut BytesMut) {
        let words = self.lang.words();
        words.help().lines().for_each(|line| put(out, "* ", line));
        if self.operator {
            words.operator_help().lines().for_each(|line| put(out, "* ", line));
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

    /// Writes what is told late: a replayed line with its time in front, or what the ring had already forgotten.
    pub(super) fn late(&mut self, event: &Event, out: &mut BytesMut) {
        let Event::Said(said) = event else { return };
        if !self.replaying {
            if said.by != self.by.to_string() {
                self::said(said, "", out);
            }
            return;
        }
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
        Event::Joined { nick, via } => put(out, "* ", &words.joined(nick.as_str(), *via)),
        Event::Left { nick } => put(out, "* ", &words.left(nick.as_str())),
        Event::Renamed { from, to } => put(out, "* ", &words.renamed(from.as_str(), to.as_str())),
        Event::Notice(notice) => words.notice(notice).lines().for_each(|line| put(out, "* ", line)),
    }
}

/// A message: each of its lines is a line of its own with the name in front.
fn said(said: &Said, time: &str, out: &mut BytesMut) {
    let mark = if said.me { format!("{time}*{}* ", said.from) } else { format!("{time}<{}> ", said.from) };
    said.text.split('\n').for_each(|line| put(out, &mark, line));
}

/// One line to a terminal: no control character leaves but the line feed at its end.
fn put(out: &mut BytesMut, mark: &str, line: &str) {
    debug_assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "not sanitised: {line:?}");
    out.extend_from_slice(mark.as_bytes());
    for (i, part) in line.split('\t').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"    ");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.put_u8(b'\n');
}

fn unsent(why: Refusal) -> Refused {
    Refused { cid: None, n: None, why, unsent: true }
}

fn usage(usage: &'static str) -> Refused {
    Refused { unsent: false, ..unsent(Refusal::Usage { usage }) }
}

fn unknown(word: &str, operator: bool) -> Refused {
    let word: String = text::clean(&word.chars().take(32).collect::<String>()).replace('\n', " ");
    let near = |command: &&str| strsim::osa_distance(command, &word.to_lowercase());
    // In a word of three letters two mistakes leave nothing to guess by.
    let mistakes = if word.chars().count() < 4 { 1 } else { 2 };
    let verbs = VERBS.into_iter().filter(|_| operator);
    let like = COMMANDS.into_iter().chain(verbs).min_by_key(near).filter(|command| near(command) <= mistakes);
    Refused { unsent: false, ..unsent(Refusal::UnknownCommand { word, like }) }
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::{Seq, Via, Whispered};

    use super::*;
    use crate::name::Nick;

    fn line() -> Line {
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

    fn answer(line: &mut Line, reply: &Reply) -> String {
        let mut out = BytesMut::new();
        line.reply(reply, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn a_line_is_a_message_and_a_slash_is_a_command() {
        let mut line = line();
        let say = |text: &str, cid: &str, me| Ok(Some(Command::Say { cid: cid.into(), text: text.into(), me }));
        assert_eq!(line.parse(b"hi"), say("hi", "1", false));
        assert_eq!(line.parse(b"//hi"), say("/hi", "2", false));
        assert_eq!(line.parse(b"/me waves"), say("waves", "3", true));
        assert_eq!(line.parse(b""), Ok(None));
        assert_eq!(line.parse(b"/nick  rob "), Ok(Some(Command::Nick("rob".into()))));
        let whisper = Command::Whisper { cid: "4".into(), to: "bob".into(), text: "a b".into(), me: false };
        assert_eq!(line.parse(b"/msg bob a b"), Ok(Some(whisper)));
        assert_eq!(line.parse(b"/lang zh"), Ok(Some(Command::Lang(Lang::Zh))));
    }

    #[test]
    fn a_mistyped_command_is_answered_with_what_was_meant() {
        let mut line = line();
        let mut says = |input: &str| {
            let refused = line.parse(input.as_bytes()).unwrap_err();
            answer(&mut line, &Reply::Refused(refused))
        };
        assert_eq!(says("/nik rob"), "! no /nik; did you mean /nick?\n");
        assert_eq!(says("/foo"), "! no /foo; /help tells what there is\n");
        assert_eq!(says("/shutdown"), "! no /shutdown; /help tells what there is\n");
        assert_eq!(says("/\u{1b}[2J"), "! no /^[[2J; /help tells what there is\n");
        assert_eq!(says("/nick"), "! it is /nick NAME\n");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_their_place() {
        let mut line = line();
        let refused = line.parse(b"caf\xe9").unwrap_err();
        assert_eq!(answer(&mut line, &Reply::Refused(refused)), "! not sent: not valid UTF-8 (byte 0xE9 at 3)\n");
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
