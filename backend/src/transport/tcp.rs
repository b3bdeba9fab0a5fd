//! Lines over a plain socket, or over anything else that carries bytes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::ready;
use std::time::Duration;

use bytes::BytesMut;
use commonroom_protocol::{ByeCode, limits};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use super::lines::Lines;
use super::stranger::{First, judge};
use super::{Incoming, Keepalive, Outgoing, Transport};

/// One read takes at most this much.
const READ: usize = 16 * 1024;
/// A peer that never ended a line is taken at its word after this silence, if its last read brought more than a byte.
const FLUSH: Duration = Duration::from_millis(300);
/// The same where a single byte came, or a character is not whole yet: somebody may be typing.
const FLUSH_TYPED: Duration = Duration::from_secs(2);
/// A first line that may become another protocol's has this long to show it.
const JUDGE: Duration = Duration::from_secs(10);
/// What is read, and dropped, of a peer that is being sent away.
const DRAIN_BYTES: usize = 1 << 20;
const DRAIN: Duration = Duration::from_secs(2);

thread_local! {
    /// Where reads land, so that an idle connection owns no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// A plain socket.
pub struct Tcp<S> {
    io: S,
    /// What was read and is no whole line yet, or not taken yet.
    input: BytesMut,
    lines: Lines,
    /// What does not end in a line ending is flushed after a silence, until the peer ends its first line.
    flushes: bool,
    /// The first line has not been judged yet: whoever speaks another protocol says so in it.
    judging: bool,
    /// When the first line began.
    since: Instant,
    /// When the last read was, and how much it brought.
    read: (Instant, usize),
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Tcp<S> {
    /// A connection from which nothing has been read yet.
    pub fn new(io: S) -> Tcp<S> {
        let lines = Lines::new(limits::TEXT_BYTES);
        let now = Instant::now();
        let (flushes, judging) = (true, true);
        Tcp { io, input: BytesMut::new(), lines, flushes, judging, since: now, read: (now, 0), ended: false }
    }

    /// The first byte the peer sends, if it sends any within `wait`. The byte is not taken.
    pub async fn first_byte(&mut self, wait: Duration) -> Option<u8> {
        // A peer that ends or fails without a word is heard of by `recv`.
        let _ = timeout(wait, self.fill()).await;
        self.input.first().copied()
    }

    /// The peer sends frames: longer than lines, and never flushed before they end. `first` is one that was read as a line.
    pub fn expect_frames(&mut self, first: &[u8]) {
        if !first.is_empty() {
            let rest = std::mem::take(&mut self.input);
            self.input.extend_from_slice(first);
            self.input.extend_from_slice(b"\n");
            self.input.extend_from_slice(&rest);
        }
        self.lines.set_limit(limits::FRAME_BYTES);
        self.flushes = false;
        self.judging = false;
    }

    /// Takes the next whole line, unless the first one is another protocol's.
    fn next(&mut self) -> Option<Incoming> {
        if self.judging {
            match judge(&self.input) {
                First::Stranger(stranger) => return Some(Incoming::Stranger(stranger)),
                First::Perhaps if !self.ended => return None,
                First::Perhaps | First::Ours => {}
            }
        }
        let next = self.lines.next(&mut self.input)?;
        self.judging &= matches!(&next, Incoming::Message(line) if line.is_empty());
        Some(next)
    }

    /// Reads once. Cancel safe.
    async fn fill(&mut self) -> io::Result<()> {
        let Tcp { io, input, .. } = self;
        let read = poll_fn(|cx| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buf = ReadBuf::new(scratch);
                ready!(Pin::new(&mut *io).poll_read(cx, &mut buf))?;
                input.extend_from_slice(buf.filled());
                Ok(buf.filled().len()).into()
            })
        });
        let read: io::Result<usize> = read.await;
        let read = read?;
        self.ended |= read == 0;
        self.read = (Instant::now(), read);
        if self.input.len() == read {
            self.since = self.read.0;
        }
        Ok(())
    }

    /// The first line may still become another protocol's.
    fn is_undecided(&self) -> bool {
        self.judging && !self.ended && judge(&self.input) == First::Perhaps
    }

    /// When what has come is flushed, if nothing more comes.
    fn flush_at(&self) -> Option<Instant> {
        if self.is_undecided() {
            return Some(self.since + JUDGE);
        }
        if !self.flushes || self.lines.ended() || !self.lines.is_partial(&self.input) {
            return None;
        }
        let typed = self.read.1 == 1 || ends_within_a_character(&self.input);
        Some(self.read.0 + if typed { FLUSH_TYPED } else { FLUSH })
    }

    fn flush(&mut self) -> Option<Incoming> {
        if self.is_undecided() {
            // It has had its time to become a request.
            return Some(Incoming::Fault(ByeCode::Policy.close_code()));
        }
        self.lines.flush(&mut self.input)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for Tcp<S> {
    const STALL: Duration = Duration::from_mins(10);
    const KEEPALIVE: Option<Keepalive> = None;

    async fn recv(&mut self) -> Incoming {
        loop {
            if let Some(incoming) = self.next() {
                return incoming;
            }
            if self.input.is_empty() {
                self.input = BytesMut::new();
            }
            if self.ended {
                return self.flush().unwrap_or(Incoming::End);
            }
            let read = match self.flush_at() {
                None => self.fill().await,
                Some(at) => match timeout_at(at, self.fill()).await {
                    Ok(read) => read,
                    Err(_) => match self.flush() {
                        Some(incoming) => return incoming,
                        None => continue,
                    },
                },
            };
            if read.is_err() {
                return Incoming::Closed { quit: false };
            }
        }
    }

    fn buffered(&mut self) -> Option<Incoming> {
        self.next()
    }

    async fn send(&mut self, out: &mut Outgoing) -> io::Result<()> {
        out.write_to(&mut self.io).await
    }

    async fn close(mut self, _code: u16) {
        let drain = async {
            self.io.shutdown().await?;
            let mut left = (&mut self.io).take(DRAIN_BYTES as u64);
            tokio::io::copy(&mut left, &mut tokio::io::sink()).await
        };
        // Whoever does not listen for their last words within the time has lost them.
        let _ = timeout(DRAIN, drain).await;
    }
}

/// Whether these bytes end in the first bytes of a UTF-8 character.
fn ends_within_a_character(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    (0..tail.len()).any(|from| {
        let needed = match tail[from] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return false,
        };
        tail.len() - from < needed && tail[from + 1..].iter().all(|b| (0x80..0xc0).contains(b))
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::super::stranger::Stranger;
    use super::*;

    fn pair() -> (DuplexStream, Tcp<DuplexStream>) {
        let (far, near) = duplex(1 << 16);
        (far, Tcp::new(near))
    }

    async fn message(tcp: &mut Tcp<DuplexStream>) -> String {
        match tcp.recv().await {
            Incoming::Message(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_ends_a_line_is_a_message_after_a_silence() {
        let (mut far, mut tcp) = pair();
        let start = Instant::now();
        far.write_all(b"hello").await.unwrap();
        assert_eq!(message(&mut tcp).await, "hello");
        assert_eq!(start.elapsed(), FLUSH);
        far.write_all(b"x").await.unwrap();
        assert_eq!(message(&mut tcp).await, "x");
        assert_eq!(start.elapsed(), FLUSH + FLUSH_TYPED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_once_ended_a_line_is_waited_for() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"one\ntwo").await.unwrap();
        assert_eq!(message(&mut tcp).await, "one");
        assert!(timeout(Duration::from_hours(1), tcp.recv()).await.is_err());
        far.write_all(b" more\n").await.unwrap();
        assert_eq!(message(&mut tcp).await, "two more");
        far.write_all(b"last").await.unwrap();
        drop(far);
        assert_eq!(message(&mut tcp).await, "last");
        assert_eq!(message(&mut tcp).await, "End");
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_does_not_cut_a_character() {
        let (mut far, mut tcp) = pair();
        let word = "天".as_bytes();
        far.write_all(&word[..2]).await.unwrap();
        assert!(timeout(Duration::from_secs(1), tcp.recv()).await.is_err());
        far.write_all(&word[2..]).await.unwrap();
        assert_eq!(message(&mut tcp).await, "天");
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_become_a_request_is_waited_for_and_never_flushed() {
        let (mut far, mut tcp) = pair();
        for byte in b"POST /x HTTP/" {
            far.write_all(&[*byte]).await.unwrap();
            let more = timeout(Duration::from_millis(700), tcp.recv()).await;
            assert_eq!(more.is_ok(), *byte == b'/' && more.is_ok(), "{}", char::from(*byte));
            if let Ok(Incoming::Stranger(stranger)) = more {
                assert_eq!(stranger, Stranger::Http);
                return;
            }
        }
        panic!("it was not known");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_become_one_in_time_is_sent_away() {
        let (mut far, mut tcp) = pair();
        let start = Instant::now();
        far.write_all(b"GET /").await.unwrap();
        assert_eq!(message(&mut tcp).await, "Fault(1008)");
        assert_eq!(start.elapsed(), JUDGE);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_first_line_is_judged() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"\r\nhello\nGET / HTTP/1.1\nGET").await.unwrap();
        drop(far);
        for expected in ["", "hello", "GET / HTTP/1.1", "GET", "End"] {
            assert_eq!(message(&mut tcp).await, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_like_a_method_is_a_message_at_the_end() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"GET").await.unwrap();
        drop(far);
        assert_eq!(message(&mut tcp).await, "GET");
    }

    #[tokio::test(start_paused = true)]
    async fn frames_are_never_flushed_by_silence() {
        let (mut far, mut tcp) = pair();
        tcp.expect_frames(b"");
        far.write_all(b"{\"t\":").await.unwrap();
        assert!(timeout(Duration::from_hours(1), tcp.recv()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_words_arrive_though_the_peer_talks_on() {
        let (mut far, mut tcp) = pair();
        far.write_all(&vec![b'x'; 60_000]).await.unwrap();
        let mut out = Outgoing::default();
        out.push("* goodbye\n".into());
        tcp.send(&mut out).await.unwrap();
        let read = async {
            let mut words = String::new();
            far.read_to_string(&mut words).await.unwrap();
            drop(far);
            words
        };
        let (words, ()) = tokio::join!(read, tcp.close(1000));
        assert_eq!(words, "* goodbye\n");
    }
}
