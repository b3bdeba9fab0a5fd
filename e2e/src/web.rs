//! The least of an HTTP client: what comes is counted as it was on the wire, not as a library has unpacked it.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status line and the headers, as they came.
    pub head: String,
    /// The body, as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether it is 200.
    pub fn is_ok(&self) -> bool {
        self.head.starts_with("HTTP/1.1 200 ")
    }

    /// All bytes, head and body.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

/// One GET over a connection of its own. `encoding` is what the client takes: `br`, `gzip, deflate`, or `identity`.
///
/// # Errors
/// When the answer is none, or shorter than it says.
pub async fn get(server: SocketAddr, path: &str, encoding: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.with_context(|| format!("no end of {path}"))??;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("no HTTP answer")?;
    let body = bytes.split_off(end + 4);
    let answer = Answer { head: String::from_utf8(bytes)?, body };
    let length: usize = answer.header("content-length").context("no content-length")?.parse()?;
    ensure!(length == answer.body.len(), "{path}: {} bytes came of {length}", answer.body.len());
    Ok(answer)
}
