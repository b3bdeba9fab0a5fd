//! A bot that answers `!up TEXT` with TEXT in capitals: `rustc --edition 2021 bot.rs && ./bot HOST PORT ROOM NAME`. No crates. It comes
//! back by itself when the connection ends, reads what was said meanwhile, and says nothing twice.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::TcpStream;
use std::{env, process, thread, time::Duration};

#[derive(Default)]
struct Bot {
    client: String, // who we are; a secret
    room: String,
    nick: String,
    since: Option<u64>,            // the last message we know ...
    epoch: String,                 // ... and the history that its number belongs to
    began: bool,                   // what was said before we first came is not for us
    outbox: Vec<(String, String)>, // what we want to say and have not heard yet: cids and frames
    tries: u32,
}

impl Bot {
    /// One connection, until it ends. Returns how many milliseconds the server wants us to wait.
    fn talk(&mut self, server: &str) -> Result<u64> {
        let mut socket = TcpStream::connect(server)?;
        let mut lines = BufReader::new(socket.try_clone()?);
        let since = self.since.map_or(String::new(), |since| format!(r#","since":{since},"epoch":"{}""#, self.epoch));
        let (client, room, nick) = (&self.client, quoted(&self.room), quoted(&self.nick));
        writeln!(socket, r#"{{"t":"hello","v":1,"client":"{client}","room":{room},"nick":{nick}{since}}}"#)?;
        let (mut live, mut me) = (false, String::new());
        loop {
            let frame = read(&mut lines, &mut socket)?;
            let (text, number) = (|name| text(&frame, name), |name| raw(&frame, name).parse().unwrap_or(0));
            match text("t").as_str() {
                "welcome" => {
                    (me, self.tries) = (text("by"), 0);
                    if self.since.is_some() && self.epoch != text("epoch") {
                        self.since = Some(0); // the history began anew: all of it is news
                    }
                    self.epoch = text("epoch");
                }
                "gap" => self.since = Some(number("to")),
                "said" => {
                    self.since = self.since.max(Some(number("seq")));
                    if text("by") == me {
                        self.outbox.retain(|(cid, _)| *cid != text("cid"));
                    } else if let Some(question) = text("text").strip_prefix("!up ").filter(|_| self.began) {
                        // By the question's number: should we answer it once more, the server knows that answer already.
                        let cid = format!("{}-{}", self.epoch, number("seq"));
                        let answer = quoted(&question.to_uppercase());
                        let frame = format!(r#"{{"t":"say","cid":"{cid}","text":{answer}}}"#);
                        if live {
                            writeln!(socket, "{frame}")?;
                        }
                        self.outbox.push((cid, frame));
                    }
                }
                "live" => {
                    // Resume before resend: what is still in the outbox now has not been said.
                    (live, self.began) = (true, true);
                    self.since = self.since.max(Some(number("head")));
                    self.outbox.iter().try_for_each(|(_, frame)| writeln!(socket, "{frame}"))?;
                }
                "refused" if self.outbox.iter().any(|(cid, _)| *cid == text("cid")) => {
                    if number("retry_ms") > 0 {
                        return Err(Error::other(text("message"))); // it stays in the outbox for the next connection
                    }
                    self.outbox.retain(|(cid, _)| *cid != text("cid"));
                }
                "bye" if ["restart", "overloaded", "idle"].contains(&text("code").as_str()) => {
                    return Ok(500 + random(4500));
                }
                "bye" => {
                    eprintln!("sent away: {}", text("code"));
                    process::exit(1);
                }
                _ => {} // A frame that we don't know is no fault, and `* restarting` is for people.
            }
        }
    }
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [host, port, room, nick] = args.try_into().unwrap_or_else(|_| {
        eprintln!("bot HOST PORT ROOM NAME");
        process::exit(2)
    });
    let client =
        env::var("BOT_CLIENT").unwrap_or_else(|_| format!("{:016x}{:016x}", random(u64::MAX), random(u64::MAX)));
    let mut bot = Bot { client, room, nick, ..Bot::default() };
    loop {
        // A random time, so that not all come back at once, and a longer one each time, so that an ill server is left alone.
        let wait = random((500 << bot.tries).min(30_000));
        bot.tries = (bot.tries + 1).min(6);
        let wait = bot.talk(&format!("{host}:{port}")).unwrap_or_else(|fault| {
            eprintln!("{}: {fault}", bot.nick);
            wait
        });
        thread::sleep(Duration::from_millis(wait));
    }
}

/// The next frame. After a long silence it asks whether anybody is there, and gives up if nobody is.
fn read(lines: &mut impl BufRead, socket: &mut TcpStream) -> Result<String> {
    let (mut line, mut asked) = (Vec::new(), false);
    loop {
        socket.set_read_timeout(Some(Duration::from_secs(if asked { 10 } else { 25 })))?;
        match lines.read_until(b'\n', &mut line) {
            Ok(_) if line.ends_with(b"\n") => return Ok(String::from_utf8_lossy(&line).into_owned()),
            Ok(_) => return Err(Error::other("the server has closed")),
            Err(fault) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&fault.kind()) && !asked => {
                writeln!(socket, r#"{{"t":"ping"}}"#)?;
            }
            Err(fault) => return Err(fault),
        }
        asked = true;
    }
}

// What follows is the least of JSON, since this sample has no crates; yours has serde_json. Within a string each quote has
// a backslash before it, so `"name":` is found nowhere but where a frame has that field.

/// A field that is a number.
fn raw<'a>(frame: &'a str, name: &str) -> &'a str {
    let rest = frame.split_once(&format!("\"{name}\":")).map_or("", |(_, rest)| rest);
    rest.split([',', '}']).next().unwrap_or("")
}

/// A field that is a string, or an empty one.
fn text(frame: &str, name: &str) -> String {
    let mut chars = frame.split_once(&format!("\"{name}\":\"")).map_or("", |(_, rest)| rest).chars();
    let mut text = String::new();
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        text.push(match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('n')) => '\n',
            (_, Some('t')) => '\t',
            (_, Some('u')) => {
                let digits: String = chars.by_ref().take(4).collect();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
            }
            (_, Some(other)) => other,
            (c, None) => c,
        });
    }
    text
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c < ' ' => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// A random number from 0 to `most`: std has no other than the seeds of its hash maps.
fn random(most: u64) -> u64 {
    RandomState::new().hash_one(0) % most.max(1)
}
