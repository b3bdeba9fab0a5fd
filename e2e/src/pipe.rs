//! How frames travel: one a line over a plain socket, or as the texts of a WebSocket.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use commonroom_protocol::{ClientFrame, Hello, ServerFrame, VERSION};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::PATIENCE;

/// Where programs come in.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    /// Of JSON lines.
    Lines(SocketAddr),
    /// Of WebSockets.
    Web(SocketAddr),
}

/// A connection of a program.
pub enum Pipe {
    /// JSON lines.
    Lines {
        /// The socket.
        io: BufReader<TcpStream>,
        /// What has come of the next line: a read that is given up loses none of it.
        line: Vec<u8>,
        /// A frame has come. Before that the server may have taken who is slow to begin for a person, and speak to them.
        known: bool,
    },
    /// A WebSocket.
    Web(Box<WebSocketStream<TcpStream>>),
}

impl Pipe {
    /// A connection on which nothing has been said.
    ///
    /// # Errors
    /// When there is no server.
    pub async fn connect(door: Door) -> Result<Pipe> {
        match door {
            Door::Lines(addr) => {
                Ok(Pipe::Lines { io: BufReader::new(socket(addr).await?), line: Vec::new(), known: false })
            }
            Door::Web(addr) => {
                let (io, _) = client_async(format!("ws://{addr}/ws"), socket(addr).await?).await?;
                Ok(Pipe::Web(Box::new(io)))
            }
        }
    }

    /// The same, joined: what was said before has been told.
    ///
    /// # Errors
    /// When it is not let in.
    pub async fn join(door: Door, hello: Hello) -> Result<Pipe> {
        let mut pipe = Pipe::connect(door).await?;
        pipe.send(&ClientFrame::Hello(Hello { v: VERSION, ..hello })).await?;
        pipe.until(|frame| matches!(frame, ServerFrame::Live { .. })).await?;
        Ok(pipe)
    }

    /// Reads up to a frame, and with it.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn until(&mut self, is_it: impl Fn(&ServerFrame) -> bool) -> Result<()> {
        let reading = async {
            while !is_it(&self.next().await?.context("the server ends the connection")?) {}
            Ok(())
        };
        timeout(PATIENCE, reading).await.context("the frame does not come")?
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// When the connection is at its end.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<()> {
        let json = serde_json::to_string(frame)?;
        match self {
            Pipe::Lines { io, .. } => io.write_all(format!("{json}\n").as_bytes()).await?,
            Pipe::Web(io) => io.send(Message::text(json)).await?,
        }
        Ok(())
    }

    /// The next frame; none at the connection's end, however it came. A frame that is cut short by the end was not sent.
    /// It may be given up and called again.
    ///
    /// # Errors
    /// When something comes that is no frame.
    pub async fn next(&mut self) -> Result<Option<ServerFrame>> {
        let Some(json) = self.text().await? else { return Ok(None) };
        let frame: ServerFrame =
            serde_json::from_slice(&json).with_context(|| String::from_utf8_lossy(&json).into_owned())?;
        Ok(Some(frame))
    }

    async fn text(&mut self) -> Result<Option<Vec<u8>>> {
        match self {
            Pipe::Lines { io, line, known } => loop {
                if io.read_until(b'\n', line).await.is_err() || !line.ends_with(b"\n") {
                    return Ok(None);
                }
                let whole = std::mem::take(line);
                *known |= whole.starts_with(b"{");
                if *known {
                    return Ok(Some(whole));
                }
            },
            Pipe::Web(io) => loop {
                match io.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(Some(text.as_bytes().to_vec())),
                    Some(Ok(Message::Ping(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
                    Some(Ok(other)) => bail!("{other:?} is no frame"),
                }
            },
        }
    }
}

/// A plain socket that sends at once.
///
/// # Errors
/// When there is no server.
pub async fn socket(addr: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
