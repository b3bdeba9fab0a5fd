//! The accept loops. Each goes on whatever happens, and whoever can't be let in is told why.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::Handle;
use axum_server::accept::Accept;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower_layer::Layer;

use super::door::Door;
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
                tracing::warn!(%fault, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
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
            let (host, port) = at.rsplit_once(':').unwrap_or((at, ""));
            away.turn(stream, format!("! this server is for TLS alone; come in with: ncat --ssl {host} {port}\n"));
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
        .accept_error_handler(|_, fault| tracing::warn!(%fault, "a connection could not be accepted"));
    server.http_builder().http1().header_read_timeout(within);
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
