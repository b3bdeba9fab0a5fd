//! Who comes and goes: people, programs, browsers, and those who behave as badly as they can.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Dice, Door, Pipe, get};
use commonroom_protocol::{ClientFrame, Hello, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Of each kind so many are there at a time; each goes after a while, and another one comes.
const EACH: usize = 4;
/// Time between two visits, in milliseconds.
const BETWEEN: Range<u64> = 20..400;
/// How long somebody stays who has nothing to do, in milliseconds.
const STAY: Range<u64> = 50..4000;
/// Rooms that visitors talk in; in the lobby they say nothing.
const ROOMS: u64 = 4;

/// What somebody comes for. Whether the server did what it should is told by those whose history is checked.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Says a few words in a room by frames, and goes.
    Program,
    /// The same by a WebSocket.
    Browser,
    /// Types lines, and hangs up without a word.
    Terminal,
    /// Pastes more than is read at once, and goes before it is read.
    Flood,
    /// Joins the lobby and reads nothing.
    Deaf,
    /// Says nothing, or a byte now and then, on either port.
    Dribbler,
    /// Any bytes, on either port.
    Hostile,
    /// Asks for the page, its health and its figures.
    Reader,
    /// Gives a wrong token again and again.
    Burglar,
}

const KINDS: [Kind; 9] = [
    Kind::Program,
    Kind::Browser,
    Kind::Terminal,
    Kind::Flood,
    Kind::Deaf,
    Kind::Dribbler,
    Kind::Hostile,
    Kind::Reader,
    Kind::Burglar,
];

/// Everybody who comes and goes.
pub struct Visitors {
    all: JoinSet<Result<Visits>>,
    here: watch::Sender<bool>,
}

/// How many visits there were.
#[derive(Default)]
pub struct Visits {
    made: u32,
    /// The server ended the connection first.
    sent_away: u32,
}

/// They begin to come.
pub fn come(server: &Binary, dice: &mut Dice) -> Visitors {
    let (here, staged) = watch::channel(true);
    let mut all = JoinSet::new();
    for kind in KINDS.into_iter().cycle().take(KINDS.len() * EACH) {
        let doors = Doors { tcp: server.tcp, http: server.http };
        all.spawn(one_after_the_other(kind, doors, dice.another(), staged.clone()));
    }
    Visitors { all, here }
}

impl Visitors {
    /// Nobody comes any more, and all go. What they did.
    pub async fn leave(self) -> Result<Visits> {
        self.here.send_replace(false);
        let mut sum = Visits::default();
        for visits in self.all.join_all().await {
            let Visits { made, sent_away } = visits?;
            sum = Visits { made: sum.made + made, sent_away: sum.sent_away + sent_away };
        }
        Ok(sum)
    }
}

impl fmt::Display for Visits {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} visits of {} kinds, {} ended by the server", self.made, KINDS.len(), self.sent_away)
    }
}

#[derive(Clone, Copy)]
struct Doors {
    tcp: SocketAddr,
    http: SocketAddr,
}

async fn one_after_the_other(kind: Kind, doors: Doors, mut dice: Dice, here: watch::Receiver<bool>) -> Result<Visits> {
    let mut visits = Visits::default();
    while *here.borrow() {
        visits.made += 1;
        let outcome = visit(kind, doors, &mut dice).await.with_context(|| format!("{kind:?}"))?;
        visits.sent_away += u32::from(!outcome);
        sleep(dice.millis(BETWEEN)).await;
    }
    Ok(visits)
}

/// One visit. Whether it ended as the visitor liked, and not because the server closed the connection.
async fn visit(kind: Kind, doors: Doors, dice: &mut Dice) -> Result<bool> {
    let either = if dice.within(0..2) == 0 { doors.tcp } else { doors.http };
    match kind {
        Kind::Program => talk(Door::Lines(doors.tcp), dice).await,
        Kind::Browser => talk(Door::Web(doors.http), dice).await,
        Kind::Terminal => kept(terminal(doors.tcp, dice)).await,
        Kind::Flood => kept(flood(doors.tcp, dice)).await,
        Kind::Deaf => deaf(doors, dice).await,
        Kind::Dribbler => kept(dribble(either, dice)).await,
        Kind::Hostile => kept(harm(either, dice)).await,
        Kind::Reader => read(doors.http, dice).await,
        Kind::Burglar => kept(guess(doors.tcp)).await,
    }
}

/// Whether a connection lasted as long as it was used: a server may well end some of them.
async fn kept(use_it: impl Future<Output = std::io::Result<()>>) -> Result<bool> {
    Ok(use_it.await.is_ok())
}

async fn join(door: Door, dice: &mut Dice, room: &str) -> Result<Pipe> {
    let client = format!("visitor-{:016x}", dice.within(0..u64::MAX));
    Pipe::join(door, Hello { client, room: Some(room.to_owned()), ..Hello::default() }).await
}

async fn talk(door: Door, dice: &mut Dice) -> Result<bool> {
    let room = format!("side-{}", dice.within(0..ROOMS));
    let mut pipe = join(door, dice, &room).await?;
    for number in 0..dice.within(0..6) {
        let cid = number.to_string();
        let text = "x".repeat(usize::try_from(dice.within(1..2000))?);
        pipe.send(&ClientFrame::Say { cid: cid.clone(), text, me: false }).await?;
        pipe.until(|frame| match frame {
            ServerFrame::Said(said) => said.cid == cid,
            ServerFrame::Refused { cid: Some(refused), .. } => *refused == cid,
            _ => false,
        })
        .await?;
    }
    Ok(true)
}

async fn terminal(addr: SocketAddr, dice: &mut Dice) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    let room = dice.within(0..ROOMS);
    let lines = format!("/join side-{room}\n/nick visitor{room}\nhello\n/who\n/rooms\n/search hello\n/me waves\n");
    stream.write_all(lines.as_bytes()).await?;
    sleep(dice.millis(STAY)).await;
    if dice.within(0..2) == 0 {
        // What is read is then thrown away, and the other side is told so by a reset.
        stream.set_zero_linger()?;
    }
    Ok(())
}

async fn flood(addr: SocketAddr, dice: &mut Dice) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    let room = dice.within(0..ROOMS);
    stream.write_all(format!("/join side-{room}\n").as_bytes()).await?;
    let lines = "and one more of very many lines\n".repeat(100);
    // The server stops reading who is too fast, so that writing may take for ever.
    let _ = timeout(Duration::from_secs(1), stream.write_all(lines.as_bytes())).await;
    Ok(())
}

async fn deaf(doors: Doors, dice: &mut Dice) -> Result<bool> {
    let door = if dice.within(0..2) == 0 { Door::Lines(doors.tcp) } else { Door::Web(doors.http) };
    let _pipe = join(door, dice, "lobby").await?;
    sleep(dice.millis(STAY)).await;
    Ok(true)
}

async fn dribble(addr: SocketAddr, dice: &mut Dice) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    for byte in b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" {
        sleep(dice.millis(1..400)).await;
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}

async fn harm(addr: SocketAddr, dice: &mut Dice) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    // A room of its own: what it happens to say is nobody's history.
    let mut bytes = b"/join side-0\n".to_vec();
    for _ in 0..dice.within(1..20_000) {
        #[expect(clippy::cast_possible_truncation, reason = "a byte")]
        bytes.push(dice.within(0..256) as u8);
    }
    let _ = timeout(Duration::from_secs(1), stream.write_all(&bytes)).await;
    let mut answer = [0; 4096];
    let _ = timeout(Duration::from_millis(100), stream.read(&mut answer)).await;
    Ok(())
}

async fn read(http: SocketAddr, dice: &mut Dice) -> Result<bool> {
    let paths = ["/", "/healthz", "/metrics", "/r/side-1", "/nothing", "/sw.js"];
    let path = paths[usize::try_from(dice.within(0..paths.len() as u64))?];
    let answer = get(http, path, "br").await?;
    Ok(answer.is_ok() || path == "/nothing")
}

async fn guess(addr: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(b"/join side-0\n").await?;
    for number in 0..10 {
        stream.write_all(format!("/op wrong-{number}\n").as_bytes()).await?;
    }
    let mut answer = [0; 4096];
    let _ = timeout(Duration::from_secs(2), stream.read(&mut answer)).await;
    Ok(())
}
