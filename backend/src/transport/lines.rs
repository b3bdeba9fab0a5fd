//! Bytes to lines, in bounded memory. Pure.
//!
//! Bytes are looked at one line at a time: what a line asks for, such as another charset, may change what the next
//! bytes mean.

use bytes::{Buf, Bytes, BytesMut};

use super::Incoming;
use super::telnet::{IAC, Taken, Telnet};

/// A line longer than this has no end worth waiting for.
const ENDLESS: usize = 1 << 20;
/// What some programs begin with, to say that UTF-8 follows: PowerShell's `StreamWriter` as soon as it is made.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Finds lines that end in LF, CR LF, CR NUL (RFC 854, "The NVT printer and keyboard") or CR alone, once telnet's
/// commands are out.
pub(super) struct Lines {
    limit: usize,
    /// What was read and has not been looked at.
    raw: BytesMut,
    /// The beginning of the current line: text without an ending.
    text: BytesMut,
    /// Bytes of the current line that were too many and are gone.
    dropped: usize,
    telnet: Telnet,
    /// There has been no text: a byte order mark may come.
    fresh: bool,
    /// The last line ended in CR, to which an LF or NUL belongs that comes next.
    after_cr: bool,
    /// A line ending has been seen: the peer sends lines.
    ended: bool,
}

impl Lines {
    /// Lines of at most `limit` bytes, not counting the ending.
    pub(super) fn new(limit: usize) -> Lines {
        Lines {
            limit,
            raw: BytesMut::new(),
            text: BytesMut::new(),
            dropped: 0,
            telnet: Telnet::new(),
            fresh: true,
            after_cr: false,
            ended: false,
        }
    }

    /// From now on lines may have so many bytes.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// What the peer's telnet commands have told.
    pub(super) fn telnet(&self) -> &Telnet {
        &self.telnet
    }

    /// In the peer's charset the byte 255 is a letter, or it is none.
    pub(super) fn set_letter(&mut self, letter: bool) {
        self.telnet.set_letter(letter);
    }

    /// Whether the peer has ever ended a line.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Takes in what was read.
    pub(super) fn push(&mut self, read: &[u8]) {
        self.raw.extend_from_slice(read);
    }

    /// The beginning of the peer's first line, as far as it has come: raw, but without what goes before it.
    pub(super) fn peek(&mut self) -> &[u8] {
        let there = self.skip();
        match &self.text[..] {
            [] if there => &self.raw,
            text => text,
        }
    }

    /// Bytes that were read and not looked at.
    pub(super) fn waiting(&self) -> usize {
        self.raw.len()
    }

    /// The peer's first line as far as it has come, and what came with it.
    pub(super) fn first_line(&mut self) -> Vec<u8> {
        self.skip();
        [&self.text[..], &self.raw].concat()
    }

    /// The part of a line that waits for the rest, unless it ends within a telnet command.
    pub(super) fn partial(&self) -> Option<&[u8]> {
        let waiting = !self.text.is_empty() || self.dropped > 0;
        (waiting && !self.telnet.is_within()).then_some(&self.text)
    }

    /// Takes the next whole line.
    pub(super) fn next(&mut self) -> Option<Incoming> {
        while self.skip() {
            let found = if self.telnet.is_on() {
                memchr::memchr3(b'\n', b'\r', IAC, &self.raw)
            } else {
                memchr::memchr2(b'\n', b'\r', &self.raw)
            };
            self.take_text(found.unwrap_or(self.raw.len()));
            let ending = self.raw.first().filter(|byte| **byte != IAC);
            if let Some(ending) = ending {
                self.after_cr = *ending == b'\r';
                self.ended = true;
                self.raw.advance(1);
                return Some(self.line());
            }
        }
        (self.dropped > ENDLESS).then_some(Incoming::Endless(self.dropped))
    }

    /// Takes what there is as a line that has no ending.
    pub(super) fn flush(&mut self) -> Option<Incoming> {
        if self.telnet.end() {
            self.push_byte(IAC);
        }
        // A byte order mark that is not whole.
        self.take_text(self.raw.len());
        (!self.text.is_empty() || self.dropped > 0).then(|| self.line())
    }

    /// Gives back buffers that hold nothing.
    pub(super) fn release(&mut self) {
        if self.raw.is_empty() {
            self.raw = BytesMut::new();
        }
        if self.text.is_empty() {
            self.text = BytesMut::new();
        }
    }

    /// Passes over what is no text. Says whether there is text then.
    fn skip(&mut self) -> bool {
        while let Some(&byte) = self.raw.first() {
            match self.telnet.take(byte) {
                Taken::Command => self.raw.advance(1),
                Taken::Literal => {
                    self.raw.advance(1);
                    self.push_byte(IAC);
                }
                Taken::NoCommand => self.push_byte(IAC),
                Taken::Text if self.fresh && BYTE_ORDER_MARK.starts_with(&self.raw) && self.raw.len() < 3 => {
                    return false;
                }
                Taken::Text if self.fresh => {
                    self.fresh = false;
                    if self.raw.starts_with(BYTE_ORDER_MARK) {
                        self.raw.advance(BYTE_ORDER_MARK.len());
                    }
                }
                Taken::Text if std::mem::take(&mut self.after_cr) && matches!(byte, b'\n' | 0) => self.raw.advance(1),
                Taken::Text => return true,
            }
        }
        false
    }

    fn push_byte(&mut self, byte: u8) {
        self.text.extend_from_slice(&[byte]);
        self.fresh = false;
        self.after_cr = false;
        self.bound();
    }

    fn take_text(&mut self, bytes: usize) {
        // Where the line is whole in what was read, this copies nothing.
        self.text.unsplit(self.raw.split_to(bytes));
        self.bound();
    }

    fn bound(&mut self) {
        if self.text.len() > self.limit {
            self.dropped += self.text.len();
            self.text.clear();
        }
    }

    fn line(&mut self) -> Incoming {
        let line: Bytes = std::mem::take(&mut self.text).freeze();
        let bytes = std::mem::take(&mut self.dropped) + line.len();
        if bytes > self.limit { Incoming::TooLong(bytes) } else { Incoming::Message(line) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::fuzz::fuzz;

    use super::*;

    /// What comes of pieces that are read one after the other, until they end.
    fn read<P: AsRef<[u8]>>(pieces: &[P], limit: usize) -> Vec<String> {
        let (mut lines, mut got) = (Lines::new(limit), Vec::new());
        for piece in pieces {
            lines.push(piece.as_ref());
            while let Some(incoming) = lines.next() {
                got.push(shown(&incoming));
                if matches!(incoming, Incoming::Endless(_)) {
                    return got;
                }
            }
            if lines.telnet().is_interrupted() {
                got.push("quit".to_owned());
                return got;
            }
        }
        got.extend(lines.flush().as_ref().map(shown));
        got
    }

    fn shown(incoming: &Incoming) -> String {
        match incoming {
            Incoming::Message(bytes) => bytes.escape_ascii().to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines_end_in_four_ways_and_the_last_one_need_not() {
        assert_eq!(read(&[b"a\nb\r\nc\r\0d\re"], 9), ["a", "b", "c", "d", "e"]);
        assert_eq!(read(&["\n\n", "\r\r", "\n\0"], 9), ["", "", "", "", r"\x00"]);
        assert_eq!(read(&["a\r", "", "\nb\r", "\0c\r", "d"], 9), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_line_of_just_the_limit_passes_and_one_byte_more_is_counted() {
        for ending in ["\n", "\r\n", "\r\0", "\r"] {
            assert_eq!(read(&["123456789", ending, "ok"], 9), ["123456789", "ok"]);
            assert_eq!(read(&["1234567890", ending, "ok"], 9), ["TooLong(10)", "ok"]);
        }
        assert_eq!(read(&[&[b'x'; 5000][..], &[b'x'; 312], b"\nok"], 4096), ["TooLong(5312)", "ok"]);
        assert_eq!(read(&[&[b'x'; 5000]], 4096), ["TooLong(5000)"]);
    }

    #[test]
    fn a_megabyte_without_an_ending_is_endless() {
        let block: &[u8] = &vec![b'x'; 65536];
        assert_eq!(read(&[block; 20], 4096), ["Endless(1114112)"]);
    }

    #[test]
    fn telnet_commands_are_taken_out() {
        let negotiation: &[u8] = b"\xff\xfd\x03\xff\xfb\x18\xff\xfa\x1f\0\x0a\0\x0d\xff\xff\xff\xf0\xff\xf1";
        assert_eq!(read(&[negotiation, b"a\xff\xf9b\r\xff\xf1\nc\r\n", negotiation], 9), ["ab", "c"]);
        assert_eq!(read(&[b"a\xff\xffb\n"], 9), [r"a\xffb"], "two stand for one");
        assert_eq!(
            read(&[b"caf\xff\nb\xff1\nc\xff"], 9),
            [r"caf\xff", r"b\xff1", r"c\xff"],
            "no command: nothing is lost"
        );
    }

    #[test]
    fn an_interrupt_quits_and_what_was_being_typed_is_not_said() {
        assert_eq!(read(&[b"said\nnot sa\xff\xf4\xff\xfd\x06id\n"], 9), ["said", "quit"]);
    }

    #[test]
    fn a_sub_negotiation_that_does_not_end_is_given_up() {
        let lost = usize::from(u16::MAX);
        let got = read(&[&b"\xff\xfa"[..], &vec![b'x'; lost], b"\nok\n"], lost);
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].len(), got[1].as_str()), (lost - 513, "ok"));
    }

    #[test]
    fn where_255_is_a_letter_it_is_text_unless_the_peer_negotiates() {
        for (before, expected) in [(&b""[..], r"\xff\xfb\x01"), (b"\xff\xf1", r"\xff\xfb\x01"), (b"\xff\xfb\x03", "")] {
            let mut lines = Lines::new(9);
            lines.push(&[before, b"/charset\n\xff\xfb\x01\n"].concat());
            assert_eq!(shown(&lines.next().unwrap()), "/charset");
            lines.set_letter(true);
            assert_eq!(shown(&lines.next().unwrap()), expected, "after {before:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_dropped_at_the_start_alone() {
        assert_eq!(read(&["\u{feff}hi\n\u{feff}you\n"], 9), ["hi", r"\xef\xbb\xbfyou"]);
        assert_eq!(read(&[b"\xff\xf1\xef", &b"\xbb"[..], b"\xbfhi\n"], 9), ["hi"]);
        assert_eq!(read(&[b"\xef\xbb"], 9), [r"\xef\xbb"]);
    }

    #[test]
    fn who_only_negotiates_has_not_spoken() {
        let mut lines = Lines::new(9);
        for byte in b"\xff\xfb\x18\xff\xfa\x18\0xterm\xff\xf0\xef\xbb\xbf" {
            lines.push(&[*byte]);
            assert_eq!(lines.peek(), b"");
        }
        lines.push(b"\xff\xf1GET \xff\xf1/\r\n");
        assert_eq!(lines.peek(), b"GET \xff\xf1/\r\n");
        assert_eq!(shown(&lines.next().unwrap()), "GET /");
    }

    #[test]
    fn fuzz_it_does_not_matter_where_reads_split_and_memory_is_bounded() {
        fuzz((any_bytes(), prop::collection::vec(1usize..9, 0..60)), |(bytes, cuts)| {
            let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
            for cut in cuts {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = more;
            }
            pieces.push(rest);
            let whole = read(&[&bytes], 9);
            prop_assert_eq!(&read(&pieces, 9), &whole);
            prop_assert_eq!(&read(&bytes.chunks(1).collect::<Vec<_>>(), 9), &whole);
            let mut lines = Lines::new(9);
            for byte in bytes {
                lines.push(&[byte]);
                while lines.next().is_some() {}
                prop_assert!(lines.text.len() <= 9 && lines.raw.len() < 3);
            }
            Ok(())
        });
    }

    /// Bytes that matter here, far more often than chance would have them.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        let special = prop::sample::select(b"ab\r\n\0\xff\xff\xff\xf0\xf1\xfa\xfb\xfe\xef\xbb\xbf".to_vec());
        let usual = prop::collection::vec(prop_oneof![9 => special, 1 => any::<u8>()], 0..60);
        // An interrupt ends everything, so it is rare.
        (usual, prop::bool::weighted(0.1)).prop_map(|(mut bytes, quits)| {
            bytes.extend_from_slice(if quits { b"\xff\xf4x\n" } else { b"" });
            bytes
        })
    }
}
