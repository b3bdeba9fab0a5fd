//! Lines over a plain socket, or over anything else that carries bytes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::ready;
use std::time::Duration;

use bytes::BytesMut;
use commonroom_protocol::limits;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use super::lines::Lines;
use super::{Incoming, Keepalive, Outgoing, Transport};

/// One read takes at most this much.
const READ: usize = 16 * 1024;
/// A peer that never ended a line is taken at its word after this silence, if its last read brought more than a byte.
const FLUSH: Duration = Duration::from_millis(300);
/// The same where a single byte came, or a character is not whole yet: somebody may be typing.
const FLUSH_TYPED: Duration = Duration::from_secs(2);
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
    /// When the last read was, and how much it brought.
    read: (Instant, usize),
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Tcp<S> {
    /// A connection from which nothing has been read yet.
    pub fn new(io: S) -> Tcp<S> {
        let lines = Lines::new(limits::TEXT_BYTES);
        Tcp { io, input: BytesMut::new(), lines, flushes: true, read: (Instant::now(), 0), ended: false }
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
        Ok(())
    }

    /// When what has come is flushed, if nothing more comes.
    fn flush_at(&self) -> Option<Instant> {
        if !self.flushes || self.lines.ended() || !self.lines.is_partial(&self.input) {
            return None;
        }
        let typed = self.read.1 == 1 || ends_within_a_character(&self.input);
        Some(self.read.0 + if typed { FLUSH_TYPED } else { FLUSH })
    }

    fn flush(&mut self) -> Option<Incoming> {
        self.lines.flush(&mut self.input)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for Tcp<S> {
    const STALL: Duration = Duration::from_mins(10);
    const KEEPALIVE: Option<Keepalive> = None;

    async fn recv(&mut self) -> Incoming {
        loop {
            if let Some(incoming) = self.lines.next(&mut self.input) {
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
        self.lines.next(&mut self.input)
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
