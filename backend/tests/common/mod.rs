//! What every test here needs: a server on free ports, peers that speak to it, and the checker of the room's order.
//!
//! Tests wait by barriers, not by sleeping, and every wait ends after [`PATIENCE`] with words that say what did not come.

mod json;
mod line;
mod operator;
mod order;

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use commonroom::config::Config;
use commonroom::server::Server;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use json::{JsonPeer, Way, hello};
pub use line::LinePeer;
pub use operator::Operator;
pub use order::{Order, messages, prev_chain};

/// How long anything may take that must happen.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for what must happen soon.
pub async fn soon<T>(what: &str, happening: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happening).await.unwrap_or_else(|_| panic!("waited 10 s in vain for {what}"))
}

/// A server of one test. It shuts down when dropped, since its sender goes then.
pub struct TestServer {
    /// Where lines come in.
    pub tcp: SocketAddr,
    /// Where browsers come in.
    pub http: SocketAddr,
    shutdown: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
    /// Where its history is, if that is on disk.
    _folder: TempDir,
}

/// Whether servers keep their history on disk, as `cargo xtask test disk` asks: all that is promised holds for both.
fn on_disk() -> bool {
    std::env::var_os("CONFORMANCE_ON_DISK").is_some()
}

/// The port of an address that a server tells, on this machine.
fn at_loopback(address: &str) -> SocketAddr {
    let (_, port) = address.rsplit_once(':').unwrap();
    let port = port.split('/').next().unwrap().parse().unwrap();
    SocketAddr::new([127, 0, 0, 1].into(), port)
}

impl TestServer {
    /// A server that lets everybody speak as fast as they like.
    pub fn start() -> TestServer {
        TestServer::with(&["--per-second", "0"])
    }

    /// A server with these options.
    pub fn with(options: &[&str]) -> TestServer {
        TestServer::made(options, |server| server)
    }

    /// A server with an operator at its console.
    pub async fn with_operator() -> (TestServer, Operator) {
        let (console, mut operator) = Operator::sit_down();
        let server = TestServer::made(&["--per-second", "0"], |server| server.with_console(console));
        operator.settle().await;
        (server, operator)
    }

    fn made(options: &[&str], make: impl FnOnce(Server) -> Server) -> TestServer {
        let free = ["commonroom", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("commonroom.db");
        let db = ["--db", if on_disk() { file.to_str().unwrap() } else { ":memory:" }];
        let db = if options.contains(&"--db") { &[] } else { &db[..] };
        let config = Config::parse_from(free.iter().chain(db).chain(options));
        let server = make(Server::bind(&config).unwrap());
        let (print, join) = (server.addresses().to_string(), server.addresses().join());
        // The last that is printed, where a test asks for one more that leads to a room of its own.
        let last = print.rsplit("   ").next().and_then(|way| way.split(' ').find_map(|word| word.parse().ok()));
        let (tcp, http) = (SocketAddr::new([127, 0, 0, 1].into(), last.unwrap()), at_loopback(&join.http[0]));
        let (shutdown, asked) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async { drop(asked.await) }));
        TestServer { tcp, http, shutdown, running, _folder: folder }
    }

    /// Asks it to shut down; what comes back ends when the server has.
    pub fn shut_down(self) -> impl Future<Output = ()> {
        // Whether it runs still is what the handle tells.
        let _ = self.shutdown.send(());
        async { soon("the server's end", self.running).await.unwrap().unwrap() }
    }

    /// Waits until it has ended by itself.
    pub async fn ended(self) {
        soon("the server's end", self.running).await.unwrap().unwrap();
    }

    /// Sends one HTTP request, and reads all that is answered.
    pub async fn http(&self, request: &str) -> String {
        let mut stream = connect(self.http).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        soon("the answer to a request", stream.read_to_end(&mut answer)).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

/// A plain socket.
pub async fn connect(addr: SocketAddr) -> TcpStream {
    let stream = soon("a connection", TcpStream::connect(addr)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A plain socket whose side of the kernel holds next to nothing: a peer that stops reading stalls at once.
pub async fn connect_narrow(addr: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    soon("a connection", socket.connect(addr)).await.unwrap()
}
