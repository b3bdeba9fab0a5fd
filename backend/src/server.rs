//! The server: it binds, it accepts, and it drains so that nothing is lost.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_server::Handle;
use commonroom_protocol::ByeCode;
use jiff::tz::TimeZone;
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::addresses::Addresses;
use crate::config::{Config, Db, Homeless, TcpAddr};
use crate::dialect::words::grouped;
use crate::ending::Ending;
use crate::hub::{self, Hub};
use crate::journal::{Commit, Journal, Keep, Memory, OpenError, Sqlite};
use crate::moderation::Caller;
use crate::name::RoomName;
use crate::session::{self, Site, Spares};
use crate::transport::Console;
use crate::web;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// What the kernel may hold for a peer that does not read: more would hide megabytes there.
const SEND_BUFFER: usize = 64 * 1024;
/// A peer that acknowledges nothing for this long is gone, also one that only claims to have no room.
const UNACKNOWLEDGED: Duration = Duration::from_mins(10);
/// How often the hub is told the time.
const TICK: Duration = Duration::from_millis(250);
/// How long after a failed accept the next one is tried.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// An HTTP client has this long for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Goodbyes are spread over this time, so that not all clients come back at once.
const SPREAD: Duration = Duration::from_secs(2);
/// How long the goodbyes wait for what is being committed.
const COMMIT: Duration = Duration::from_secs(2);
/// How long the journal may take to put the history away: all of it is on the disk by then.
const PUT_AWAY: Duration = Duration::from_secs(4);
/// Connections may take this long to end after their goodbye.
const FAREWELL: Duration = Duration::from_secs(5);

/// An address could not be bound, or the history not be opened.
#[derive(Debug, Error)]
pub enum BindError {
    /// Something else listens there.
    #[error("port {} is taken (something else listens on {addr}); choose another with {flag} {}:PORT", addr.port(), addr.ip())]
    Taken {
        /// The address.
        addr: SocketAddr,
        /// What changes it.
        flag: &'static str,
    },
    /// Anything else.
    #[error("can't listen on {addr} ({source}); choose another with {flag}")]
    Other {
        /// The address.
        addr: SocketAddr,
        /// What changes it.
        flag: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The system has no random numbers to give.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// There is nowhere to keep the history.
    #[error(transparent)]
    Homeless(#[from] Homeless),
    /// The file of the history.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// A time or a number to keep, and nothing that keeps.
    #[error("--keep and --keep-messages are for a history in a file; with --db :memory: the newest 256 MiB are kept")]
    KeepsNothing,
}

/// A server that has its addresses and does not serve yet.
pub struct Server {
    tcp: Vec<(TcpListener, RoomName)>,
    http: StdListener,
    site: Arc<Site>,
    committed: mpsc::Receiver<Commit>,
    allow_origin: Vec<String>,
    addresses: Addresses,
    history: History,
    console: Option<Console>,
}

/// Where the history is kept.
#[derive(Debug)]
pub enum History {
    /// In memory: it ends with the server.
    Memory,
    /// In a file, which had so many messages when the server was made.
    File(PathBuf, u64),
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            History::Memory => f.write_str("in memory: it ends with the server"),
            History::File(path, 1) => write!(f, "{} (1 message)", from_home(path)),
            History::File(path, count) => {
                write!(f, "{} ({} messages)", from_home(path), grouped(usize::try_from(*count).unwrap_or(usize::MAX)))
            }
        }
    }
}

/// A path as its owner would type it.
fn from_home(path: &Path) -> String {
    let home = dirs::home_dir();
    match home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

impl Server {
    /// Binds every address of a configuration. Port 0 takes any free port; [`Server::addresses`] tells which.
    ///
    /// # Errors
    /// [`BindError`], which names the flag that helps.
    pub fn bind(config: &Config) -> Result<Server, BindError> {
        let open = |tcp: &TcpAddr| Ok::<_, BindError>((listen_tcp(tcp.addr)?, tcp.room.clone()));
        let tcp = config.tcp.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let http = listen(config.http, "--http")?;
        let bound: Vec<SocketAddr> = tcp.iter().filter_map(|(listener, _)| listener.local_addr().ok()).collect();
        let addresses = Addresses::new(&bound, http.local_addr().unwrap_or(config.http));
        let (to_publisher, committed) = mpsc::channel(hub::COMMITS);
        let (journal, history) = open_journal(config, to_publisher)?;
        let site = Site {
            hub: Arc::new(Hub::new(journal)),
            burst: config.burst,
            per_second: config.per_second,
            host: gethostname::gethostname().to_string_lossy().into(),
            zone: TimeZone::system(),
            spares: Spares::default(),
            join: addresses.join(),
            build: crate::BUILD,
            started: Instant::now(),
            quit: CancellationToken::new(),
        };
        let allow_origin = config.allow_origin.clone();
        Ok(Server { tcp, http, site: Arc::new(site), committed, allow_origin, addresses, history, console: None })
    }

    /// Where others can reach it.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Where it keeps its history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The same server with an operator, who is there as soon as it runs.
    #[must_use]
    pub fn with_console(self, console: Console) -> Server {
        Server { console: Some(console), ..self }
    }

    /// Cancelled when the operator ends the server.
    pub fn quit(&self) -> CancellationToken {
        self.site.quit.clone()
    }

    /// Serves until `shutdown` or the operator's `/quit`, then drains: no new message, a goodbye to everyone, and what is queued is delivered.
    ///
    /// # Errors
    /// When the HTTP listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let hub = Arc::clone(&self.site.hub);
        let quit = self.site.quit.clone();
        let door = Door { site: self.site, sessions: TaskTracker::new(), closing: CancellationToken::new() };
        let publisher = tokio::spawn({
            let hub = Arc::clone(&hub);
            async move { hub.publish(self.committed).await }
        });
        let clock = tokio::spawn(tick(Arc::clone(&hub)));
        if let Some(console) = self.console {
            door.admit(|site, ending| session::console(console, site, ending));
        }
        let mut accepting = JoinSet::new();
        for (listener, home) in self.tcp {
            accepting.spawn(accept(listener, home, door.clone()));
        }
        let http = Handle::new();
        let served = tokio::spawn(serve_http(self.http, web::router(door.clone(), self.allow_origin), http.clone())?);
        tokio::select! {
            () = shutdown => {}
            () = quit.cancelled() => {}
        }
        door.drain().await;
        if let Ok(Err(fault)) = timeout(PUT_AWAY, hub.put_away()).await {
            tracing::warn!(%fault, "the history is not put away");
        }
        http.shutdown();
        accepting.shutdown().await;
        clock.abort();
        publisher.abort();
        served.await.map_err(io::Error::other)?
    }
}

/// The way in: what every accept loop needs to start a session.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) site: Arc<Site>,
    sessions: TaskTracker,
    closing: CancellationToken,
}

impl Door {
    /// Runs a session, which is told to end when the server drains.
    pub(crate) fn admit<F>(&self, session: impl FnOnce(Arc<Site>, Ending) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.sessions.spawn(session(Arc::clone(&self.site), Ending::of(&self.closing)));
    }

    /// Nobody is let in any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.sessions.is_closed()
    }

    /// Refuses what is new, says goodbye to everyone, and waits for them to end.
    async fn drain(&self) {
        self.sessions.close();
        let hub = &self.site.hub;
        // A journal that does not answer must not hold up the end.
        let _ = timeout(COMMIT, hub.close()).await;
        hub.end_all(ByeCode::Restart, SPREAD).await;
        // Whoever has not joined a room yet.
        self.closing.cancel();
        // Who does not end in time is cut off.
        let _ = timeout(FAREWELL, self.sessions.wait()).await;
    }
}

async fn tick(hub: Arc<Hub>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        hub.tick(Instant::now());
    }
}

/// Accepts plain sockets for ever, which come to the room `home`: a failure is waited out.
async fn accept(listener: TcpListener, home: RoomName, door: Door) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if door.is_closing() => {
                tokio::spawn(turn_away(stream));
            }
            Ok((stream, from)) => {
                let (home, caller) = (home.clone(), Caller::from(from.ip()));
                door.admit(|site, ending| session::lines(stream, home, caller, site, ending));
            }
            Err(fault) => {
                tracing::warn!(%fault, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn turn_away(mut stream: TcpStream) {
    let words = async {
        stream.write_all(b"* restarting; come back in a moment\n").await?;
        stream.shutdown().await
    };
    // Best effort: the server is on its way out.
    let _ = timeout(Duration::from_secs(1), words).await;
}

fn serve_http(
    listener: StdListener,
    router: axum::Router,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>>> {
    let mut server = axum_server::from_tcp(listener)?.handle(handle).first_request_timeout(HEAD);
    server.http_builder().http1().header_read_timeout(HEAD);
    Ok(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()))
}

/// The journal of a configuration, which hands what it commits to `committed`.
fn open_journal(config: &Config, committed: mpsc::Sender<Commit>) -> Result<(Arc<dyn Journal>, History), BindError> {
    match config.db()? {
        Db::Memory if config.keep() != Keep::All => Err(BindError::KeepsNothing),
        Db::Memory => Ok((Arc::new(Memory::new(committed).map_err(BindError::Random)?), History::Memory)),
        Db::File(path) => {
            let journal = Sqlite::open(&path, config.keep(), committed)?;
            let history = History::File(path, journal.found());
            Ok((Arc::new(journal), history))
        }
    }
}

fn listen_tcp(addr: SocketAddr) -> Result<TcpListener, BindError> {
    const FLAG: &str = "--tcp";
    TcpListener::from_std(listen(addr, FLAG)?).map_err(|source| BindError::Other { addr, flag: FLAG, source })
}

/// A listener whose options are inherited by what it accepts.
fn listen(addr: SocketAddr, flag: &'static str) -> Result<StdListener, BindError> {
    try_listen(addr).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { addr, flag },
        _ => BindError::Other { addr, flag, source },
    })
}

fn try_listen(addr: SocketAddr) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Without it a restart fails for a minute while old connections linger.
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_keepalive(&keepalive())?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Finds out within two minutes that a silent peer's machine is gone.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15)).with_retries(4)
}
