//! A server in front of the real one that is upgraded at will: the page is the real one, but it and its manifest say of
//! which edition they are, and so do the names of its program's files. It has no WebSocket.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use commonroom_e2e::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the page and its manifest say of themselves.
const DESCRIPTION: &str = "A room that terminals and browsers share.";
/// What the names of its program's files begin with.
const PROGRAM: &str = "/commonroom-web-";

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    /// With all that it is asked for.
    Answers,
    /// The wasm does not arrive.
    WithoutProgram,
    /// Documents do not arrive, and the connection stays open.
    WithoutDocument,
    /// Every connection is closed at once.
    Gone,
    /// With a page that is not ours.
    Another,
}

#[derive(Clone, Copy)]
struct Now {
    edition: u32,
    manner: Manner,
}

/// The server. It ends when this is dropped.
pub struct Editions {
    addr: SocketAddr,
    now: watch::Sender<Now>,
}

impl Editions {
    /// The first edition of what a server serves.
    pub async fn of(server: SocketAddr) -> Result<Editions> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (now, watched) = watch::channel(Now { edition: 1, manner: Manner::Answers });
        tokio::spawn(accept(listener, server, watched));
        Ok(Editions { addr, now })
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// From now on it answers in this manner.
    pub fn now(&self, manner: Manner) {
        self.now.send_modify(|now| now.manner = manner);
    }

    /// From now on it has the next edition, and answers in this manner.
    pub fn next(&self, manner: Manner) {
        self.now.send_modify(|now| *now = Now { edition: now.edition + 1, manner });
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, mut watched: watch::Receiver<Now>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(connection(client, server, watched.clone()));
                }
            }
            // Clients come to a closed port once the test is over.
            gone = watched.changed() => if gone.is_err() { return },
        }
    }
}

async fn connection(mut client: TcpStream, server: SocketAddr, mut watched: watch::Receiver<Now>) -> Result<()> {
    let path = asked(&mut client).await?;
    while watched.borrow_and_update().manner == Manner::WithoutDocument && path == "/" {
        watched.changed().await?;
    }
    let now = *watched.borrow();
    let (kind, body) = now.answer(server, &path).await?;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await?;
    Ok(client.write_all(&body).await?)
}

/// The path that is asked for, once the whole request is there.
async fn asked(client: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head)?.split(' ').nth(1).context("no path")?.to_owned())
}

impl Now {
    /// What it has at this path, and of which kind.
    async fn answer(self, server: SocketAddr, path: &str) -> Result<(String, Vec<u8>)> {
        let program = format!("/edition-{}{}", self.edition, PROGRAM.replace('/', "-"));
        let real = path.replace(&program, PROGRAM);
        match self.manner {
            Manner::Gone => bail!("it is gone"),
            Manner::Another => return Ok(("text/html".to_owned(), b"<!doctype html>another program".to_vec())),
            Manner::WithoutProgram if real.ends_with("_bg.wasm") => bail!("it is lost on the way"),
            _ => {}
        }
        let answer = get(server, &real, "identity").await?;
        if !answer.is_ok() {
            bail!("there is no {real}");
        }
        let kind = answer.header("content-type").context("no kind")?.to_owned();
        let body = if path == "/" || path == "/manifest.webmanifest" {
            let text = String::from_utf8(answer.body)?.replace(PROGRAM, &program);
            text.replace(DESCRIPTION, &format!("edition {}", self.edition)).into_bytes()
        } else {
            answer.body
        };
        Ok((kind, body))
    }
}
