//! A server in front of the real one that is upgraded at will: the page is the real one, but it and its manifest say of
//! which edition they are, and so do the names of its program's files. The build that the server and its page call
//! themselves ends with the edition's number. It has a WebSocket where a test wants one.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use commonroom_e2e::{Binary, get};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the page and its manifest say of themselves.
const DESCRIPTION: &str = "A room that terminals and browsers share.";
/// What the names of its program's files begin with.
const PROGRAM: &str = "/commonroom-web-";

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    /// With all that it is asked for, but no WebSocket.
    Answers,
    /// With all that it is asked for. What changes its manner ends its WebSockets.
    Lives,
    /// The same, but something on the way still gives the page of the first edition.
    LivesBehindAnother,
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

/// The real server.
struct Real {
    http: SocketAddr,
    build: String,
}

/// The server. It ends when this is dropped.
pub struct Editions {
    addr: SocketAddr,
    now: watch::Sender<Now>,
}

impl Editions {
    /// The first edition of what a server serves.
    pub async fn of(server: &Binary) -> Result<Editions> {
        let build = server.print.split_whitespace().nth(1).context("the server says no build")?.to_owned();
        let real = Arc::new(Real { http: server.http, build });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (now, watched) = watch::channel(Now { edition: 1, manner: Manner::Answers });
        tokio::spawn(accept(listener, real, watched));
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

async fn accept(listener: TcpListener, real: Arc<Real>, mut watched: watch::Receiver<Now>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(connection(client, Arc::clone(&real), watched.clone()));
                }
            }
            // Clients come to a closed port once the test is over.
            gone = watched.changed() => if gone.is_err() { return },
        }
    }
}

async fn connection(mut client: TcpStream, real: Arc<Real>, mut watched: watch::Receiver<Now>) -> Result<()> {
    let request = asked(&mut client).await?;
    let path = request.split(' ').nth(1).context("no path")?;
    while watched.borrow_and_update().manner == Manner::WithoutDocument && is_document(path) {
        watched.changed().await?;
    }
    let now = *watched.borrow_and_update();
    if path == "/ws" {
        return tokio::select! {
            ended = now.socket(client, &real, &request) => ended,
            changed = watched.changed() => Ok(changed?),
        };
    }
    let (kind, body) = now.answer(&real, path).await?;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await?;
    Ok(client.write_all(&body).await?)
}

/// The whole head of a request.
async fn asked(client: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

fn is_document(path: &str) -> bool {
    path == "/" || path.starts_with("/r/")
}

impl Now {
    /// What it has at this path, and of which kind.
    async fn answer(self, real: &Real, path: &str) -> Result<(String, Vec<u8>)> {
        let edition = if self.manner == Manner::LivesBehindAnother { 1 } else { self.edition };
        let program = format!("/edition-{edition}{}", PROGRAM.replace('/', "-"));
        let path_there = path.replace(&program, PROGRAM);
        match self.manner {
            Manner::Gone => bail!("it is gone"),
            Manner::Another => return Ok(("text/html".to_owned(), b"<!doctype html>another program".to_vec())),
            Manner::WithoutProgram if path_there.ends_with("_bg.wasm") => bail!("it is lost on the way"),
            _ => {}
        }
        let answer = get(real.http, &path_there, "identity").await?;
        if !answer.is_ok() {
            bail!("there is no {path_there}");
        }
        let kind = answer.header("content-type").context("no kind")?.to_owned();
        let body = if is_document(path) || path == "/manifest.webmanifest" {
            let text = String::from_utf8(answer.body)?.replace(PROGRAM, &program);
            let text = text.replace(&real.build, &real.build_of(edition));
            text.replace(DESCRIPTION, &format!("edition {edition}")).into_bytes()
        } else {
            answer.body
        };
        Ok((kind, body))
    }
    /// Passes on what the page and the server say to each other, but for the build.
    async fn socket(self, client: TcpStream, real: &Real, request: &str) -> Result<()> {
        if !matches!(self.manner, Manner::Lives | Manner::LivesBehindAnother) {
            bail!("there is none");
        }
        let mut server = TcpStream::connect(real.http).await?;
        server.write_all(request.as_bytes()).await?;
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), server.into_split());
        tokio::select! {
            sent = copy(&mut from_client, &mut to_server) => sent.map(drop)?,
            said = real.say(self.edition, &mut from_server, &mut to_client) => said?,
        }
        Ok(())
    }
}

impl Real {
    /// As long as the real one: a frame says its length.
    fn build_of(&self, edition: u32) -> String {
        let edition = edition.to_string();
        [&self.build[..self.build.len() - edition.len()], &edition].concat()
    }

    /// Passes on what the server says, as one of this edition. A `welcome` comes in one piece.
    async fn say(&self, edition: u32, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> Result<()> {
        let (own, other) = (self.build.as_bytes(), self.build_of(edition));
        let mut buffer = vec![0; 16 * 1024];
        while let count @ 1.. = from.read(&mut buffer).await? {
            let said = &mut buffer[..count];
            if let Some(at) = said.windows(own.len()).position(|part| part == own) {
                said[at..at + own.len()].copy_from_slice(other.as_bytes());
            }
            to.write_all(said).await?;
        }
        Ok(())
    }
}
