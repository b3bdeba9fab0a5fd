//! What a member is called.
//!
//! The Nickname profile of PRECIS (RFC 8266), with what a terminal asks for besides. Where it differs:
//! - no white space but at the ends, where it is cut off;
//! - emoji are allowed with the joiners and selectors that make them one;
//! - the letters in [`is_kept`] keep their form.

use std::fmt;
use std::sync::Arc;

use commonroom_protocol::limits;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Folded, class, direction, emoji};
use crate::refusal::Refusal;

/// Before it is looked at, a name is at most this long: with all the marks a letter may have, no good one is longer.
const ASKED_BYTES: usize = 1024;
/// Marks in a row that go with any letter, such as accents.
const ACCENTS: usize = 2;
/// Marks in a row (UTS #39 section 5.4): Khmer, Burmese and Tibetan put up to four of their own on a letter.
const MARKS: usize = 4;

/// A name: 1 to [`limits::NICK_COLUMNS`] columns of visible characters without white space, in at most
/// [`limits::NICK_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nick(Arc<str>);

impl Nick {
    /// Checks a name somebody asks for.
    ///
    /// # Errors
    /// [`Refusal::NickBad`], which says what is wrong with it.
    pub fn parse(name: &str) -> Result<Nick, Refusal> {
        let nick = Nick::of_any_length(name)?;
        if nick.0.len() > limits::NICK_BYTES { Err(Refusal::NickBad { why: NickFault::TooLong }) } else { Ok(nick) }
    }

    fn of_any_length(name: &str) -> Result<Nick, Refusal> {
        let why = match enforced(name) {
            Ok(name) => match fault(&name) {
                None => return Ok(Nick(name.into())),
                Some(why) => why,
            },
            Err(why) => why,
        };
        Err(Refusal::NickBad { why })
    }

    /// The name for somebody who has not chosen one: `guest-fox`, and with `number` above 0 `guest-fox-2`.
    pub(crate) fn guest(animal: u64, number: u32) -> Nick {
        let animal = ANIMALS[usize::try_from(animal % ANIMALS.len() as u64).unwrap_or_default()];
        Nick(if number == 0 { format!("guest-{animal}") } else { format!("guest-{animal}-{}", number + 1) }.into())
    }

    /// The console's name, which nobody else can have.
    pub(crate) fn operator() -> Nick {
        Nick(OPERATOR.into())
    }

    /// The name of somebody who is or was here: the console's, or one that [`Nick::parse`] takes, or took when names had
    /// no limit of bytes.
    ///
    /// # Errors
    /// As [`Nick::parse`].
    pub(crate) fn of_somebody(name: &str) -> Result<Nick, Refusal> {
        if name.eq_ignore_ascii_case(OPERATOR) { Ok(Nick::operator()) } else { Nick::of_any_length(name) }
    }

    /// Whether it is like those that are given to guests.
    pub(crate) fn is_guests(&self) -> bool {
        self.0.starts_with("guest-")
    }

    /// The name as it is compared. Not cheap: for when somebody comes or changes a name, not for each message.
    pub fn folded(&self) -> Folded {
        Folded::new(&self.0)
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NickFault {
    /// There is none.
    Empty,
    /// More than [`limits::NICK_COLUMNS`] columns.
    TooWide,
    /// More than [`limits::NICK_BYTES`].
    TooLong,
    /// A character that no name may have, or not there.
    Character(char),
    /// Nothing to see, or too much on one letter.
    Invisible,
    /// It runs from left to right and from right to left.
    Direction,
    /// It would pass for the server's own voice.
    Reserved,
}

/// The name with its compatible forms (RFC 8266 section 2.3): all but emoji and [`is_kept`] in NFKC.
fn enforced(name: &str) -> Result<String, NickFault> {
    let name = name.trim_matches(|c: char| c.general_category() == GeneralCategory::SpaceSeparator);
    if name.len() > ASKED_BYTES {
        return Err(NickFault::TooWide);
    }
    if name.is_ascii() {
        return Ok(name.to_owned());
    }
    let chars: Vec<char> = name.nfc().collect();
    let (mut enforced, mut at) = (String::with_capacity(name.len()), 0);
    while at < chars.len() {
        let len = whole(&chars[at..]);
        let text = (at + len..chars.len()).find(|at| whole(&chars[*at..]) > 0).unwrap_or(chars.len());
        enforced.extend(&chars[at..at + len]);
        enforced.extend(chars[at + len..text].iter().copied().nfkc());
        at = text;
    }
    Ok(enforced)
}

/// How many characters at the beginning stay as they are.
fn whole(chars: &[char]) -> usize {
    match emoji::len(chars) {
        0 => usize::from(chars.first().is_some_and(|c| is_kept(*c))),
        len => len,
    }
}

/// Letters that their compatible form would break: AM of Thai and Lao falls into two that fonts put together badly, and
/// the single letters of Hangul become parts of syllables, which are no letters.
fn is_kept(c: char) -> bool {
    matches!(c, '\u{e33}' | '\u{eb3}' | '\u{3131}'..='\u{3163}' | '\u{3165}'..='\u{318e}')
}

fn fault(name: &str) -> Option<NickFault> {
    let chars: Vec<char> = name.chars().collect();
    if chars.is_empty() {
        return Some(NickFault::Empty);
    }
    if columns(name) > limits::NICK_COLUMNS {
        return Some(NickFault::TooWide);
    }
    if let Some(c) = class::first_stranger(&chars) {
        return Some(NickFault::Character(c));
    }
    if has_too_many_marks(name) || columns(name) == 0 {
        return Some(NickFault::Invisible);
    }
    if !direction::is_one(name) {
        return Some(NickFault::Direction);
    }
    Folded::new(name).is_reserved().then_some(NickFault::Reserved)
}

/// On a terminal that knows emoji, or one that shows a family as three heads, whichever is wider.
fn columns(name: &str) -> usize {
    name.width().max(name.chars().filter_map(UnicodeWidthChar::width).sum())
}

fn has_too_many_marks(name: &str) -> bool {
    let (mut marks, mut accents, mut before) = (0, 0, None);
    name.chars().any(|c| {
        if is_combining_mark(c) {
            marks += 1;
            accents += usize::from(matches!(c.script(), Script::Inherited | Script::Common));
        } else {
            (marks, accents) = (0, 0);
        }
        let twice = before.replace(c) == Some(c) && marks > 0;
        marks > MARKS || accents > ACCENTS || twice
    })
}

/// What the console is called.
const OPERATOR: &str = "operator";

const ANIMALS: [&str; 64] = [
    "ant", "ape", "auk", "bat", "bear", "bee", "boar", "carp", "cat", "clam", "cod", "colt", "crab", "crane", "crow",
    "deer", "dove", "duck", "eagle", "eel", "elk", "emu", "finch", "fox", "frog", "gecko", "goat", "goose", "gull",
    "hare", "hawk", "hen", "heron", "ibex", "jay", "kite", "koala", "lark", "lemur", "lion", "lynx", "mole", "moose",
    "moth", "newt", "otter", "owl", "panda", "pike", "puma", "quail", "raven", "robin", "seal", "shrew", "sloth",
    "snail", "stork", "swan", "tapir", "toad", "vole", "wren", "zebra",
];
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text;

    fn parsed(name: &str) -> Result<String, NickFault> {
        match Nick::parse(name) {
            Ok(nick) => Ok(nick.to_string()),
            Err(Refusal::NickBad { why }) => Err(why),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn alike(a: &Nick, b: &Nick) -> bool {
        let (a, b) = (a.folded(), b.folded());
        a.looks().iter().any(|look| b.looks().contains(look))
    }

    #[test]
    fn names_of_every_script_are_allowed() {
        let names = [
            "ana",
            "老王",
            "Ольга",
            "محمد",
            "שרה",
            "a.b-c_d",
            "नमस्ते",
            "श्रीमती",
            "ज़ीं",
            "श्री",
            "한글",
            "ㅇㅇ",
            "น้ำ",
            "สมชาย",
            "ទឹកញ៉ាំ",
            "မြို့",
            "རྒྱུ",
            "தமிழ்",
            "ქეთი",
            "Նարե",
            "ሰላም",
            "José",
            "Nguyễn",
            "さくら",
            "Ёж",
            "Ωραία",
            "Ελένη",
            "𞤀𞤣𞤤𞤢𞤥",
            "ລາວຳ",
        ];
        for name in names {
            assert_eq!(parsed(name), Ok(name.nfc().collect()), "{name}");
        }
    }

    #[test]
    fn emoji_are_allowed_whole() {
        for name in ["🦊", "❤️", "👨‍👩‍👧", "👍🏽", "🇳🇴", "1️⃣", "ana🏳️‍🌈", "سارة🌸", "🫨", "™️", "🅰️", "ana🦊bob"]
        {
            assert_eq!(parsed(name), Ok(name.to_owned()), "{name}");
        }
        for name in ["🦊\u{200d}", "\u{200d}🦊", "#️⃣", "*️⃣", "a\u{fe0f}", "🏴\u{e0067}\u{e007f}"] {
            assert!(matches!(parsed(name), Err(NickFault::Character(_))), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_would_break_the_grammar_or_hide_is_refused() {
        let names = [
            "a b",
            "a:b",
            "<ana>",
            "/me",
            "-x",
            "a\u{200b}b",
            "\u{202e}ana",
            "a\u{7}",
            "ａ：ｂ",
            "‹ana›",
            "ana\u{ad}",
            "\u{2800}",
            "\u{3164}",
            "\u{301}a",
            "a\u{a0}b",
            "a\u{3000}b",
            "ﷺ",
            "a\u{2028}b",
            "a\tb",
            "a\n",
            "\u{feff}ana",
            "a\u{200e}",
            "\u{1160}",
            "a\u{e0041}",
            "\u{e000}",
            "a\u{34f}b",
            "\u{fffd}",
        ];
        for name in names {
            assert!(matches!(parsed(name), Err(NickFault::Character(_))), "{name:?}: {:?}", parsed(name));
        }
        assert_eq!(parsed(""), Err(NickFault::Empty));
        assert_eq!(parsed("  "), Err(NickFault::Empty));
        assert_eq!(parsed("anaمحمد"), Err(NickFault::Direction));
        assert_eq!(parsed("ｒｏｏｔ"), Err(NickFault::Reserved));
    }

    #[test]
    fn a_name_is_shown_in_its_compatible_form_without_outer_space() {
        assert_eq!(parsed(" ana\u{3000}"), Ok("ana".to_owned()));
        assert_eq!(parsed("ｂｏｂ"), Ok("bob".to_owned()));
        assert_eq!(parsed("e\u{301}ve"), Ok("éve".to_owned()));
        assert_eq!(parsed("ﾊﾝﾅ"), Ok("ハンナ".to_owned()));
    }

    #[test]
    fn a_letter_carries_two_accents_or_four_marks_of_its_own() {
        assert!(parsed("x\u{301}\u{302}").is_ok());
        assert_eq!(parsed("x\u{301}\u{302}\u{303}"), Err(NickFault::Invisible));
        assert_eq!(parsed("x\u{301}\u{301}"), Err(NickFault::Invisible));
        assert_eq!(parsed("มี\u{e49}\u{e34}\u{e49}\u{e34}\u{e49}"), Err(NickFault::Invisible));
    }

    #[test]
    fn a_name_is_measured_in_columns() {
        assert!(Nick::parse(&"x".repeat(32)).is_ok());
        assert_eq!(parsed(&"x".repeat(33)), Err(NickFault::TooWide));
        assert!(Nick::parse(&"王".repeat(16)).is_ok());
        assert_eq!(parsed(&"王".repeat(17)), Err(NickFault::TooWide));
        assert_eq!(parsed(&"x".repeat(100_000)), Err(NickFault::TooWide));
        let family = "👩".to_owned() + &"\u{200d}👩".repeat(16);
        assert_eq!(parsed(&family), Err(NickFault::TooWide), "some terminals show them side by side");
    }

    #[test]
    fn a_name_of_narrow_letters_with_many_marks_is_too_long() {
        let khmer = |letters| "ក\u{17b7}\u{17c6}\u{17d0}\u{17cd}".repeat(letters);
        assert_eq!(parsed(&khmer(8)).map(|name| name.len()), Ok(120));
        assert_eq!(parsed(&khmer(9)), Err(NickFault::TooLong));
        // Who had it is still somebody: what they said can be brought back from an archive.
        assert!(Nick::of_somebody(&khmer(9)).is_ok());
        assert!(parsed(&"\u{10428}".repeat(32)).is_ok(), "four bytes a column are enough for every letter alone");
    }

    #[test]
    fn the_names_of_guests_are_good_and_not_alike() {
        let guests: Vec<Nick> =
            (0..64).flat_map(|animal| [0, 1, 9, 10, 99].map(|number| Nick::guest(animal, number))).collect();
        for (i, a) in guests.iter().enumerate() {
            assert_eq!(Nick::parse(a.as_str()).as_ref(), Ok(a));
            assert!(a.is_guests());
            assert!(guests[..i].iter().all(|b| !alike(a, b)), "{a}");
        }
    }

    /// Names of all kinds: of chance, and of pieces that a name may have.
    fn names() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-zA-Z0-9._-]{1,4}",
            "\\PC{1,3}",
            "[\u{300}-\u{36f}]",
            "[\u{600}-\u{6ff}]{1,3}",
            "[\u{900}-\u{97f}]{1,3}",
            "[\u{e00}-\u{e7f}]{1,3}",
            "[\u{3040}-\u{318f}]{1,3}",
            "[\u{ff00}-\u{ffef}]{1,3}",
            "[\u{1100}-\u{11ff}]{1,2}",
            "[\u{1f300}-\u{1f6ff}]",
            "[\u{200b}-\u{200f}\u{fe0f}\u{20e3}]",
            "[\u{2000}-\u{2bff}]",
            "[\u{10800}-\u{10fff}]",
        ];
        proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_name_that_is_taken_is_safe_anywhere(name in names()) {
            let Ok(nick) = Nick::parse(&name) else { return Ok(()) };
            let name = nick.as_str();
            prop_assert_eq!(Nick::parse(name), Ok(nick.clone()));
            prop_assert!((1..=limits::NICK_COLUMNS).contains(&name.width()));
            prop_assert!(!name.contains(|c: char| c.is_whitespace() || c.is_control() || ":<>@#/*()".contains(c)));
            prop_assert!(!name.starts_with('-'));
            let line = format!("<{name}> text");
            prop_assert_eq!(text::clean(&line), line);
        }

        #[test]
        fn a_name_is_one_in_every_form(name in names()) {
            let Ok(nick) = Nick::parse(&name) else { return Ok(()) };
            let composed: [String; 3] = [name.nfc().collect(), name.nfd().collect(), nick.as_str().nfd().collect()];
            for form in composed {
                prop_assert_eq!(Nick::parse(&form), Ok(nick.clone()));
            }
            for form in [nick.as_str().to_uppercase(), nick.as_str().to_lowercase()] {
                // A capital may be wider than its small letter.
                let Ok(other) = Nick::parse(&form) else { continue };
                prop_assert!(alike(&nick, &other), "{} {}", nick, other);
                prop_assert!(nick.folded().is_same(&other.folded()), "{} {}", nick, other);
            }
        }

        #[test]
        fn wide_letters_are_letters(name in "[!-~]{1,16}") {
            let wide: String = name.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            prop_assert_eq!(Nick::parse(&wide), Nick::parse(&name));
        }
    }
}
