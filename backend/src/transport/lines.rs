//! Bytes to lines, in bounded memory. Pure.

use bytes::{Buf, Bytes, BytesMut};

use super::Incoming;

/// A line longer than this has no end worth waiting for.
const ENDLESS: usize = 1 << 20;

/// Finds lines that end in LF or CRLF.
pub(super) struct Lines {
    limit: usize,
    /// Bytes of the current line that were too many and are gone.
    dropped: usize,
    /// A line ending has been seen: the peer sends lines.
    ended: bool,
}

impl Lines {
    /// Lines of at most `limit` bytes, not counting the ending.
    pub(super) fn new(limit: usize) -> Lines {
        Lines { limit, dropped: 0, ended: false }
    }

    /// From now on lines may have so many bytes.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Whether the peer has ever ended a line.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether a part of a line is waiting for the rest.
    pub(super) fn is_partial(&self, input: &BytesMut) -> bool {
        !input.is_empty() || self.dropped > 0
    }

    /// Takes the next whole line.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Option<Incoming> {
        if let Some(end) = memchr::memchr(b'\n', input) {
            self.ended = true;
            let mut line = input.split_to(end + 1);
            line.truncate(end);
            if line.last() == Some(&b'\r') {
                line.truncate(end - 1);
            }
            return Some(self.line(line.freeze()));
        }
        // One byte more may be the CR of the ending, and so may the last one of what is too long.
        if input.len() > self.limit + 1 {
            let gone = input.len() - usize::from(input.ends_with(b"\r"));
            self.dropped += gone;
            input.advance(gone);
        }
        (self.dropped > ENDLESS).then_some(Incoming::Endless(self.dropped))
    }

    /// Takes what there is as a line that has no ending.
    pub(super) fn flush(&mut self, input: &mut BytesMut) -> Option<Incoming> {
        if !self.is_partial(input) {
            return None;
        }
        let line = std::mem::take(input).freeze();
        Some(self.line(line))
    }

    fn line(&mut self, line: Bytes) -> Incoming {
        let bytes = std::mem::take(&mut self.dropped) + line.len();
        if bytes > self.limit { Incoming::TooLong(bytes) } else { Incoming::Message(line) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes of pieces that are read one after the other, until they end.
    fn read(pieces: &[&[u8]], limit: usize) -> Vec<String> {
        let (mut lines, mut input, mut got) = (Lines::new(limit), BytesMut::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            while let Some(incoming) = lines.next(&mut input) {
                got.push(format!("{incoming:?}"));
                if matches!(incoming, Incoming::Endless(_)) {
                    return got;
                }
            }
        }
        got.extend(lines.flush(&mut input).map(|incoming| format!("{incoming:?}")));
        got
    }

    #[test]
    fn lines_end_in_lf_or_crlf_and_the_last_one_need_not() {
        let got = read(&[b"a\nb\r\n\nc\rd\ne"], 9);
        assert_eq!(
            got,
            [r#"Message(b"a")"#, r#"Message(b"b")"#, r#"Message(b"")"#, r#"Message(b"c\rd")"#, r#"Message(b"e")"#]
        );
    }

    #[test]
    fn a_line_of_just_the_limit_passes_and_one_byte_more_is_counted() {
        assert_eq!(read(&[b"123456789\r\n"], 9), [r#"Message(b"123456789")"#]);
        assert_eq!(read(&[b"1234567890\nok\n"], 9), ["TooLong(10)", r#"Message(b"ok")"#]);
        assert_eq!(read(&[&[b'x'; 5000], &[b'x'; 312], b"\nok"], 4096), ["TooLong(5312)", r#"Message(b"ok")"#]);
    }

    #[test]
    fn a_megabyte_without_an_ending_is_endless() {
        let block: &[u8] = &vec![b'x'; 65536];
        assert_eq!(read(&[block; 20], 4096), ["Endless(1114112)"]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_reads_split(text in "[ab\r\n]{0,60}", cut in 0usize..60) {
            let bytes = text.as_bytes();
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(read(&[head, tail], 9), read(&[bytes], 9));
        }
    }
}
