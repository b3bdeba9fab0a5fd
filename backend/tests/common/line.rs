//! A peer that speaks lines, as `nc` does.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{TestServer, connect, soon};

/// A plain socket that reads and writes lines.
pub struct LinePeer {
    from: BufReader<OwnedReadHalf>,
    to: OwnedWriteHalf,
    /// What came before `-- live --`, for a person.
    pub banner: Vec<String>,
}

impl LinePeer {
    /// A connection on which nothing has been said.
    pub async fn connect(server: &TestServer) -> LinePeer {
        LinePeer::over(connect(server.tcp).await)
    }

    /// The same over a socket of your own.
    pub fn over(stream: TcpStream) -> LinePeer {
        let (from, to) = stream.into_split();
        LinePeer { from: BufReader::new(from), to, banner: Vec::new() }
    }

    /// A person: waits, and has read the banner and the last lines.
    pub async fn person(server: &TestServer) -> LinePeer {
        let mut peer = LinePeer::connect(server).await;
        peer.banner = peer.until("-- live --").await;
        peer
    }

    /// A person who has taken a name.
    pub async fn named(server: &TestServer, nick: &str) -> LinePeer {
        let mut peer = LinePeer::person(server).await;
        peer.say(&format!("/nick {nick}")).await;
        peer.until(&format!("* you are now {nick}")).await;
        peer
    }

    /// A program: speaks first.
    pub async fn program(server: &TestServer) -> LinePeer {
        let mut peer = LinePeer::connect(server).await;
        assert_eq!(peer.settle().await, [""; 0], "a program is greeted with nothing");
        peer
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon("a socket that takes bytes", self.to.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends a line.
    pub async fn say(&mut self, line: &str) {
        self.send(format!("{line}\n")).await;
    }

    /// Has nothing more to say, and still listens.
    pub async fn say_no_more(&mut self) {
        self.to.shutdown().await.unwrap();
    }

    /// The next line.
    pub async fn line(&mut self) -> String {
        self.try_line().await.unwrap_or_else(|| panic!("another line, not the end"))
    }

    /// The next line that somebody has said: the server's own are passed over.
    pub async fn said(&mut self) -> String {
        loop {
            let line = self.line().await;
            if line.starts_with('<') {
                return line;
            }
        }
    }

    async fn try_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        soon("a line", self.from.read_until(b'\n', &mut line)).await.unwrap();
        if line.is_empty() {
            return None;
        }
        assert_eq!(line.pop(), Some(b'\n'), "cut short: {line:?}");
        Some(String::from_utf8(line).unwrap())
    }

    /// The next line as it is on the wire, its ending and all.
    pub async fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        soon("a line", self.from.read_until(b'\n', &mut line)).await.unwrap();
        line
    }

    /// The lines before this one, which is read too.
    pub async fn until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.try_line().await {
                Some(line) if line == last => return lines,
                Some(line) => lines.push(line),
                None => panic!("the end came before {last:?}; read {lines:?}"),
            }
        }
    }

    /// The barrier: everything sent before has been taken in. Gives the lines that came meanwhile. What others say may
    /// come after it: for that, a message is the barrier.
    pub async fn settle(&mut self) -> Vec<String> {
        self.say("/ping").await;
        self.until("* pong").await
    }

    /// The lines until the server ends the connection.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.try_line().await {
            lines.push(line);
        }
        lines
    }

    /// All bytes until the server ends the connection.
    pub async fn rest_of_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        soon("the connection's end", self.from.read_to_end(&mut bytes)).await.unwrap();
        bytes
    }
}
