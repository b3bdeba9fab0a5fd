//! Every word the page says. One struct, one constant for each language: a missing string does not compile.

use std::fmt;

use commonroom_protocol::{Code, GapWhy, NoticeCode, Via};

use crate::backoff::Stop;
use crate::theme::Theme;

mod en;
mod zh;

/// A number of things in a language: how it writes the number, and which form of words goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub digits: String,
    /// The form for one thing, as in "1 message". `Intl.PluralRules` knows where a language has it.
    pub one: bool,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

/// One language.
///
/// Functions where a language puts a name or a number in a place of its own.
#[expect(missing_docs, reason = "the English beside each name says what it is")]
#[derive(Debug)]
pub struct Text {
    /// For `<html lang>`.
    pub lang: &'static str,
    /// The language's name in itself.
    pub name: &'static str,

    pub connected: &'static str,
    pub connecting: &'static str,
    /// On the connection's pill: the seconds to the next attempt.
    pub reconnecting: fn(&Count) -> String,
    pub offline: &'static str,
    /// Read aloud when the connection is lost.
    pub lost: &'static str,
    pub retry_now: &'static str,
    pub stopped: &'static str,
    pub stop: fn(Stop) -> &'static str,

    pub rooms: &'static str,
    pub join_by: &'static str,
    pub language: &'static str,
    pub theme: fn(Theme) -> &'static str,

    pub here: fn(&Count) -> String,
    pub people: fn(&Count) -> String,
    pub who_is_here: &'static str,
    pub you: &'static str,
    pub via: fn(Via) -> &'static str,

    pub quiet: &'static str,
    pub older: &'static str,
    pub loading: &'static str,
    pub news: fn(&Count) -> String,
    pub today: &'static str,
    pub yesterday: &'static str,
    pub sending: &'static str,
    pub not_sent: fn(&str) -> String,
    pub unsure: &'static str,
    pub retry: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub discard: &'static str,

    pub joined: fn(&str, &str) -> String,
    pub left: fn(&str) -> String,
    pub renamed: fn(&str, &str) -> String,
    pub crowd: fn(&Count, &Count) -> String,
    pub missed: fn(&Count, GapWhy) -> String,
    pub rewound: &'static str,
    pub of_old: &'static str,
    pub whispered: fn(&str, &str) -> String,
    pub not_done: fn(&str) -> String,
    pub too_fast: &'static str,
    /// The words for a notice and what it is about; none for a code this page does not know.
    pub notice: fn(NoticeCode, &str) -> Option<String>,
    /// The words for a code; none for a code this page does not know.
    pub refusal: fn(Code) -> Option<&'static str>,

    pub say_something: fn(&str) -> String,
    pub message: fn(&str) -> String,
    pub send: &'static str,
    pub change_name: &'static str,
    pub your_name: &'static str,
    pub hint_keys: &'static str,
    pub hint_commands: &'static str,
    pub unknown_command: fn(&str) -> String,
    pub nick_missing: &'static str,
    pub too_long: fn(&Count) -> String,
    pub outbox_full: &'static str,

    pub crashed: &'static str,
    pub reload: &'static str,
}

impl Text {
    /// Every language there is, in the picker's order.
    pub const ALL: [&'static Text; 2] = [&en::EN, &zh::ZH];

    /// The language that comes closest to a tag of BCP 47, such as `zh-CN`; English where none does.
    pub fn for_language(tag: &str) -> &'static Text {
        match tag.split(['-', '_']).next() {
            Some(language) if language.eq_ignore_ascii_case("zh") => &zh::ZH,
            _ => &en::EN,
        }
    }

    /// The words for a refusal: ours, or the server's own where the code is new.
    pub fn reason<'a>(&self, code: Code, message: &'a str) -> &'a str {
        (self.refusal)(code).unwrap_or(message)
    }

    /// The words for a notice: ours, or the server's own where the code is new.
    pub fn notice(&self, code: NoticeCode, about: Option<&str>, message: &str) -> String {
        (self.notice)(code, about.unwrap_or_default()).unwrap_or_else(|| message.to_owned())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.lang == other.lang
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_its_language_or_english() {
        assert_eq!(Text::for_language("zh-CN").lang, "zh-CN");
        assert_eq!(Text::for_language("ZH").lang, "zh-CN");
        assert_eq!(Text::for_language("en-GB").lang, "en");
        assert_eq!(Text::for_language("tlh").lang, "en");
        assert_eq!(Text::for_language("").lang, "en");
    }

    #[test]
    fn a_language_is_found_by_its_own_tag() {
        assert!(Text::ALL.iter().all(|text| Text::for_language(text.lang) == *text));
    }

    #[test]
    fn a_count_of_one_is_not_a_plural() {
        let missed = Text::for_language("en").missed;
        let count = |digits: &str, one| Count { digits: digits.to_owned(), one };
        assert_eq!(missed(&count("1", true), GapWhy::Limit), "1 message is not shown: too much was said at once");
        assert_eq!(missed(&count("42", false), GapWhy::Expired), "42 messages are not shown: they are no longer kept");
    }

    #[test]
    fn a_code_of_a_newer_server_keeps_the_servers_words() {
        let english = Text::for_language("en");
        assert_eq!(english.reason(Code::Other, "the moon is full"), "the moon is full");
        assert_eq!(english.reason(Code::Locked, "m"), "the room is locked");
        assert_eq!(english.notice(NoticeCode::Other, None, "the moon is full"), "the moon is full");
        assert_eq!(english.notice(NoticeCode::Kicked, Some("bob"), "m"), "bob was sent away by the operator");
    }
}
