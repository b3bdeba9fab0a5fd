//! What a line asks for.

use std::borrow::Cow;

use commonroom_protocol::{Seq, limits};

use super::{CONFIRM, Line};
use crate::charset::Charset;
use crate::dialect::{Command, Lang, Refused, Shot, Side, Stretch, Switch, is_hello};
use crate::journal::Search;
use crate::moderation::{self, VERBS};
use crate::refusal::Refusal;
use crate::search::Query;
use crate::text;

/// Messages that `/last` and `/since` tell at once.
const PAGE: usize = limits::PAGE;
/// What can be typed after a slash.
const COMMANDS: [&str; 19] = [
    "help", "nick", "who", "rooms", "join", "msg", "me", "say", "last", "since", "search", "ack", "bell", "json",
    "lang", "charset", "ping", "quit", "as",
];

impl Line {
    /// What a script's line asks for that comes before any banner: nothing, if it is empty.
    pub fn shot(&mut self, input: &[u8]) -> Result<Option<Shot>, Refused> {
        let line = self.decode(input)?;
        let say = |text: &str| Some(Shot::Say { room: None, text: text.to_owned() });
        let Some(rest) = line.strip_prefix('/') else {
            return Ok(if line.is_empty() { None } else { say(public(&line)?) });
        };
        if rest.starts_with('/') {
            return Ok(say(rest));
        }
        let (word, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (command, room) = word.split_once('@').map_or((word, None), |(command, room)| (command, Some(room)));
        match (command.to_ascii_lowercase().as_str(), room) {
            ("say", room) => Ok(Some(Shot::Say { room: room.map(str::to_owned), text: text.to_owned() })),
            ("as", None) => Ok(Some(Shot::As(text.trim().to_owned()))),
            _ => Err(Refused { unsent: false, ..unsent(Refusal::NoShot { word: printable(word) }) }),
        }
    }

    /// What a line asks for.
    pub(in crate::dialect) fn parse(&mut self, input: &[u8]) -> Result<Option<Command>, Refused> {
        self.first &= input.is_empty();
        let line = self.decode(input)?;
        match line.strip_prefix('/') {
            None if line.is_empty() => Ok(None),
            None => Ok(Some(self.say(public(&line)?, false))),
            Some(rest) if rest.starts_with('/') => Ok(Some(self.say(rest, false))),
            Some(rest) => self.command(rest).map(Some),
        }
    }

    fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Cow<'a, str>, Refused> {
        let before = self.charset;
        let line = self.charset.read(input).map_err(|fault| unsent(Refusal::Undecodable(fault)))?;
        self.guessed = self.charset != before;
        let (bytes, limit) = (said(&line), limits::TEXT_BYTES);
        if bytes > limit { Err(unsent(Refusal::TooLong { bytes, limit })) } else { Ok(line) }
    }

    fn say(&mut self, text: &str, me: bool) -> Command {
        Command::Say { cid: self.cid(), text: text.to_owned(), me }
    }

    fn confirmed(&mut self, text: &str) -> Command {
        let cid = format!("{CONFIRM}{}", self.cid());
        Command::Say { cid, text: text.to_owned(), me: false }
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
            "rooms" => Ok(Command::Rooms(None)),
            "join" if rest.is_empty() => Err(usage("/join ROOM")),
            "join" => {
                let (room, password) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let password = Some(password.trim()).filter(|password| !password.is_empty());
                Ok(Command::Join(room.trim_start_matches('#').to_owned(), password.map(str::to_owned)))
            }
            "json" => Ok(Command::Frames),
            "say" if rest.is_empty() => Err(usage("/say TEXT")),
            "say" => Ok(self.confirmed(rest)),
            "as" => Err(usage("/as NAME before anything else; here it is /nick NAME")),
            "last" => last(rest),
            "since" => since(rest),
            "search" => search(rest),
            "ack" => on_or_off(rest, Switch::Ack, "/ack on or /ack off"),
            "bell" => on_or_off(rest, Switch::Bell, "/bell on or /bell off"),
            "me" if rest.is_empty() => Err(usage("/me TEXT")),
            "me" => Ok(self.say(rest, true)),
            "msg" => self.whisper(rest),
            "lang" => Lang::parse(rest).map(Command::Lang).ok_or_else(|| usage("/lang en or /lang zh")),
            "charset" => charset(rest).map(Command::Charset),
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
}

/// Whether a program's first line is a script's.
pub fn is_shot(line: &[u8]) -> bool {
    begins(line, b"say") || is_as(line)
}

/// Whether a script's line is about its name.
pub fn is_as(line: &[u8]) -> bool {
    begins(line, b"as")
}

/// Whether a line begins with a command, in any case.
fn begins(line: &[u8], command: &[u8]) -> bool {
    let Some((word, rest)) = line.strip_prefix(b"/").and_then(|line| line.split_at_checked(command.len())) else {
        return false;
    };
    let ended = rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'@');
    word.eq_ignore_ascii_case(command) && ended
}

/// How many bytes of a line the limit is for: the command before a text does not count.
fn said(line: &str) -> usize {
    let parts = line.strip_prefix('/').and_then(|line| line.split_once(char::is_whitespace));
    parts.map_or(line.len(), |(command, text)| text.len().max(command.len()))
}

/// A line that may be said to everybody: a hello would tell them its client's secret.
fn public(line: &str) -> Result<&str, Refused> {
    if is_hello(line.as_bytes()) { Err(unsent(Refusal::Usage { usage: "/json before a hello" })) } else { Ok(line) }
}

fn last(rest: &str) -> Result<Command, Refused> {
    let count = rest.parse().ok().filter(|count| (1..=PAGE).contains(count));
    let limit = count.ok_or_else(|| usage("/last N, with N from 1 to 200"))?;
    Ok(Command::History(None, Stretch { from: Seq(u64::MAX), side: Side::Before, limit }))
}

fn since(rest: &str) -> Result<Command, Refused> {
    if let Ok(seq) = rest.trim_start_matches('#').parse() {
        return Ok(Command::History(None, Stretch { from: Seq(seq), side: Side::After, limit: PAGE }));
    }
    let span = moderation::span(rest).ok_or_else(|| usage("/since #SEQ, such as /since #1303, or /since 10m"))?;
    Ok(Command::Since(span))
}

fn search(rest: &str) -> Result<Command, Refused> {
    if rest.is_empty() {
        return Err(usage("/search WORDS"));
    }
    let search = Search { query: Query::parse(rest), before: Seq(u64::MAX), limit: limits::HITS, neighbours: 0 };
    Ok(Command::Search(None, search))
}

fn on_or_off(rest: &str, switch: Switch, how: &'static str) -> Result<Command, Refused> {
    match rest {
        "on" => Ok(Command::Switch(switch, true)),
        "off" => Ok(Command::Switch(switch, false)),
        _ => Err(usage(how)),
    }
}

fn unsent(why: Refusal) -> Refused {
    Refused { cid: None, n: None, why, unsent: true }
}

fn usage(usage: &'static str) -> Refused {
    Refused { unsent: false, ..unsent(Refusal::Usage { usage }) }
}

fn charset(name: &str) -> Result<Charset, Refused> {
    if name.is_empty() {
        return Err(usage("/charset NAME, such as utf8, gbk, big5, shift_jis, cp1251, koi8-r"));
    }
    Charset::parse(name).ok_or_else(|| {
        let name = printable(name);
        Refused { unsent: false, ..unsent(Refusal::NoSuchCharset { name }) }
    })
}

/// The beginning of a word that means nothing, so that it can be named.
fn printable(word: &str) -> String {
    text::clean(&word.chars().take(32).collect::<String>()).replace('\n', " ")
}

fn unknown(word: &str, operator: bool) -> Refused {
    let word = printable(word);
    let near = |command: &&str| strsim::osa_distance(command, &word.to_lowercase());
    // In a word of three letters two mistakes leave nothing to guess by.
    let mistakes = if word.chars().count() < 4 { 1 } else { 2 };
    let verbs = VERBS.into_iter().filter(|_| operator);
    let like = COMMANDS.into_iter().chain(verbs).min_by_key(near).filter(|command| near(command) <= mistakes);
    Refused { unsent: false, ..unsent(Refusal::UnknownCommand { word, like }) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::super::tests::{answer, line};
    use super::*;
    use crate::dialect::Reply;
    use crate::fuzz::fuzz;
    use crate::name::By;

    fn line_says(text: &str, cid: &str) -> Command {
        Command::Say { cid: cid.into(), text: text.into(), me: false }
    }

    /// Commands with what belongs behind them, with anything else, and bytes that are none.
    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let words = COMMANDS.iter().chain(&VERBS).map(|word| format!("/{word}")).collect::<Vec<_>>();
        let part = prop_oneof![
            4 => prop::sample::select(words).prop_map(String::into_bytes),
            2 => prop::sample::select(vec!["/", "//", "ana", "on", "1", "0", "99999999999", "-1", "gbk", "zh", "#a", "@", "12:03"])
                .prop_map(|word| word.as_bytes().to_vec()),
            2 => ".{0,20}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(part, 0..5).prop_map(|parts| parts.join(&b' '))
    }

    #[test]
    fn fuzz_any_line_is_taken_or_refused() {
        fuzz(any_line(), |bytes| {
            let mut line = line();
            if let Err(refused) = line.parse(&bytes) {
                let told = answer(&mut line, &Reply::Refused(refused));
                prop_assert!(told.starts_with("! ") && told.ends_with('\n'), "{told:?}");
                prop_assert!(!told.trim_end_matches('\n').contains(char::is_control), "{told:?}");
            }
            let _ = Line::new(By(1), true, Arc::from("chat.lan"), TimeZone::UTC).shot(&bytes);
            Ok(())
        });
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
    fn history_is_asked_for_by_a_number_a_time_or_words() {
        let mut line = line();
        let after = |seq| Command::History(None, Stretch { from: Seq(seq), side: Side::After, limit: 200 });
        assert_eq!(line.parse(b"/since #1303"), Ok(Some(after(1303))));
        assert_eq!(line.parse(b"/since 10"), Ok(Some(after(10))));
        assert_eq!(line.parse(b"/since 10m"), Ok(Some(Command::Since(Duration::from_mins(10)))));
        let search = |words: &str| {
            let query = Query::parse(words);
            Ok(Some(Command::Search(None, Search { query, before: Seq(u64::MAX), limit: 20, neighbours: 0 })))
        };
        assert_eq!(line.parse("/search  \"天气 好\" x*".as_bytes()), search("\"天气 好\" x*"));
        assert_eq!(line.parse(b"/search !!!"), search(""));
        for nonsense in ["/since", "/since soon", "/since -1", "/since #10m", "/since 1w", "/search", "/search  "] {
            let refused = line.parse(nonsense.as_bytes()).unwrap_err();
            assert!(matches!(refused.why, Refusal::Usage { .. }), "{nonsense}: {refused:?}");
        }
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
    fn the_limit_counts_utf8_after_decoding() {
        let mut line = line();
        let gbk = |characters: usize| b"\xc4\xe3".repeat(characters);
        assert!(matches!(line.parse(&gbk(1365)), Ok(Some(Command::Say { text, .. })) if text.len() == 4095));
        let refused = line.parse(&gbk(1366)).unwrap_err();
        assert_eq!(answer(&mut line, &Reply::Refused(refused)), "! not sent: 4,098 bytes, the limit is 4,096\n");
    }

    #[test]
    fn a_charset_is_guessed_and_told_once_or_chosen() {
        let mut line = line();
        assert_eq!(line.parse(b"\xc4\xe3").unwrap(), Some(line_says("你", "1")));
        let guessed = line.guessed().unwrap();
        let words = "* your terminal seems to use GBK; /charset utf8 to change\n";
        assert_eq!(answer(&mut line, &Reply::Seems(guessed)), words);
        assert_eq!(line.parse(b"\xba\xc3").unwrap(), Some(line_says("好", "2")));
        assert_eq!(line.guessed(), None);
        line.parse("天气".as_bytes()).unwrap();
        let words = "* your terminal seems to use UTF-8; /charset gbk to change\n";
        let guessed = line.guessed().unwrap();
        assert_eq!(answer(&mut line, &Reply::Seems(guessed)), words);
        let Ok(Some(Command::Charset(charset))) = line.parse(b"/charset Big5") else { panic!("not understood") };
        assert_eq!(answer(&mut line, &Reply::Reading(charset)), "* Big5 it is\n");
        let refused = line.parse(b"/charset kl\x1bngon").unwrap_err();
        let words = "! no charset is called kl^[ngon; there are utf8, gbk, big5, shift_jis, euc-kr, cp1251, koi8-r and others\n";
        assert_eq!(answer(&mut line, &Reply::Refused(refused)), words);
        let refused = line.parse(b"/charset").unwrap_err();
        assert!(answer(&mut line, &Reply::Refused(refused)).starts_with("! it is /charset NAME, such as utf8, gbk, "));
    }
}
