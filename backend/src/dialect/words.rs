//! The server's words: one file for each language. A word that is missing in one does not compile.

mod en;
mod zh;

use std::time::Duration;

use commonroom_protocol::{ByeCode, GapWhy, Seq, Via};
use unicode_width::UnicodeWidthChar;

use crate::charset::Charset;
use crate::moderation::{Done, Notice};
use crate::refusal::Refusal;

/// A language the server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The language of a code such as `zh` or `zh-CN`.
    pub fn parse(code: &str) -> Option<Lang> {
        match code.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "zh" => Some(Lang::Zh),
            _ => None,
        }
    }

    /// Its words.
    pub fn words(self) -> &'static dyn Words {
        match self {
            Lang::En => &en::En,
            Lang::Zh => &zh::Zh,
        }
    }
}

/// Everything the server says of its own accord, without the mark in front and the line ending.
pub trait Words: Sync {
    /// The first line to a person.
    fn welcome(&self, room: &str, host: &str, you: &str, here: usize, roster: &str) -> String;
    /// After a roster that is too long: so many more.
    fn and_more(&self, more: usize) -> String;
    /// The second line to a person.
    fn hint(&self) -> &'static str;
    /// The answer to `/help`, some lines.
    fn help(&self) -> &'static str;
    /// Which room you are in.
    fn here(&self, room: &str) -> String;
    /// Which rooms there are, and how many are in each.
    fn rooms(&self, rooms: &str) -> String;
    /// A message of yours has this place.
    fn saved(&self, seq: Seq) -> String;
    /// Your messages are confirmed from now on, or no more.
    fn ack(&self, on: bool) -> &'static str;
    /// Your name rings the bell from now on, or no more.
    fn bell(&self, on: bool) -> &'static str;
    /// There is more after this one.
    fn more(&self, last: Seq) -> String;
    /// So many messages were found, with these numbers, the newest this one; and whether there are older ones.
    fn found(&self, count: usize, numbers: &str, newest: Seq, more: bool) -> String;
    /// No message was found.
    fn nothing_found(&self) -> &'static str;
    /// A room asks for a password, which a program has to give in its first line.
    fn asks(&self, room: &str, program: bool) -> String;
    /// Many have come and gone.
    fn crowd(&self, joined: usize, left: usize, here: usize) -> String;
    /// Who is here.
    fn roster(&self, here: usize, roster: &str) -> String;
    /// Somebody has come.
    fn joined(&self, nick: &str, via: Via) -> String;
    /// Somebody has gone.
    fn left(&self, nick: &str) -> String;
    /// Somebody has another name.
    fn renamed(&self, from: &str, to: &str) -> String;
    /// You have another name.
    fn named(&self, to: &str) -> String;
    /// A message to you alone, what goes before its text.
    fn whispers(&self, from: &str) -> String;
    /// Messages that are not told.
    fn gap(&self, from: Seq, to: Seq, why: GapWhy) -> String;
    /// More came at once than is read at once.
    fn slow_down(&self, per_second: u32) -> String;
    /// The answer to `/ping`.
    fn pong(&self) -> &'static str;
    /// The answer to `/lang`.
    fn speaking(&self) -> &'static str;
    /// The answer to `/charset`.
    fn reading(&self, charset: &str) -> String;
    /// A charset was guessed, and how to say that another was meant.
    fn seems(&self, charset: &str) -> String;
    /// Something was not said, and why.
    fn not_sent(&self, why: &str) -> String;
    /// A name was refused, and which one stays.
    fn still(&self, why: &str, you: &str) -> String;
    /// What else `/help` tells who may moderate, some lines.
    fn operator_help(&self) -> &'static str;
    /// What else it tells at the server's own terminal, some lines.
    fn console_help(&self) -> &'static str;
    /// What the operator has done, for those concerned. May have several lines.
    fn notice(&self, notice: &Notice) -> String;
    /// What the operator has done, for the operator. May have several lines.
    fn done(&self, done: &Done) -> String;
    /// Why something is not done.
    fn refusal(&self, refusal: &Refusal) -> String;
    /// Why the connection ends.
    fn bye(&self, code: ByeCode) -> &'static str;
}

/// 4096 as `4,096`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many messages these are, both included, at most: seqs may have holes.
fn count(from: Seq, to: Seq) -> String {
    grouped(usize::try_from((to.0 + 1).saturating_sub(from.0)).unwrap_or(usize::MAX))
}

/// The message before this one, or the place where it would be.
fn before(seq: Seq) -> Seq {
    Seq(seq.0.saturating_sub(1))
}

/// A time in its largest whole unit, from the words for seconds, minutes, hours and days.
fn span(time: Duration, [seconds, minutes, hours, days]: [&str; 4]) -> String {
    // What is left of a minute is a minute to whoever waits.
    let time = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match time {
        0..120 if time != 60 => format!("{time} {seconds}"),
        0..7200 if time != 3600 => format!("{} {minutes}", time.div_ceil(60)),
        0..172_800 if time != 86_400 => format!("{} {hours}", time.div_ceil(3600)),
        _ => format!("{} {days}", time.div_ceil(86_400)),
    }
}

/// What a member came by, in the letters of the frames: these are the same in every language.
pub fn via(via: Via) -> &'static str {
    match via {
        Via::Web => "web",
        Via::Api => "api",
        Via::Tcp => "tcp",
        Via::Console => "console",
        Via::Other => "other",
    }
}

/// Some of the charsets that can be chosen.
const CHARSETS: &str = "utf8, gbk, big5, shift_jis, euc-kr, cp1251, koi8-r";

/// How to say that a guess at a charset was wrong.
fn unguess(charset: &str) -> &'static str {
    if charset == Charset::default().name() { "/charset gbk" } else { "/charset utf8" }
}

/// A character that may not be printable, named so that it can be told to any terminal.
fn shown(c: char) -> String {
    match c {
        c if crate::text::is_plain(c) && !c.is_whitespace() && c.width() > Some(0) => c.to_string(),
        c => format!("U+{:04X}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 5312, 1_048_576].map(grouped), ["0", "999", "1,000", "5,312", "1,048,576"]);
    }

    #[test]
    fn a_character_that_cannot_be_seen_is_named() {
        assert_eq!(
            ['x', '王', '\u{200d}', '\u{301}', ' ', '\u{7}'].map(shown),
            ["x", "王", "U+200D", "U+0301", "U+0020", "U+0007"]
        );
    }

    #[test]
    fn a_time_is_told_in_one_unit() {
        let span = |seconds| span(Duration::from_secs(seconds), ["s", "min", "h", "d"]);
        let told = [0, 45, 60, 90, 600, 601, 3600, 7200, 86_400, 3 * 86_400].map(span);
        assert_eq!(told, ["0 s", "45 s", "1 min", "90 s", "10 min", "11 min", "1 h", "2 h", "1 d", "3 d"]);
    }

    #[test]
    fn a_language_is_known_by_its_code() {
        assert_eq!(Lang::parse("zh-CN"), Some(Lang::Zh));
        assert_eq!(Lang::parse("EN"), Some(Lang::En));
        assert_eq!(Lang::parse("tlh"), None);
    }
}
