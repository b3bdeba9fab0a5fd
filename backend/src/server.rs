//! The server: it binds, it accepts, and it drains so that nothing is lost.

mod accept;
mod door;
mod listen;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_server::Handle;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::process::{Resource, getrlimit};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::addresses::Addresses;
use crate::config::{Config, Db, Homeless, PasswordError, TcpAddr};
use crate::dialect::words::grouped;
use crate::gate::{self, Bounds, Gate};
use crate::hub::{self, Hub, Settings};
use crate::journal::{Commit, Journal, Keep, Memory, OpenError, Sqlite};
use crate::manager::Watchdog;
use crate::metrics::Metrics;
use crate::name::RoomName;
use crate::room::Pauses;
use crate::session::{self, Site, Spares};
use crate::tls::{Tls, TlsError};
use crate::transport::Console;
use crate::web;
use accept::accept;
pub(crate) use door::Door;
use listen::{listen, listen_tcp};

/// How often the hub is told the time.
const TICK: Duration = Duration::from_millis(250);
/// How long the journal may take to put the history away: all of it is on the disk by then.
const PUT_AWAY: Duration = Duration::from_secs(4);

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
    #[error("can't listen on {addr} ({why}); choose another with {flag}")]
    Other {
        /// The address.
        addr: SocketAddr,
        /// What changes it.
        flag: &'static str,
        /// Why.
        why: io::Error,
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
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A password.
    #[error(transparent)]
    Password(#[from] PasswordError),
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
    names: web::Names,
    tls: Option<Arc<Tls>>,
    tls_only: bool,
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
        let tls = match (&config.tls_cert, &config.tls_key) {
            (Some(cert), Some(key)) => Some(Arc::new(Tls::load(cert, key)?)),
            _ => None,
        };
        let open = |tcp: &TcpAddr| Ok::<_, BindError>((listen_tcp(tcp.addr, config.stalled_for)?, tcp.room.clone()));
        let tcp = config.tcp.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let http = listen(config.http, "--http", config.stalled_for)?;
        let at = |(listener, room): &(TcpListener, RoomName)| Some((listener.local_addr().ok()?, room.clone()));
        let bound: Vec<(SocketAddr, RoomName)> = tcp.iter().filter_map(at).collect();
        let certified = tls.as_ref().map_or_else(Vec::new, |tls| tls.facts().names);
        let http_at = http.local_addr().unwrap_or(config.http);
        let certified_page = tls.is_some().then_some(&certified);
        let addresses = Addresses::new(&bound, http_at, certified_page, config.tls_only, &config.base_path);
        let (to_publisher, committed) = mpsc::channel(hub::COMMITS);
        let (journal, history) = open_journal(config, to_publisher)?;
        let host: Arc<str> = gethostname::gethostname().to_string_lossy().into();
        let metrics = Arc::new(Metrics::default());
        let site = Site {
            gate: Gate::new(bounds(config), config.trusted_proxy.clone()),
            hub: Arc::new(Hub::new(journal, Arc::clone(&metrics), settings(config))),
            access: config.access()?,
            metrics,
            burst: config.burst,
            per_second: config.per_second,
            pings: config.max_pings,
            hello_within: config.hello_within,
            stalled_for: config.stalled_for,
            host: Arc::clone(&host),
            zone: TimeZone::system(),
            spares: Spares::default(),
            join: addresses.join(),
            build: crate::BUILD,
            started: Instant::now(),
            quit: CancellationToken::new(),
        };
        let names = web::Names {
            allow_origin: config.allow_origin.clone(),
            hosts: [host.to_string()].into_iter().chain(config.host.clone()).collect(),
            tls: tls.clone(),
            base: config.base_path.clone(),
            proxies: config.trusted_proxy.clone(),
        };
        Ok(Server {
            tcp,
            http,
            site: Arc::new(site),
            committed,
            names,
            tls,
            tls_only: config.tls_only,
            addresses,
            history,
            console: None,
        })
    }

    /// Where others can reach it.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Who may come in, in a sentence for whoever has started it.
    pub fn openness(&self) -> String {
        let who = match (self.site.access.is_closed(), self.addresses.is_local()) {
            (true, _) => "who knows the password may come in",
            (false, true) => "everybody on this machine may come in, and nobody else can",
            (false, false) => "everybody who can reach these addresses may come in; --password asks for one",
        };
        match &*self.site.access.rooms() {
            [] => who.to_owned(),
            rooms => format!("{who}; rooms with a password of their own: {}", rooms.join(", ")),
        }
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

    /// Its certificate, which can be read again while it runs.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
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
        let door = Door::new(self.site, self.tls.clone(), self.tls_only);
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
        if let Some(tls) = self.tls {
            warn_of_end(&tls);
            accepting.spawn(watch(tls));
        }
        let http = Handle::new();
        let served =
            tokio::spawn(accept::serve(self.http, web::router(door.clone(), self.names), &door, http.clone())?);
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

/// Tells the hub the time, and the service manager that neither the runtime nor the hub hangs.
async fn tick(hub: Arc<Hub>) {
    let (mut ticks, mut watchdog) = (interval(TICK), Watchdog::asked());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = Instant::now();
        hub.tick(now);
        if let Some(watchdog) = &mut watchdog {
            watchdog.alive(now);
        }
    }
}

/// Looks once a day whether the certificate ends soon.
async fn watch(tls: Arc<Tls>) {
    loop {
        sleep(Duration::from_hours(24)).await;
        warn_of_end(&tls);
    }
}

fn warn_of_end(tls: &Tls) {
    if let Some(warning) = tls.facts().warning(Timestamp::now()) {
        tracing::warn!("{warning}");
    }
}

/// Where the history of a configuration is kept, if it can be.
pub(crate) fn place(config: &Config) -> Result<Db, BindError> {
    match config.db()? {
        Db::Memory if config.keep() != Keep::All => Err(BindError::KeepsNothing),
        db => Ok(db),
    }
}

/// The journal of a configuration, which hands what it commits to `committed`.
fn open_journal(config: &Config, committed: mpsc::Sender<Commit>) -> Result<(Arc<dyn Journal>, History), BindError> {
    match place(config)? {
        Db::Memory => Ok((Arc::new(Memory::new(committed).map_err(BindError::Random)?), History::Memory)),
        Db::File(path) => {
            let journal = Sqlite::open(&path, config.keep(), committed)?;
            let history = History::File(path, journal.found());
            Ok((Arc::new(journal), history))
        }
    }
}

/// How many may come: what was asked for, and in all no more than there may be open files.
fn bounds(config: &Config) -> Bounds {
    let most = getrlimit(Resource::Nofile).current.map_or(usize::MAX, gate::connections_for);
    let connections = config.max_connections.map_or(most, |asked| asked.min(most));
    Bounds {
        connections,
        per_address: config.max_per_address,
        new_per_minute: config.max_new_per_minute,
        new_rooms: config.max_new_rooms,
    }
}

/// How rooms begin.
fn settings(config: &Config) -> Settings {
    let pauses = Pauses { leave: config.leave_grace, rename: config.rename_pause };
    Settings { read_only: config.read_only.clone(), pauses }
}
