//! A peer that speaks frames, whatever carries them.

use std::sync::atomic::{AtomicU64, Ordering};

use commonroom_protocol::{ClientFrame, Hello, Said, Seq, ServerFrame, VERSION, Welcome};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{TestServer, connect, connect_narrow, soon};

/// How frames travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One a line, over a plain socket.
    Lines,
    /// A WebSocket without an Origin: a program.
    Api,
    /// A WebSocket with an Origin: a browser.
    Web,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Lines, Way::Api, Way::Web];
}

enum Pipe {
    Lines(BufReader<TcpStream>),
    Web(Box<WebSocketStream<TcpStream>>),
}

/// A program, or a browser.
pub struct JsonPeer {
    pipe: Pipe,
    /// Numbers what it says and asks.
    count: u64,
}

/// A hello of a client that never was.
pub fn hello(nick: &str) -> Hello {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    Hello { v: VERSION, client: format!("client-{number:08}"), nick: Some(nick.to_owned()), ..Hello::default() }
}

impl JsonPeer {
    /// A connection that has not said hello.
    pub async fn connect(server: &TestServer, way: Way) -> JsonPeer {
        let addr = if way == Way::Lines { server.tcp } else { server.http };
        JsonPeer::over(connect(addr).await, server, way).await
    }

    /// The same, but it stalls at once when it stops reading.
    pub async fn connect_narrow(server: &TestServer, way: Way) -> JsonPeer {
        let addr = if way == Way::Lines { server.tcp } else { server.http };
        JsonPeer::over(connect_narrow(addr).await, server, way).await
    }

    async fn over(stream: TcpStream, server: &TestServer, way: Way) -> JsonPeer {
        if way == Way::Lines {
            return JsonPeer { pipe: Pipe::Lines(BufReader::new(stream)), count: 0 };
        }
        let mut request = format!("ws://{}/ws", server.http).into_client_request().unwrap();
        if way == Way::Web {
            request.headers_mut().insert("origin", format!("http://{}", server.http).parse().unwrap());
        }
        let (stream, _) = soon("a WebSocket", client_async(request, stream)).await.unwrap();
        JsonPeer { pipe: Pipe::Web(Box::new(stream)), count: 0 }
    }

    /// Somebody who has joined the lobby and is live.
    pub async fn join(server: &TestServer, way: Way, nick: &str) -> JsonPeer {
        let mut peer = JsonPeer::connect(server, way).await;
        let welcome = peer.greet(hello(nick)).await;
        assert_eq!(welcome.you, nick);
        peer.until_live().await;
        peer
    }

    /// Says hello, and is welcome.
    pub async fn greet(&mut self, hello: Hello) -> Welcome {
        self.send(&ClientFrame::Hello(hello)).await;
        match self.next().await {
            ServerFrame::Welcome(welcome) => *welcome,
            other => panic!("not welcome: {other:?}"),
        }
    }

    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&serde_json::to_string(frame).unwrap()).await;
    }

    /// Sends a text that need not be a frame.
    pub async fn send_text(&mut self, text: &str) {
        let sent = async {
            match &mut self.pipe {
                Pipe::Lines(io) => io.write_all(format!("{text}\n").as_bytes()).await.unwrap(),
                Pipe::Web(io) => io.send(Message::text(text)).await.unwrap(),
            }
        };
        soon("a connection that takes frames", sent).await;
    }

    /// Sends a WebSocket message of another kind than text.
    pub async fn send_message(&mut self, message: Message) {
        let Pipe::Web(io) = &mut self.pipe else { panic!("no WebSocket") };
        soon("a WebSocket that takes messages", io.send(message)).await.unwrap();
    }

    /// Writes bytes past all framing.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let io = match &mut self.pipe {
            Pipe::Lines(io) => io.get_mut(),
            Pipe::Web(io) => io.get_mut(),
        };
        soon("a socket that takes bytes", io.write_all(bytes)).await.unwrap();
    }

    pub async fn say(&mut self, cid: &str, text: &str) {
        self.send(&ClientFrame::Say { cid: cid.to_owned(), text: text.to_owned(), me: false }).await;
    }

    /// Says something and waits until it is told: everything said after this is after it.
    pub async fn say_and_see(&mut self, cid: &str, text: &str) -> Said {
        self.say(cid, text).await;
        loop {
            let said = self.said().await;
            if said.cid == cid && said.text == text {
                return said;
            }
        }
    }

    /// Says `count` messages more, numbered from 0, and sees each; never too many at once.
    pub async fn fill(&mut self, count: usize, text: &str) {
        let numbers: Vec<usize> = (0..count).collect();
        for some in numbers.chunks(40) {
            for i in some {
                self.count += 1;
                let cid = format!("fill-{}", self.count);
                self.say(&cid, &format!("{text}{i}")).await;
            }
            for _ in some {
                self.said().await;
            }
        }
    }

    /// The next frame.
    pub async fn next(&mut self) -> ServerFrame {
        match self.try_next().await {
            Ok(frame) => frame,
            Err(code) => panic!("another frame, not the end ({code:?})"),
        }
    }

    /// The next frame, or the WebSocket close code that ends them; none where there is none.
    pub async fn try_next(&mut self) -> Result<ServerFrame, Option<u16>> {
        let json = self.try_text().await?;
        let frame = serde_json::from_str(&json).unwrap_or_else(|fault| panic!("{fault}: {json}"));
        assert_ne!(frame, ServerFrame::Unknown, "{json}");
        Ok(frame)
    }

    async fn try_text(&mut self) -> Result<String, Option<u16>> {
        match &mut self.pipe {
            Pipe::Lines(io) => {
                let mut line = String::new();
                soon("a frame", io.read_line(&mut line)).await.unwrap();
                if line.is_empty() { Err(None) } else { Ok(line) }
            }
            Pipe::Web(io) => loop {
                match soon("a frame", io.next()).await {
                    Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                    Some(Err(Error::Protocol(_) | Error::ConnectionClosed)) | None => return Err(None),
                    other => panic!("not a frame: {other:?}"),
                }
            },
        }
    }

    /// The next message; other frames are passed over.
    pub async fn said(&mut self) -> Said {
        loop {
            if let ServerFrame::Said(said) = self.next().await {
                return said;
            }
        }
    }

    /// The frames up to the first that is so, which is the last.
    pub async fn until(&mut self, what: &str, is_it: impl Fn(&ServerFrame) -> bool) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        loop {
            match self.try_next().await {
                Ok(frame) => frames.push(frame),
                Err(code) => panic!("the end ({code:?}) came before {what}; read {frames:?}"),
            }
            if frames.last().is_some_and(&is_it) {
                return frames;
            }
        }
    }

    /// The frames before the message with this text, which is read too. A message is a barrier: whatever the room was
    /// told before has come before.
    pub async fn until_said(&mut self, text: &str) -> Vec<ServerFrame> {
        let mut frames = self.until(text, |frame| matches!(frame, ServerFrame::Said(said) if said.text == text)).await;
        frames.pop();
        frames
    }

    /// The replay: the frames before `live`, whose head is read too.
    pub async fn until_live(&mut self) -> (Vec<ServerFrame>, Seq) {
        let mut frames = self.until("live", |frame| matches!(frame, ServerFrame::Live { .. })).await;
        match frames.pop() {
            Some(ServerFrame::Live { head }) => (frames, head),
            _ => unreachable!("the last one is live"),
        }
    }

    /// The barrier: everything sent before has been taken in. Gives the frames that came meanwhile. What others say may
    /// come after it: for that, see [`JsonPeer::until_said`].
    pub async fn settle(&mut self) -> Vec<ServerFrame> {
        self.count += 1;
        let n = Some(self.count);
        self.send(&ClientFrame::Ping { n }).await;
        let mut frames =
            self.until("pong", |frame| matches!(frame, ServerFrame::Pong { n: echo, .. } if *echo == n)).await;
        frames.pop();
        frames
    }

    /// The frames until the server ends the connection, and the close code where there is one.
    pub async fn rest(&mut self) -> (Vec<ServerFrame>, Option<u16>) {
        let mut frames = Vec::new();
        loop {
            match self.try_next().await {
                Ok(frame) => frames.push(frame),
                Err(code) => return (frames, code),
            }
        }
    }

    /// Says goodbye as a browser does that leaves the page.
    pub async fn close(&mut self) {
        let Pipe::Web(io) = &mut self.pipe else { panic!("no WebSocket") };
        let quit = CloseFrame { code: 1000.into(), reason: "".into() };
        soon("a WebSocket that closes", io.as_mut().close(Some(quit))).await.unwrap();
    }
}
