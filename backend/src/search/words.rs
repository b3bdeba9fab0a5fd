//! What a word is: one reading for all that is written, whatever the script.
//!
//! - Compatible forms are one (NFKC: full-width `Ａ` is `A`), and so are capital and small letters. Accents of Latin and
//!   Greek letters don't matter, nor do the dots of `ё`.
//! - A letter or digit of a script that is written without spaces is a word of its own, with the marks on it, and so is
//!   an emoji or another symbol. Those of other scripts make words together.
//! - What only joins or varies others (ZWJ, variation selectors) is passed over; everything else parts words.

use unicode_normalization::char::decompose_canonical;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// A text as the index keeps it: its words, each folded, with one space between them, and after them its [`pairs`].
pub fn indexed(text: &str) -> String {
    let words = spaced(text);
    let mut indexed = words.trim().to_owned();
    for pair in pairs(&words) {
        indexed.push(' ');
        indexed.push_str(&pair);
    }
    indexed
}

/// Two words of one character that stand together, as one: what makes it quick to find the rare word that is written
/// in frequent characters. Such a pair is never a word.
pub(super) fn pairs(words: &str) -> impl Iterator<Item = String> {
    let alone = |word: &&str| stands_alone(word);
    let next = words.split_whitespace().skip(1);
    words.split_whitespace().zip(next).filter(move |(a, b)| alone(a) && alone(b)).map(|(a, b)| [a, b].concat())
}

/// The words of a text, each with a space on both sides; nothing where there is no word.
pub(super) fn spaced(text: &str) -> String {
    let mut reader = Reader { out: String::with_capacity(text.len() * 2), last: Kind::Between };
    if text.is_ascii() {
        text.bytes().for_each(|b| reader.ascii(b));
    } else if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(|c| reader.read(c));
    } else {
        text.nfkc().for_each(|c| reader.read(c));
    }
    if !reader.out.is_empty() {
        reader.out.push(' ');
    }
    reader.out
}

/// Whether a word can't go on: it is one character with its marks.
pub(super) fn stands_alone(word: &str) -> bool {
    word.chars().next().is_some_and(|c| kind(c) == Kind::Alone)
}

/// What a character does in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A part of a word in which marks don't matter.
    Plain,
    /// A part of a word in which they do.
    Letter,
    /// A word of its own.
    Alone,
    /// Belongs to what it stands on.
    Mark,
    /// Is passed over.
    Hidden,
    /// Parts words.
    Between,
}

struct Reader {
    out: String,
    /// What the last character was that is neither a mark nor hidden.
    last: Kind,
}

impl Reader {
    fn ascii(&mut self, b: u8) {
        if b.is_ascii_alphanumeric() {
            self.begin(Kind::Plain);
            self.out.push(char::from(b.to_ascii_lowercase()));
        } else {
            self.last = Kind::Between;
        }
    }

    fn read(&mut self, c: char) {
        let kind = kind(c);
        match kind {
            Kind::Mark if matches!(self.last, Kind::Between | Kind::Plain) => {}
            Kind::Mark => self.out.push(c),
            Kind::Hidden => {}
            Kind::Between => self.last = Kind::Between,
            Kind::Alone => {
                self.begin(kind);
                self.out.push(c);
            }
            Kind::Plain => {
                self.begin(kind);
                decompose_canonical(c, |c| {
                    if self::kind(c) != Kind::Mark {
                        self.out.extend(c.to_lowercase().map(of_any_place));
                    }
                });
            }
            Kind::Letter => {
                self.begin(kind);
                self.out.extend(c.to_lowercase().map(of_any_place));
            }
        }
    }

    /// Begins a word where none goes on.
    fn begin(&mut self, kind: Kind) {
        let parts = |kind| matches!(kind, Kind::Between | Kind::Alone);
        if parts(self.last) || parts(kind) {
            self.out.push(' ');
        }
        self.last = kind;
    }
}

/// Small letters that are written in two ways.
fn of_any_place(c: char) -> char {
    match c {
        'ς' => 'σ',
        'ё' => 'е',
        c => c,
    }
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' | 'A'..='Z' | 'a'..='z' => Kind::Plain,
        // The fraction slash of `½`, which is `1/2` to whoever types it.
        '\0'..='\u{7f}' | '\u{2044}' => Kind::Between,
        // Skin tones, and most of Hiragana, Katakana, Han and Hangul: looking them up would take most of the time.
        '\u{1f3fb}'..='\u{1f3ff}' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '\u{4e00}'..='\u{9fff}' | '가'..='힣' => {
            Kind::Alone
        }
        // Russian but for one letter, for the same reason.
        'А'..='я' => Kind::Letter,
        '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => Kind::Hidden,
        c => of_category(c),
    }
}

fn of_category(c: char) -> Kind {
    use GeneralCategory as Is;
    match c.general_category() {
        Is::UppercaseLetter | Is::LowercaseLetter | Is::TitlecaseLetter | Is::ModifierLetter | Is::OtherLetter => {
            of_script(c)
        }
        Is::DecimalNumber | Is::LetterNumber | Is::OtherNumber => of_script(c),
        Is::NonspacingMark | Is::SpacingMark | Is::EnclosingMark => Kind::Mark,
        // What has no meaning yet is an emoji before long.
        Is::OtherSymbol | Is::MathSymbol | Is::CurrencySymbol | Is::Unassigned => Kind::Alone,
        Is::Format => Kind::Hidden,
        _ => Kind::Between,
    }
}

fn of_script(c: char) -> Kind {
    match c.script() {
        Script::Latin | Script::Greek => Kind::Plain,
        // `ー` and others that several scripts share.
        Script::Common if c.script_extension().contains_script(Script::Katakana) => Kind::Alone,
        script if is_without_spaces(script) => Kind::Alone,
        _ => Kind::Letter,
    }
}

fn is_without_spaces(script: Script) -> bool {
    use Script as Is;
    matches!(
        script,
        Is::Han | Is::Hiragana | Is::Katakana | Is::Bopomofo | Is::Hangul | Is::Yi | Is::Tangut | Is::Nushu
    ) || matches!(script, Is::Thai | Is::Lao | Is::Khmer | Is::Myanmar | Is::Javanese | Is::Balinese)
        || matches!(script, Is::Tai_Le | Is::New_Tai_Lue | Is::Tai_Tham | Is::Tai_Viet)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_script_has_its_words() {
        let read = [
            ("", ""),
            ("  !?  ", ""),
            ("Hello, World_2!", "hello world 2"),
            ("it's 3.5%", "it s 3 5"),
            ("今天天气 fine好", "今 天 天 气 fine 好"),
            ("ＡＢＣ１２３", "abc123"),
            ("ガギ ｶﾞｷﾞ か\u{3099}", "ガ ギ ガ ギ が"),
            ("コーヒー々", "コ ー ヒ ー 々"),
            ("한국어 \u{1112}\u{1161}\u{11ab}", "한 국 어 한"),
            ("สวัสดี", "ส วั ส ดี"),
            ("नमस्ते दुनिया", "नमस्ते दुनिया"),
            ("مرحبا بالعالم می\u{200c}روم", "مرحبا بالعالم میروم"),
            ("👍🏽❤️👩\u{200d}💻", "👍 🏽 ❤ 👩 💻"),
            ("🇨🇳 5€ 1\u{fe0f}\u{20e3}", "🇨 🇳 5 € 1"),
            ("½ ㍿ ﬁne", "1 2 株 式 会 社 fine"),
            ("a\u{ad}b a\u{200d}b", "ab ab"),
            ("Tōkyō大学", "tokyo 大 学"),
        ];
        for (text, words) in read {
            assert_eq!(spaced(text).trim(), words, "{text}");
        }
    }

    #[test]
    fn characters_that_stand_together_are_kept_as_pairs_too() {
        assert_eq!(indexed("今天ok，好 吃"), "今 天 ok 好 吃 今天 好吃");
        assert_eq!(indexed("one 二"), "one 二");
    }

    #[test]
    fn accents_matter_where_they_make_another_letter() {
        let same =
            [("CAFÉ", "cafe"), ("cafe\u{301}", "café"), ("Việt", "viet"), ("ΣΊΣΥΦΟΣ", "σισυφος"), ("Ёлка", "елка")];
        for (a, b) in same {
            assert_eq!(indexed(a), indexed(b));
        }
        let other = [("й", "и"), ("が", "か"), ("ї", "і"), ("ß", "s"), ("ø", "o"), ("কি", "ক")];
        for (a, b) in other {
            assert_ne!(indexed(a), indexed(b));
        }
        assert_eq!(indexed("İIı"), "iiı");
    }

    proptest! {
        #[test]
        fn what_is_indexed_is_words_alone(text in any::<String>()) {
            let is_fine = |c: char| c == ' ' || c.is_ascii_digit() || c.is_ascii_lowercase() || !c.is_ascii();
            let words = indexed(&text);
            prop_assert!(words.chars().all(is_fine) && !words.contains("  ") && words.trim() == words, "{words:?}");
        }
    }
}
