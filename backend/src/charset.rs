//! Charsets of terminals that do not speak UTF-8, as the Encoding Standard has them (<https://encoding.spec.whatwg.org>).
//!
//! Strict in both directions: bytes that mean nothing are refused, never guessed at one by one. Pure.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, Decoder, DecoderResult, EUC_KR, EncoderResult, Encoding, GBK, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8,
    UTF_16BE, UTF_16LE, X_USER_DEFINED,
};

/// How a peer's bytes are read, and how it is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset {
    encoding: &'static Encoding,
    /// The peer has named it; nothing is guessed any more.
    chosen: bool,
}

/// Why a line can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The name of the charset that it is not in.
    pub charset: &'static str,
    /// The first byte that does not fit.
    pub byte: u8,
    /// Its place, counted from 0.
    pub at: usize,
}

impl Default for Charset {
    /// UTF-8, until the peer's lines say otherwise.
    fn default() -> Charset {
        Charset { encoding: UTF_8, chosen: false }
    }
}

impl Charset {
    /// The charset of a name: a label of the Encoding Standard, or a code page as `chcp` tells it on Windows. Only those
    /// in which ASCII is ASCII, since framing and commands are found in bytes.
    pub fn parse(name: &str) -> Option<Charset> {
        let encoding = match name.to_ascii_lowercase().trim_start_matches("cp") {
            "932" => SHIFT_JIS,
            "936" => GBK,
            "949" => EUC_KR,
            "950" => BIG5,
            "65001" => UTF_8,
            page @ ("874" | "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258") => {
                Encoding::for_label(format!("windows-{page}").as_bytes())?
            }
            _ => Encoding::for_label(name.as_bytes())?,
        };
        let other = [UTF_16BE, UTF_16LE, ISO_2022_JP, REPLACEMENT, X_USER_DEFINED];
        (!other.contains(&encoding)).then_some(Charset { encoding, chosen: true })
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Whether text goes in it as it is.
    pub fn is_utf8(self) -> bool {
        self.encoding == UTF_8
    }

    /// Whether the byte 255 is a character in it: `я` in windows-1251, `Ъ` in KOI8-R.
    pub fn has_letter_255(self) -> bool {
        strict(self.encoding, b"\xff").is_ok()
    }

    /// Reads a line. A peer that has not named its charset is taken to use GBK once a line is no UTF-8 but is clean
    /// GB18030, and to use UTF-8 again once a line is UTF-8 in a way that chance hardly makes of GBK.
    ///
    /// # Errors
    /// When the line is not in this charset.
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
        match (self.is_utf8(), self.chosen) {
            (_, true) => strict(self.encoding, line),
            (true, false) => self.read_utf8(line),
            (false, false) => self.read_guessed(line),
        }
    }

    fn read_utf8<'a>(&mut self, line: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
        let fault = match std::str::from_utf8(line) {
            Ok(text) => return Ok(text.into()),
            Err(fault) => fault,
        };
        // The first bytes of a last character are often clean GBK: better refused than misread.
        let whole = fault.error_len().is_some();
        match strict(GBK, line) {
            Ok(text) if whole && text.chars().all(is_somebodys) => {
                *self = Charset { encoding: GBK, chosen: false };
                Ok(text)
            }
            _ => Err(Fault::new(UTF_8, line, fault.valid_up_to())),
        }
    }

    /// GBK's two bytes may pass for a UTF-8 character of two bytes, hardly for one of three: there the guess was wrong.
    fn read_guessed<'a>(&mut self, line: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
        let read = strict(self.encoding, line);
        match std::str::from_utf8(line) {
            Ok(text) if read.is_err() || text.chars().any(|c| c.len_utf8() > 2) => {
                *self = Charset::default();
                Ok(text.into())
            }
            _ => read,
        }
    }

    /// Whether these bytes end in the first bytes of a character, and are good up to there.
    pub fn ends_within_a_character(self, bytes: &[u8]) -> bool {
        let guessing = !self.chosen && self.is_utf8();
        cut(self.encoding, bytes) || (guessing && std::str::from_utf8(bytes).is_err() && cut(GBK, bytes))
    }

    /// Writes text. What the charset does not have becomes `?`. No control character comes of it that is not in the text.
    pub fn write(self, text: &str, out: &mut Vec<u8>) {
        if self.is_utf8() {
            return out.extend_from_slice(text.as_bytes());
        }
        let (mut encoder, mut rest) = (self.encoding.new_encoder(), text);
        loop {
            // Of no charset here has a character more bytes than four.
            out.reserve(rest.len() + 4);
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
            rest = &rest[read..];
            match result {
                EncoderResult::InputEmpty => return,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(_) => out.push(b'?'),
            }
        }
    }
}

impl Fault {
    fn new(encoding: &'static Encoding, line: &[u8], at: usize) -> Fault {
        Fault { charset: encoding.name(), byte: line.get(at).copied().unwrap_or_default(), at }
    }
}

/// Not of the private use area, which charsets lead to from pairs of bytes that they have no character for.
fn is_somebodys(c: char) -> bool {
    !('\u{e000}'..='\u{f8ff}').contains(&c)
}

fn strict<'a>(encoding: &'static Encoding, line: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(line);
    text.ok_or_else(|| Fault::new(encoding, line, first_fault(encoding, line)))
}

/// The place of the first byte that does not fit.
fn first_fault(encoding: &'static Encoding, line: &[u8]) -> usize {
    if encoding == UTF_8 {
        return std::str::from_utf8(line).map_or_else(|fault| fault.valid_up_to(), str::len);
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    match decode(&mut decoder, line, true) {
        (DecoderResult::Malformed(bad, after), read) => read - usize::from(bad) - usize::from(after),
        (_, read) => read,
    }
}

/// Whether bytes that are good so far end within a character.
fn cut(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let good = matches!(decode(&mut decoder, bytes, false), (DecoderResult::InputEmpty, _));
    good && matches!(decode(&mut decoder, b"", true), (DecoderResult::Malformed(..), _))
}

fn decode(decoder: &mut Decoder, bytes: &[u8], last: bool) -> (DecoderResult, usize) {
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or_default();
    decoder.decode_to_string_without_replacement(bytes, &mut String::with_capacity(room), last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every charset that can be chosen, and what else the standard has.
    const OFFERED: [&str; 36] = [
        "utf-8",
        "gbk",
        "gb18030",
        "big5",
        "euc-jp",
        "shift_jis",
        "euc-kr",
        "ibm866",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "windows-874",
        "windows-1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "x-mac-cyrillic",
        "latin1",
    ];

    fn written(charset: Charset, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        charset.write(text, &mut out);
        out
    }

    #[test]
    fn charsets_are_known_by_many_names_and_some_are_not_offered() {
        for (name, known) in [
            ("GBK", "GBK"),
            ("cp936", "GBK"),
            ("utf8", "UTF-8"),
            ("65001", "UTF-8"),
            ("sjis", "Shift_JIS"),
            ("cp1251", "windows-1251"),
            ("1251", "windows-1251"),
            ("1250", "windows-1250"),
            ("1258", "windows-1258"),
            ("874", "windows-874"),
            ("cp874", "windows-874"),
            ("866", "IBM866"),
            ("KOI8-R", "KOI8-R"),
            ("big5", "Big5"),
        ] {
            assert_eq!(Charset::parse(name).map(Charset::name), Some(known));
        }
        for name in [
            "utf-16",
            "utf-16le",
            "utf-16be",
            "iso-2022-jp",
            "replacement",
            "hz-gb-2312",
            "x-user-defined",
            "klingon",
            "",
        ] {
            assert_eq!(Charset::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_line_that_is_clean_gbk_changes_the_charset_until_utf8_comes() {
        let mut charset = Charset::default();
        assert_eq!(charset.read("天气".as_bytes()).unwrap(), "天气");
        assert!(charset.is_utf8());
        assert_eq!(charset.read(b"\xc4\xe3\xba\xc3").unwrap(), "你好");
        assert_eq!(charset.name(), "GBK");
        // 0xC4 0xA7 is UTF-8 as well: ħ.
        assert_eq!(charset.read(b"\xc4\xa7").unwrap(), "魔");
        assert_eq!(charset.read(b"plain").unwrap(), "plain");
        assert_eq!(charset.name(), "GBK");
        // Two characters of three bytes are three of GBK's.
        assert_eq!(charset.read("你好".as_bytes()).unwrap(), "你好");
        assert!(charset.is_utf8());
    }

    #[test]
    fn what_is_in_no_charset_is_refused_with_its_place() {
        let mut charset = Charset::default();
        assert_eq!(charset.read(b"caf\xe9"), Err(Fault { charset: "UTF-8", byte: 0xe9, at: 3 }));
        assert_eq!(charset.read(b"a\xff"), Err(Fault { charset: "UTF-8", byte: 0xff, at: 1 }));
        let cut = &"你好天".as_bytes()[..8];
        assert_eq!(charset.read(cut), Err(Fault { charset: "UTF-8", byte: 0xe5, at: 6 }), "a character that is cut");
        assert!(charset.is_utf8());
        charset.read(b"\xc4\xe3").unwrap();
        assert_eq!(charset.read(b"\xc4\xe3\xc4"), Err(Fault { charset: "GBK", byte: 0xc4, at: 2 }));
        let mut chosen = Charset::parse("big5").unwrap();
        assert_eq!(chosen.read(b"ab\xa4\xa4\xff\xff"), Err(Fault { charset: "Big5", byte: 0xff, at: 4 }));
        let mut chosen = Charset::parse("utf8").unwrap();
        assert_eq!(chosen.read(b"\xc4\xe3"), Err(Fault { charset: "UTF-8", byte: 0xc4, at: 0 }), "no guess any more");
    }

    #[test]
    fn a_cut_character_is_seen_in_every_charset() {
        for (name, text) in [
            ("utf8", "a天🦊"),
            ("gbk", "a天"),
            ("gb18030", "a🦊"),
            ("big5", "a天"),
            ("shift_jis", "a天"),
            ("euc-kr", "a한"),
        ] {
            let charset = Charset::parse(name).unwrap();
            let bytes = written(charset, text);
            for cut in 1..=bytes.len() {
                let whole = strict(charset.encoding, &bytes[..cut]).is_ok();
                assert_eq!(charset.ends_within_a_character(&bytes[..cut]), !whole, "{name}, {cut} bytes");
            }
        }
        let unknown = Charset::default();
        assert!(unknown.ends_within_a_character(b"\xc4\xe3\xba"));
        assert!(!unknown.ends_within_a_character(b"\xc4\xe3\xba\xc3"));
        assert!(!unknown.ends_within_a_character(b"\xff\xc3"), "good in no charset");
    }

    #[test]
    fn where_255_is_a_letter() {
        let letter = |name| Charset::parse(name).unwrap().has_letter_255();
        assert!(["cp1251", "koi8-r", "latin1"].into_iter().all(letter));
        assert!(!["utf8", "gbk", "gb18030", "big5", "shift_jis", "euc-kr", "euc-jp"].into_iter().any(letter));
    }

    #[test]
    fn no_charset_writes_a_control_character_or_a_mark_of_the_grammar_for_another_character() {
        for name in OFFERED {
            let charset = Charset::parse(name).unwrap();
            let mut text = String::new();
            for c in ('\u{a0}'..'\u{3000}').chain('\u{4e00}'..'\u{4e80}').chain('\u{fe00}'..'\u{ffff}').chain(['🦊'])
            {
                text.clear();
                text.push(c);
                let bytes = written(charset, &text);
                let bad = |b: &u8| *b < b' ' || *b == 0x7f || b"<>*!()-".contains(b) || *b == 255 && bytes.len() > 1;
                assert_eq!(bytes.iter().find(|b| bad(b)), None, "{name}: {c:?}");
                assert!(!bytes.is_empty());
            }
        }
    }

    #[test]
    fn what_a_charset_does_not_have_becomes_a_question_mark() {
        assert_eq!(written(Charset::parse("gbk").unwrap(), "你🦊好\n"), b"\xc4\xe3?\xba\xc3\n");
        assert_eq!(written(Charset::parse("koi8-r").unwrap(), "天Ъ"), b"?\xff");
        assert_eq!(written(Charset::parse("cp1251").unwrap(), &"天".repeat(5000)), "?".repeat(5000).as_bytes());
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(text in "[a-z你好天气魔]{0,40}", name in prop::sample::select(vec!["gbk", "gb18030", "utf8"])) {
            let mut charset = Charset::parse(name).unwrap();
            let bytes = written(charset, &text);
            prop_assert_eq!(charset.read(&bytes).unwrap(), text);
        }
    }
}
