//! What a service manager hears of the server at the socket that it names (`sd_notify(3)`): systemd's part, played here.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Database, PATIENCE, Terminal};
use tokio::net::{TcpListener, UnixDatagram};
use tokio::time::timeout;

/// How long the manager waits for a word, and how long the test listens: several times as long.
const WATCHDOG: Duration = Duration::from_secs(2);
const LISTENED: Duration = Duration::from_secs(5);

/// A service manager that starts the server, in a folder of its own.
struct Manager {
    socket: UnixDatagram,
    folder: Database,
}

impl Manager {
    fn new() -> Result<Manager> {
        let folder = Database::new()?;
        Ok(Manager { socket: UnixDatagram::bind(folder.beside("notify"))?, folder })
    }

    async fn start(&self, more: &[&str], options: &[&str]) -> Result<Binary> {
        let named = format!("NOTIFY_SOCKET={}", self.folder.beside("notify").display());
        Binary::start_below(&[&["env", &named], more].concat(), options).await
    }

    /// The next that is told: lines of `WHAT=VALUE`.
    async fn told(&self) -> Result<String> {
        let mut bytes = [0; 4096];
        let length = timeout(PATIENCE, self.socket.recv(&mut bytes)).await.context("nothing is told")??;
        Ok(std::str::from_utf8(&bytes[..length])?.to_owned())
    }
}

#[tokio::test]
async fn the_manager_is_told_of_the_start_a_reload_and_the_end() -> Result<()> {
    let manager = Manager::new()?;
    let mut server = manager.start(&[], &[]).await?;
    let told = manager.told().await?;
    let status = told.strip_prefix("READY=1\nSTATUS=").with_context(|| told.clone())?;
    let ways = [format!("http://localhost:{}", server.http.port()), format!("nc localhost {}", server.tcp.port())];
    ensure!(status.lines().count() == 1 && ways.iter().all(|way| status.contains(way)), "{told}");
    let mut bob = Terminal::join(server.tcp, "bob").await?;

    // There is no certificate, and the server stays.
    server.signal("HUP").await?;
    let told = manager.told().await?;
    let since_boot = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").with_context(|| told.clone())?;
    ensure!(since_boot.trim_end().parse::<u64>().is_ok(), "{told}");
    ensure!(manager.told().await? == "READY=1\n");
    bob.say("/ping").await?;
    bob.until("* pong").await?;

    server.signal("TERM").await?;
    ensure!(manager.told().await? == "STOPPING=1\nSTATUS=saying goodbye\n");
    let ended = server.stop("TERM").await?;
    ensure!(ended.status.success() && ended.stderr.contains("there is no certificate to read again"), "{ended:?}");
    manager.folder.remove()
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_never_ready() -> Result<()> {
    let manager = Manager::new()?;
    let taken = TcpListener::bind("127.0.0.1:0").await?;
    let started = manager.start(&[], &["--tcp", &taken.local_addr()?.to_string()]).await;
    ensure!(started.is_err());
    ensure!(manager.socket.try_recv(&mut [0]).is_err(), "something is told");
    manager.folder.remove()
}

#[tokio::test]
async fn a_server_that_is_watched_says_in_time_that_it_is_alive_and_one_that_stands_still_does_not() -> Result<()> {
    let manager = Manager::new()?;
    let wish = format!("WATCHDOG_USEC={}", WATCHDOG.as_micros());
    let server = manager.start(&[&wish], &[]).await?;
    let (began, mut heard, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
    while began.elapsed() < LISTENED {
        if manager.told().await? == "WATCHDOG=1\n" {
            longest = longest.max(heard.elapsed());
            heard = Instant::now();
        }
    }
    ensure!(longest < WATCHDOG, "nothing was heard for {longest:?}");

    server.signal("STOP").await?;
    while timeout(WATCHDOG, manager.told()).await.is_ok() {}
    server.signal("CONT").await?;
    ensure!(manager.told().await? == "WATCHDOG=1\n");
    manager.folder.remove()
}
