//! JSON frames over a WebSocket: tungstenite reads, we write.
//!
//! Broadcast frames are bytes that all receivers share, so they go to the inner stream and past tungstenite's buffer.
//! That is sound by these rules:
//! 1. Every data frame, broadcast or reply, leaves by [`Outgoing`]; tungstenite writes only pongs and closes.
//! 2. Before the first byte of a batch `flush` has returned: tungstenite may hold part of a pong.
//! 3. From the first to the last byte of a batch nothing is read, since reading may write a pong. Whoever drops a
//!    `send` half-way drops the transport.
//! 4. After a Close from either side nothing more is written, and the rest is read for at most 5 s.

mod patience;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use commonroom_protocol::limits;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Incoming, Keepalive, Outgoing, Transport};
use patience::Patience;

/// The read buffer is allocated at once and zeroed before every read: small is cheap.
const READ_BUFFER: usize = 1024;
/// Pongs and closes that wait to be written.
const WRITE_BUFFER: usize = 4096;
/// How long the peer may take to close.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a peer that broke the rules is still read, so that it hears why.
const DRAIN: Duration = Duration::from_secs(2);

/// A WebSocket's server side.
pub struct Ws<S> {
    stream: WebSocketStream<Watched<S>>,
    /// A Close has come or gone: nothing more may be written.
    closed: bool,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Ws<S> {
    /// A WebSocket over a stream on which the handshake is done, from which so many pings may come in a minute; 0 for any
    /// number.
    pub async fn new(io: S, pings: u32) -> Ws<S> {
        Ws::with_messages_of(limits::FRAME_BYTES, pings, io).await
    }

    /// The same with messages of at most so many bytes. A chat needs no other than its own; who tests the protocol does.
    pub async fn with_messages_of(bytes: usize, pings: u32, io: S) -> Ws<S> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(bytes))
            .max_frame_size(Some(bytes));
        let io = Watched { io, patience: Patience::new(bytes, pings, Instant::now()) };
        Ws { stream: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await, closed: false }
    }

    /// The next message, text or binary; or what else has come of the peer.
    ///
    /// # Errors
    /// An [`Incoming`] that is no message.
    pub async fn message(&mut self) -> Result<Message, Incoming> {
        Err(match self.stream.next().await {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                self.patience().message();
                return Ok(message);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                if self.patience().control(Instant::now) { Incoming::Fault(1008) } else { Incoming::Alive }
            }
            Some(Ok(Message::Close(frame))) => {
                self.closed = true;
                Incoming::Closed { quit: frame.is_some_and(|frame| frame.code == CloseCode::Normal) }
            }
            Some(Err(fault)) => match close_code(&fault) {
                Some(code) => Incoming::Fault(code),
                None => self.gone(),
            },
            None => self.gone(),
        })
    }

    fn patience(&mut self) -> &mut Patience {
        &mut self.stream.get_mut().patience
    }

    fn gone(&mut self) -> Incoming {
        self.closed = true;
        Incoming::Closed { quit: false }
    }

    async fn read_to_the_end(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for Ws<S> {
    const PATIENCE: u32 = 1;
    const KEEPALIVE: Option<Keepalive> =
        Some(Keepalive { ask: Duration::from_secs(25), gone: Duration::from_mins(1), question: &[0x89, 0] });

    async fn recv(&mut self) -> Incoming {
        match self.message().await {
            Ok(Message::Text(text)) => Incoming::Message(Bytes::from(text)),
            Ok(_) => Incoming::Fault(1003),
            Err(other) => other,
        }
    }

    fn buffered(&mut self) -> Option<Incoming> {
        self.recv().now_or_never()
    }

    async fn send(&mut self, out: &mut Outgoing) -> io::Result<()> {
        if self.closed {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.stream.flush().await.map_err(io::Error::other)?;
        out.write_to(self.stream.get_mut()).await
    }

    async fn close(mut self, code: u16) {
        let faulty = matches!(code, 1002 | 1003 | 1007 | 1008 | 1009);
        let closing = async {
            if !self.closed {
                let frame = CloseFrame { code: code.into(), reason: "".into() };
                self.stream.close(Some(frame)).await?;
            }
            if faulty {
                self.stream.get_mut().shutdown().await?;
                let mut sink = tokio::io::sink();
                tokio::io::copy(self.stream.get_mut(), &mut sink).await?;
            } else {
                self.read_to_the_end().await;
            }
            Ok::<_, Error>(())
        };
        // A peer that does not close in time is dropped.
        let _ = timeout(if faulty { DRAIN } else { CLOSE }, closing).await;
    }
}

/// A socket whose peer must come to the point.
struct Watched<S> {
    io: S,
    patience: Patience,
}

/// The peer does not come to the point.
#[derive(Debug, thiserror::Error)]
#[error("nothing but pieces")]
struct Pieces;

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        if self.patience.read(read, Instant::now) { Err(io::Error::other(Pieces)) } else { Ok(()) }.into()
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The close code for what a peer did wrong (RFC 6455 section 7.4.1); none if it is simply gone.
fn close_code(fault: &Error) -> Option<u16> {
    match fault {
        Error::Io(fault) if is_of_pieces(fault) => Some(1008),
        // Not long, but none (section 5.2: the first bit of a length of 64 is 0).
        Error::Capacity(CapacityError::MessageTooLong { size, .. }) if size.leading_zeros() == 0 => Some(1002),
        Error::Capacity(_) => Some(1009),
        Error::Utf8(_) => Some(1007),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(1002),
        _ => None,
    }
}

fn is_of_pieces(fault: &io::Error) -> bool {
    matches!(fault.get_ref(), Some(fault) if fault.is::<Pieces>())
}
