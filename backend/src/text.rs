//! The sanitiser: what one peer sends is made harmless for every terminal and page before anybody else sees it.
//!
//! Applied once, where text enters. Nothing is lost in silence: a control character becomes visible (`^[`), and only
//! characters whose sole use is to hide or reorder others are removed. Pure and idempotent.

use std::sync::Arc;

use bytes::BytesMut;
use commonroom_protocol::limits;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

use crate::refusal::Refusal;

/// Combining marks on one base character; more would climb over the lines above.
const MARKS: usize = 8;

/// The text of a message: harmless, visible, at most [`limits::TEXT_LINES`] lines that end in LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(Arc<str>);

impl Body {
    /// Takes in what somebody says.
    ///
    /// # Errors
    /// [`Refusal::TooLong`], [`Refusal::TooManyLines`] or [`Refusal::Empty`].
    pub fn parse(text: &str) -> Result<Body, Refusal> {
        if text.len() > limits::TEXT_BYTES {
            return Err(Refusal::TooLong { bytes: text.len(), limit: limits::TEXT_BYTES });
        }
        let clean = clean(text);
        let lines = clean.split('\n').count();
        if lines > limits::TEXT_LINES {
            return Err(Refusal::TooManyLines { lines });
        }
        if clean.chars().all(|c| c.is_whitespace() || c.width().unwrap_or(0) == 0) {
            return Err(Refusal::Empty);
        }
        Ok(Body(clean.into()))
    }

    /// Whether a text is one that [`Body::parse`] has made of another. What was made visible in it takes more bytes
    /// than it came with, up to four for one.
    pub fn is_one(text: &str) -> bool {
        let visible = |c: char| !c.is_whitespace() && c.width().unwrap_or(0) > 0;
        let fits = text.len() <= 4 * limits::TEXT_BYTES && text.split('\n').count() <= limits::TEXT_LINES;
        fits && text.chars().any(visible) && clean(text) == text
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What becomes of one character.
enum Fate {
    Keep,
    Show,
    Space,
    Drop,
    Open,
    CloseEmbedding,
    CloseIsolate,
}

fn fate(c: char) -> Fate {
    match c {
        '\n' | '\t' => Fate::Keep,
        '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Space,
        '\u{00}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Fate::Show,
        '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' => Fate::Open,
        '\u{202c}' => Fate::CloseEmbedding,
        '\u{2069}' => Fate::CloseIsolate,
        '\u{200b}' | '\u{202d}' | '\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' => {
            Fate::Drop
        }
        _ => Fate::Keep,
    }
}

/// Whether the sanitiser leaves this character as it is wherever it stands on a line.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(fate(c), Fate::Keep) && c != '\n' && c != '\t'
}

/// Makes a text harmless. `clean(clean(x)) == clean(x)`.
pub fn clean(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')) {
        return text.to_owned();
    }
    let mut cleaner = Cleaner { out: String::with_capacity(text.len()), open: Vec::new(), marks: 0 };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                cleaner.end_of_line();
                cleaner.out.push('\n');
            }
            c => cleaner.push(c),
        }
    }
    cleaner.end_of_line();
    cleaner.out
}

struct Cleaner {
    out: String,
    /// Embeddings and isolates that this line has opened, by what closes them.
    open: Vec<char>,
    marks: usize,
}

const CLOSES_EMBEDDING: char = '\u{202c}';
const CLOSES_ISOLATE: char = '\u{2069}';

impl Cleaner {
    fn push(&mut self, c: char) {
        if !self.fits(c) {
            return;
        }
        match fate(c) {
            Fate::Keep if c == '\n' => {
                self.end_of_line();
                self.out.push('\n');
            }
            Fate::Keep => self.out.push(c),
            Fate::Space => self.out.push(' '),
            Fate::Drop => {}
            Fate::Show => show(c, &mut self.out),
            Fate::Open => self.open(c),
            Fate::CloseEmbedding => self.close_embedding(),
            Fate::CloseIsolate => self.close_isolate(),
        }
    }

    /// Whether this character still has room on its base.
    fn fits(&mut self, c: char) -> bool {
        if is_combining_mark(c) {
            self.marks += 1;
        } else if is_base(c) {
            self.marks = 0;
        }
        self.marks <= MARKS
    }

    fn open(&mut self, c: char) {
        self.open.push(if matches!(c, '\u{202a}' | '\u{202b}') { CLOSES_EMBEDDING } else { CLOSES_ISOLATE });
        self.out.push(c);
    }

    fn close_embedding(&mut self) {
        if self.open.last() == Some(&CLOSES_EMBEDDING) {
            self.open.pop();
            self.out.push(CLOSES_EMBEDDING);
        }
    }

    /// Closes the innermost isolate and, first, what was opened within it.
    fn close_isolate(&mut self) {
        if !self.open.contains(&CLOSES_ISOLATE) {
            return;
        }
        while let Some(closer) = self.open.pop() {
            self.out.push(closer);
            if closer == CLOSES_ISOLATE {
                break;
            }
        }
    }

    fn end_of_line(&mut self) {
        self.out.extend(self.open.drain(..).rev());
        self.marks = 0;
    }
}

/// Whether marks after this character stand on it. A joiner is no base: else it would begin another eight.
fn is_base(c: char) -> bool {
    match fate(c) {
        Fate::Keep => c.width() != Some(0),
        Fate::Space | Fate::Show => true,
        Fate::Drop | Fate::Open | Fate::CloseEmbedding | Fate::CloseIsolate => false,
    }
}

/// Writes text that leaves for a terminal, on one line. All of it has been made harmless where it entered; what has not,
/// by a fault of ours, is made visible here. A tab becomes four spaces.
pub(crate) fn write_line(text: &str, out: &mut BytesMut) {
    // The first bytes of all that may need a look: without a branch, so that sixteen are looked at together.
    let suspicious = |b: u8| (b < b' ') | matches!(b, 0x7f | 0xc2 | 0xe2 | 0xef | 0xf3);
    if !text.bytes().fold(false, |found, b| found | suspicious(b)) {
        return out.extend_from_slice(text.as_bytes());
    }
    let mut line = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match fate(c) {
            _ if c == '\t' => line.push_str("    "),
            Fate::Keep if c != '\n' => line.push(c),
            Fate::Open | Fate::CloseEmbedding | Fate::CloseIsolate => line.push(c),
            Fate::Keep | Fate::Show | Fate::Space | Fate::Drop => show(c, &mut line),
        }
    }
    out.extend_from_slice(line.as_bytes());
}

/// `^[` for ESC, `^?` for DEL, `<9b>` for a C1 control or what else has no picture.
fn show(c: char, out: &mut String) {
    match c {
        '\u{00}'..='\u{1f}' => {
            out.extend(char::from_u32(u32::from(c) + u32::from('@')).into_iter().flat_map(|shown| ['^', shown]));
        }
        '\u{7f}' => out.push_str("^?"),
        _ => out.extend(format!("<{:02x}>", u32::from(c)).chars()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::fuzz::fuzz;

    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(clean("\u{1b}[31mred\u{7}"), "^[[31mred^G");
        assert_eq!(clean("a\u{0}b\u{7f}c\u{9b}d"), "a^@b^?c<9b>d");
        assert_eq!(clean("a\tb"), "a\tb");
    }

    #[test]
    fn every_line_ending_becomes_a_line_feed() {
        assert_eq!(clean("a\r\nb\rc\nd"), "a\nb\nc\nd");
        assert_eq!(clean("a\u{2028}b\u{85}c\u{b}d"), "a b c d");
    }

    #[test]
    fn what_hides_or_reorders_is_removed() {
        assert_eq!(clean("a\u{202e}b\u{200b}c\u{feff}d\u{e0041}e"), "abcde");
        assert_eq!(clean("👩\u{200d}👧 می\u{200c}خواهم ☺\u{fe0f}"), "👩\u{200d}👧 می\u{200c}خواهم ☺\u{fe0f}");
    }

    #[test]
    fn what_a_line_opens_it_closes() {
        assert_eq!(clean("\u{2067}a\u{202b}b"), "\u{2067}a\u{202b}b\u{202c}\u{2069}");
        assert_eq!(clean("\u{2067}a\nb"), "\u{2067}a\u{2069}\nb");
        assert_eq!(clean("a\u{2069}\u{202c}b"), "ab");
        assert_eq!(clean("\u{2067}a\u{2069}b"), "\u{2067}a\u{2069}b");
    }

    #[test]
    fn marks_are_at_most_eight() {
        let tower = format!("e{}", "\u{301}".repeat(20));
        assert_eq!(clean(&tower).chars().count(), 9);
        let joined = "e".to_owned() + &"\u{301}\u{301}\u{200d}\u{200c}\u{200e}\u{2067}\u{2069}".repeat(9);
        assert_eq!(clean(&joined).matches('\u{301}').count(), 8, "a joiner begins no new tower");
        assert_eq!(clean(&"e\u{301}".repeat(20)), "e\u{301}".repeat(20));
    }

    #[test]
    fn what_was_not_made_harmless_is_visible_where_it_leaves() {
        let left = |text: &str| {
            let mut out = BytesMut::new();
            write_line(text, &mut out);
            String::from_utf8(out.to_vec()).unwrap()
        };
        assert_eq!(left("a\tb"), "a    b");
        assert_eq!(left("\u{1b}[2J\n\r\u{7f}"), "^[[2J^J^M^?");
        assert_eq!(left("\u{9b}1m\u{202e}x\u{feff}\u{e0041}"), "<9b>1m<202e>x<feff><e0041>");
        for harmless in ["hi", "天气，“好”", "👩\u{200d}👧 ☺\u{fe0f} é", "\u{2067}a\u{2069}"] {
            assert_eq!(left(harmless), harmless);
        }
    }

    #[test]
    fn a_body_is_bounded_and_has_something_to_see() {
        assert!(Body::parse(&"x".repeat(4096)).is_ok());
        assert_eq!(Body::parse(&"x".repeat(4097)), Err(Refusal::TooLong { bytes: 4097, limit: 4096 }));
        for empty in ["", "   ", "\n\n", "\u{200b}\u{2060}", "\u{301}"] {
            assert_eq!(Body::parse(empty), Err(Refusal::Empty), "{empty:?}");
        }
        assert!(Body::parse(&"x\n".repeat(99)).is_ok());
        assert_eq!(Body::parse(&"x\n".repeat(100)), Err(Refusal::TooManyLines { lines: 101 }));
    }

    #[test]
    fn fuzz_the_sanitiser() {
        fuzz(any_text(), |text| {
            let clean = clean(&text);
            prop_assert_eq!(&super::clean(&clean), &clean, "cleaning twice is cleaning once");
            let harmful = |c: char| (c.is_control() && c != '\n' && c != '\t') || "\u{202d}\u{202e}".contains(c);
            prop_assert_eq!(clean.find(harmful), None);
            let mut left = BytesMut::new();
            for line in clean.split('\n') {
                write_line(line, &mut left);
            }
            let expected = clean.replace('\n', "").replace('\t', "    ");
            prop_assert_eq!(&left[..], expected.as_bytes(), "what is clean leaves as it is");
            for line in clean.split('\n') {
                let opened = line.chars().filter(|c| matches!(fate(*c), Fate::Open)).count();
                let closed = line.chars().filter(|c| matches!(*c, CLOSES_EMBEDDING | CLOSES_ISOLATE)).count();
                prop_assert_eq!(opened, closed);
            }
            Ok(())
        });
    }

    /// Any text, with the characters that matter here far more often than chance would have them.
    fn any_text() -> impl Strategy<Value = String> {
        let special = prop::sample::select(
            "\r\n\t\u{1b}\u{9b}\u{85}\u{202a}\u{202b}\u{202c}\u{202e}\u{2066}\u{2067}\u{2069}\u{200b}\u{301}"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..60).prop_map(String::from_iter)
    }
}
