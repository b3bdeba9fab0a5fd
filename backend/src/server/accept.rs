//! The accept loops. Each goes on whatever happens, and whoever can't be let in is told why.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum_server::Handle;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::door::Door;
use crate::gate::{Full, Gate, Pass};
use crate::moderation::Caller;
use crate::name::RoomName;
use crate::session;

/// How long after a failed accept the next one is tried.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// An HTTP client has this long for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Who is turned away has this long to hear why.
const AWAY: Duration = Duration::from_secs(2);
/// What is read, and dropped, of who is turned away: else a reset may eat the words.
const DROPPED: u64 = 1 << 20;
/// So many are told at once; above that they are just closed, since each takes a file.
const TOLD: usize = 32;

/// Accepts plain sockets for ever, which come to the room `home`: a failure is waited out.
pub(super) async fn accept(listener: TcpListener, home: RoomName, door: Door) {
    let away = Away::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) if door.is_closing() => away.turn(stream, "* restarting; come back in a moment\n".into()),
            Ok((stream, from)) => match door.line(from.ip()) {
                Ok(passes) => {
                    let (home, caller) = (home.clone(), Caller::from(from.ip()));
                    door.admit(|site, ending| async move {
                        session::lines(stream, home, caller, site, ending).await;
                        drop(passes);
                    });
                }
                Err(full) => away.turn(stream, format!("! {full}\n")),
            },
            Err(fault) => {
                tracing::warn!(%fault, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves HTTP until the handle ends it.
pub(super) fn serve(
    listener: StdListener,
    router: axum::Router,
    gate: Arc<Gate>,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>>> {
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(Porter { gate, away: Away::new() })
        .handle(handle)
        .first_request_timeout(HEAD)
        .accept_error_handler(|_, fault| tracing::warn!(%fault, "a connection could not be accepted"));
    server.http_builder().http1().header_read_timeout(HEAD);
    Ok(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()))
}

/// Tells those who can't be let in why.
#[derive(Clone)]
struct Away(Arc<Semaphore>);

impl Away {
    fn new() -> Away {
        Away(Arc::new(Semaphore::new(TOLD)))
    }

    fn turn(&self, mut stream: TcpStream, words: String) {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _place = place;
            let telling = async {
                stream.write_all(words.as_bytes()).await?;
                stream.shutdown().await?;
                tokio::io::copy(&mut stream.take(DROPPED), &mut tokio::io::sink()).await
            };
            // Best effort: there is no place for them.
            let _ = timeout(AWAY, telling).await;
        });
    }
}

/// Lets HTTP's sockets in while there is place.
#[derive(Clone)]
struct Porter {
    gate: Arc<Gate>,
    away: Away,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Porter {
    type Stream = Guest;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Guest, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let from = stream.peer_addr().map(|from| from.ip());
        let let_in = from.and_then(|from| match self.gate.socket(from, Instant::now()) {
            Ok(pass) => Ok((Guest { stream, _pass: pass }, service)),
            Err(full) => {
                self.away.turn(stream, unavailable(full));
                Err(io::Error::other(full))
            }
        });
        std::future::ready(let_in)
    }
}

/// A whole response, for one who has not asked yet.
fn unavailable(full: Full) -> String {
    let (words, retry) = (format!("{full}\n"), full.retry_after());
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {retry}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{words}",
        words.len()
    )
}

/// A socket and its place.
struct Guest {
    stream: TcpStream,
    _pass: Pass,
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
