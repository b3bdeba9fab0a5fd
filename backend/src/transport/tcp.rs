//! Lines over a plain socket, or over anything else that carries bytes.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::ready;
use std::time::Duration;

use bytes::Bytes;
use commonroom_protocol::{ByeCode, limits};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use super::lines::Lines;
use super::stranger::{First, judge};
use super::{Incoming, Keepalive, Outgoing, TCP_PATIENCE, Transport, telnet};
use crate::charset::Charset;

/// A line's bytes before they are decoded: no charset takes more than two for one of UTF-8's, as GB18030 does for `ñ`.
const LINE_BYTES: usize = 2 * limits::TEXT_BYTES;
/// One read takes at most this much.
const READ: usize = 16 * 1024;
/// A peer that never ended a line is taken at its word after this silence, if its last read brought more than a byte.
const FLUSH: Duration = Duration::from_millis(300);
/// The same where a single byte came: somebody may be typing.
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
    lines: Lines,
    /// A line that was taken and shall be taken again.
    again: Option<Bytes>,
    charset: Charset,
    /// What does not end in a line ending is flushed after a silence, until the peer ends its first line.
    flushes: bool,
    /// The first line has not been judged yet: whoever speaks another protocol says so in it.
    judging: bool,
    /// What it was judged to be, until more is read: empty lines that are taken from before it change nothing.
    verdict: Option<First>,
    /// When the first line began.
    since: Instant,
    /// When the last read was, and how much it brought.
    read: (Instant, usize),
    /// What `recv` says once all that came has been taken.
    end: Option<End>,
}

/// How reading has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer has said all it will.
    Said,
    /// With an error: nobody listens any more.
    Broken,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Tcp<S> {
    /// A connection from which nothing has been read yet.
    pub fn new(io: S) -> Tcp<S> {
        Tcp {
            io,
            lines: Lines::new(LINE_BYTES),
            again: None,
            charset: Charset::default(),
            flushes: true,
            judging: true,
            verdict: None,
            since: Instant::now(),
            read: (Instant::now(), 0),
            end: None,
        }
    }

    /// The first byte the peer says, if it says any within `wait`. The byte is not taken. Telnet's commands and a byte
    /// order mark say nothing.
    pub async fn first_byte(&mut self, wait: Duration) -> Option<u8> {
        let spoken = async {
            // A peer that ends or fails without a word is heard of by `recv`.
            while self.lines.peek().is_empty() && self.end.is_none() && !self.lines.telnet().is_interrupted() {
                self.fill().await?;
            }
            io::Result::Ok(())
        };
        let _ = timeout(wait, spoken).await;
        self.lines.peek().first().copied()
    }

    /// The peer has ended the connection, and nothing that it said is left.
    pub fn is_over(&mut self) -> bool {
        self.end.is_some() && self.lines.peek().is_empty()
    }

    /// The peer sends frames: longer than lines, always UTF-8, and never flushed before they end. `first` is one that was
    /// read as a line.
    pub fn expect_frames(&mut self, first: &[u8]) {
        self.again = (!first.is_empty()).then(|| Bytes::copy_from_slice(first));
        self.use_charset(Charset::default());
        self.lines.set_limit(limits::FRAME_BYTES);
        self.flushes = false;
        self.judging = false;
    }

    /// What is known of the peer by its first line, as long as that may be another protocol's.
    fn judged(&mut self) -> First {
        if !self.judging {
            return First::Ours;
        }
        self.verdict.get_or_insert_with(|| judge(&self.lines.first_line())).clone()
    }

    /// Reads once. Cancel safe.
    async fn fill(&mut self) -> io::Result<()> {
        let begins = self.judging && self.lines.peek().is_empty();
        let Tcp { io, lines, .. } = self;
        let read = poll_fn(|cx| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buf = ReadBuf::new(scratch);
                ready!(Pin::new(&mut *io).poll_read(cx, &mut buf))?;
                lines.push(buf.filled());
                Ok(buf.filled().len()).into()
            })
        });
        let read: io::Result<usize> = read.await;
        let read = read?;
        if read == 0 {
            self.end = Some(End::Said);
        }
        self.read = (Instant::now(), read);
        self.verdict = None;
        if begins {
            self.since = self.read.0;
        }
        Ok(())
    }

    /// When what has come is flushed, if nothing more comes. Never within a character.
    fn flush_at(&mut self) -> Option<Instant> {
        if self.judged() == First::Perhaps {
            return Some(self.since + JUDGE);
        }
        if !self.flushes || self.lines.ended() {
            return None;
        }
        let partial = self.lines.partial()?;
        let wait = if self.read.1 == 1 { FLUSH_TYPED } else { FLUSH };
        (!self.charset.ends_within_a_character(partial)).then(|| self.read.0 + wait)
    }

    /// What comes of a silence. What may become a request has had its time then.
    fn flush(&mut self) -> Option<Incoming> {
        match self.judged() {
            First::Perhaps => Some(Incoming::Fault(ByeCode::Policy.close_code())),
            _ => self.lines.flush(),
        }
    }

    /// Whether bytes for the peer must not go as they are.
    fn rewrites(&self) -> bool {
        !self.charset.is_utf8() || self.lines.telnet().is_seen()
    }

    /// Writes lines as the peer reads them.
    fn write(&self, lines: &[u8], out: &mut Vec<u8>) {
        let telnet = self.lines.telnet();
        let start = out.len();
        self.charset.write(&String::from_utf8_lossy(lines), out);
        if telnet.is_seen() {
            for byte in out.split_off(start) {
                match byte {
                    // RFC 854: the end of a line is CR LF, and the byte 255 is sent twice.
                    b'\n' => out.extend_from_slice(b"\r\n"),
                    telnet::IAC if telnet.is_on() => out.extend_from_slice(&[telnet::IAC; 2]),
                    byte => out.push(byte),
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for Tcp<S> {
    const PATIENCE: u32 = TCP_PATIENCE;
    const KEEPALIVE: Option<Keepalive> = None;

    async fn recv(&mut self) -> Incoming {
        loop {
            if let Some(incoming) = self.buffered() {
                return incoming;
            }
            if self.lines.telnet().is_interrupted() {
                return Incoming::Closed { quit: true };
            }
            self.lines.release();
            if let Some(end) = self.end {
                return self.lines.flush().unwrap_or(match end {
                    End::Said => Incoming::End,
                    End::Broken => Incoming::Closed { quit: false },
                });
            }
            let read = match self.flush_at() {
                None => self.fill().await,
                // Boxed: an idle connection waits for no time, and should not carry a timer.
                Some(at) => match Box::pin(timeout_at(at, self.fill())).await {
                    Ok(read) => read,
                    Err(_) => match self.flush() {
                        Some(incoming) => return incoming,
                        None => continue,
                    },
                },
            };
            // What came before a reset is taken like what comes before the end.
            if read.is_err() {
                self.end = Some(End::Broken);
            }
        }
    }

    fn buffered(&mut self) -> Option<Incoming> {
        if self.again.is_some() {
            return self.again.take().map(Incoming::Message);
        }
        match self.judged() {
            First::Stranger(stranger) => return Some(Incoming::Stranger(stranger)),
            First::Perhaps if self.end.is_none() => return None,
            First::Perhaps | First::Ours => {}
        }
        let next = self.lines.next()?;
        self.judging &= matches!(&next, Incoming::Message(line) if line.is_empty());
        Some(next)
    }

    async fn read_ahead(&mut self) {
        if self.end.is_some() || self.lines.waiting() >= READ {
            return pending().await;
        }
        if self.fill().await.is_err() {
            self.end = Some(End::Broken);
        }
    }

    fn use_charset(&mut self, charset: Charset) {
        self.charset = charset;
        self.lines.set_letter(charset.has_letter_255());
    }

    async fn send(&mut self, out: &mut Outgoing) -> io::Result<()> {
        if self.rewrites() {
            out.rewrite(|lines, copy| self.write(lines, copy));
        }
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

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
    async fn silence_does_not_cut_a_character() {
        let charset = |name| Charset::parse(name).unwrap();
        let words: [(Charset, &[u8]); 6] = [
            (Charset::default(), "天".as_bytes()),
            // Not known to be GBK yet.
            (Charset::default(), b"\xc4\xe3\xba\xc3"),
            (charset("gbk"), b"\xc4\xe3\xba\xc3"),
            (charset("gb18030"), b"\x94\x39\xda\x33"),
            (charset("big5"), b"\xa4\xd1"),
            (charset("shift_jis"), b"\x93\x56"),
        ];
        for (charset, word) in words {
            let (mut far, mut tcp) = pair();
            tcp.use_charset(charset);
            far.write_all(&word[..word.len() - 1]).await.unwrap();
            assert!(timeout(Duration::from_hours(1), tcp.recv()).await.is_err(), "{charset:?}");
            far.write_all(&word[word.len() - 1..]).await.unwrap();
            let Incoming::Message(bytes) = tcp.recv().await else { panic!("no message: {charset:?}") };
            assert_eq!(bytes, word);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_character_at_the_end_is_not_dropped() {
        let (mut far, mut tcp) = pair();
        far.write_all(&"天".as_bytes()[..2]).await.unwrap();
        drop(far);
        assert!(matches!(tcp.recv().await, Incoming::Message(bytes) if *bytes == *b"\xe5\xa4"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_negotiates_is_still_waited_for() {
        let wait = Duration::from_millis(250);
        for (bytes, first) in
            [(&b"\xff\xfd\x03\xff\xfb"[..], None), (b"\xef\xbb\xbf", None), (b"\xff\xf1{", Some(b'{'))]
        {
            let (mut far, mut tcp) = pair();
            let start = Instant::now();
            far.write_all(bytes).await.unwrap();
            assert_eq!(tcp.first_byte(wait).await, first);
            assert_eq!(start.elapsed(), if first.is_none() { wait } else { Duration::ZERO });
        }
    }

    #[tokio::test]
    async fn an_interrupt_is_a_goodbye() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"one\r\nhalf\xff\xf4\xff\xfd\x06").await.unwrap();
        assert_eq!(message(&mut tcp).await, "one");
        assert!(matches!(tcp.recv().await, Incoming::Closed { quit: true }));
    }

    #[tokio::test]
    async fn a_telnet_client_reads_crlf_and_two_255_for_one() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"\xff\xfb\x18a\r\n").await.unwrap();
        assert_eq!(message(&mut tcp).await, "a");
        tcp.use_charset(Charset::parse("cp1251").unwrap());
        let mut out = Outgoing::default();
        out.push("<ana> я\n".into());
        out.push("<ana> 天\n".into());
        tcp.send(&mut out).await.unwrap();
        drop(tcp);
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"<ana> \xff\xff\r\n<ana> ?\r\n");
    }

    /// Where in memory everything lies that is written.
    #[derive(Default)]
    struct Places(Vec<usize>);

    #[tokio::test]
    async fn what_all_share_is_not_copied_for_a_plain_peer() {
        let shared = Bytes::from("<ana> 天气\n".repeat(9));
        let written = async |charset, says: &[u8]| {
            let mut tcp = Tcp::new(Places::default());
            tcp.use_charset(charset);
            tcp.lines.push(says);
            while tcp.buffered().is_some() {}
            let mut out = Outgoing::default();
            out.push(shared.clone());
            out.push(shared.slice(14..));
            tcp.send(&mut out).await.unwrap();
            tcp.io.0
        };
        let places = [shared.as_ptr().addr(), shared[14..].as_ptr().addr()];
        assert_eq!(written(Charset::default(), b"hello\n").await, places);
        assert_eq!(written(Charset::parse("utf8").unwrap(), b"hello\r\n").await, places);
        assert_ne!(written(Charset::parse("gbk").unwrap(), b"hello\n").await, places);
        assert_ne!(written(Charset::default(), b"\xff\xf1hello\n").await, places);
    }

    impl AsyncRead for Places {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Places {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            self.0.push(buf.as_ptr().addr());
            Poll::Ready(Ok(buf.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_line_that_was_a_frame_is_taken_again_before_the_rest() {
        let (mut far, mut tcp) = pair();
        far.write_all(b"{1}\r\n{2}\r\n{3").await.unwrap();
        assert_eq!(message(&mut tcp).await, "{1}");
        tcp.expect_frames(b"{1}");
        assert_eq!(message(&mut tcp).await, "{1}");
        assert_eq!(message(&mut tcp).await, "{2}");
        drop(far);
        assert_eq!(message(&mut tcp).await, "{3");
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
