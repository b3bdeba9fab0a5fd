//! The accept loops. Each goes on whatever happens, and whoever can't be let in is told why.

use std::future::Future;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::Handle;
use axum_server::accept::Accept;
use parking_lot::Mutex;
use rustix::io::Errno;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower_layer::Layer;

use super::door::Door;
use crate::addresses::by_terminal;
use crate::gate::{Full, Gate};
use crate::metrics::Metrics;
use crate::moderation::Caller;
use crate::name::RoomName;
use crate::session::{self, PERSON};
use crate::tls::{self, Socket, Tls};
use crate::web::{Scheme, Visit};

/// How long after a failed accept the next one is tried.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Who says nothing for this long where TLS is a must is a person in a plain terminal: a client of TLS speaks at once.
const PERSON_WITHOUT_TLS: Duration = Duration::from_secs(1);
/// Who is turned away has this long to hear why.
const AWAY: Duration = Duration::from_secs(2);
/// What is read, and dropped, of who is turned away: else a reset may eat the words.
const DROPPED: u64 = 1 << 20;
/// So many are waited for at once until they have heard; above that they are told and closed, since each takes a file.
const AWAITED: usize = 32;
/// The longest head of a request. What has come of one is held as long as its peer may take for it.
const HEAD_BYTES: u16 = 16 * 1024;
/// The time between two complaints.
const COMPLAINTS: Duration = Duration::from_mins(1);

/// Accepts plain sockets for ever, which come to the room `home`: a failure is waited out.
pub(super) async fn accept(listener: TcpListener, home: RoomName, door: Door) {
    let away = Away::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) if door.is_closing() => away.turn(stream, "* restarting; come back in a moment\n".into()),
            Ok((stream, from)) => match door.line(from.ip()) {
                Ok(passes) => {
                    let (home, caller) = (home.clone(), Caller::from(from.ip()));
                    let opening = Box::pin(open(stream, door.clone(), away.clone()));
                    door.admit(|site, ending| async move {
                        let opened = opening.await;
                        if let Some((socket, silence)) = opened {
                            session::lines(socket, silence, home, caller, site, ending).await;
                        }
                        drop(passes);
                    });
                }
                Err(full) => {
                    door.site.metrics.turned_away();
                    away.turn(stream, format!("! {full}\n"));
                }
            },
            Err(fault) => {
                complain(&fault);
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Tells the operator when this machine is short of something; once a minute is enough. What peers do, such as going before
/// they are let in, is their own affair, and as often as they like.
fn complain(fault: &io::Error) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    const SHORT: [Errno; 4] = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    if !Errno::from_io_error(fault).is_some_and(|errno| SHORT.contains(&errno)) {
        return tracing::debug!(%fault, "a connection could not be accepted");
    }
    let mut last = LAST.lock();
    if last.is_none_or(|last| last.elapsed() >= COMPLAINTS) {
        *last = Some(Instant::now());
        tracing::warn!(%fault, "a connection could not be accepted");
    }
}

/// A plain socket, or one with TLS, as its first byte shows; and how long its peer must still be silent to be taken for a
/// person.
async fn open(stream: TcpStream, door: Door, away: Away) -> Option<(Socket, Duration)> {
    let Some(tls) = door.tls else { return Some((Socket::Left(stream), PERSON)) };
    let wait = if door.tls_only { PERSON_WITHOUT_TLS } else { PERSON };
    match tls::begins(&stream, wait).await.ok()? {
        Some(true) => Some((tls.accept(stream, door.site.hello_within).await.ok()?, PERSON)),
        _ if door.tls_only => {
            let at = door.site.join.tcp.first().map_or("", String::as_str);
            let way = by_terminal(at, true);
            away.turn(stream, format!("! this server is for TLS alone; come in with: {way}\n"));
            None
        }
        Some(false) => Some((Socket::Left(stream), PERSON)),
        None => Some((Socket::Left(stream), Duration::ZERO)),
    }
}

/// Serves HTTP until the handle ends it.
pub(super) fn serve(
    listener: StdListener,
    router: axum::Router,
    door: &Door,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
    let (gate, metrics) = (Arc::clone(&door.site.gate), Arc::clone(&door.site.metrics));
    let within = door.site.hello_within;
    let porter = Porter { gate, tls: door.tls.clone(), metrics, away: Away::new(), within };
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(porter)
        .handle(handle)
        .first_request_timeout(within)
        .accept_error_handler(|_, fault| complain(fault));
    let http = server.http_builder();
    http.http1().header_read_timeout(within).max_buf_size(HEAD_BYTES.into());
    // It can't be turned off without upgrades going with it. Its requests are refused, one at a time.
    http.http2().max_concurrent_streams(1).max_header_list_size(HEAD_BYTES.into());
    Ok(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()))
}

/// Tells those who can't be let in why.
#[derive(Clone)]
struct Away(Arc<Semaphore>);

impl Away {
    fn new() -> Away {
        Away(Arc::new(Semaphore::new(AWAITED)))
    }

    /// Best effort: there is no place for them.
    fn turn(&self, stream: TcpStream, words: String) {
        let Ok(stream) = told(stream, &words) else { return };
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _place = place;
            let _ = timeout(AWAY, tokio::io::copy(&mut stream.take(DROPPED), &mut tokio::io::sink())).await;
        });
    }
}

/// Writes the last words at once: nothing has been written before them, so the kernel has room.
fn told(stream: TcpStream, words: &str) -> io::Result<TcpStream> {
    let mut stream = stream.into_std()?;
    stream.write_all(words.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    TcpStream::from_std(stream)
}
/// Lets HTTP's sockets in while there is place, with TLS where there is a certificate.
#[derive(Clone)]
struct Porter {
    gate: Arc<Gate>,
    tls: Option<Arc<Tls>>,
    metrics: Arc<Metrics>,
    away: Away,
    /// How soon a handshake must be done.
    within: Duration,
}

impl Porter {
    async fn let_in(self, stream: TcpStream) -> io::Result<(Socket, Visit)> {
        let from = stream.peer_addr()?.ip();
        let place = match self.gate.socket(from, Instant::now()) {
            Ok(place) => Arc::new(place),
            Err(full) => {
                self.metrics.turned_away();
                self.away.turn(stream, unavailable(full));
                return Err(io::Error::other(full));
            }
        };
        let (socket, scheme) = match self.tls {
            None => (Socket::Left(stream), Scheme::Http),
            Some(tls) => match tls::begins(&stream, self.within).await? {
                Some(true) => (tls.accept(stream, self.within).await?, Scheme::Https),
                Some(false) => (Socket::Left(stream), Scheme::HttpForHttps),
                None => return Err(io::ErrorKind::TimedOut.into()),
            },
        };
        Ok((socket, Visit { scheme, place }))
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Porter {
    type Stream = Socket;
    type Service = AddExtension<S, Visit>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Socket, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let porter = self.clone();
        Box::pin(async move {
            let (socket, visit) = porter.let_in(stream).await?;
            Ok((socket, Extension(visit).layer(service)))
        })
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
