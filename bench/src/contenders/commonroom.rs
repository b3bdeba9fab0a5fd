//! The server itself. Receivers on plain sockets are programs that speak lines; on WebSockets everybody speaks JSON.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, websocket};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::{Framing, text_frame};
use crate::payload::Payload;
use crate::process::Process;

/// The server, with its history somewhere.
pub struct Commonroom {
    /// Where the history is.
    pub history: History,
}

/// Where the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// `--db :memory:`
    Memory,
    /// In a new file, in the folder of the benchmark.
    Disk,
    /// In this file.
    File(PathBuf),
}

impl Contender for Commonroom {
    fn name(&self) -> String {
        match self.history {
            History::Memory => "commonroom".to_owned(),
            History::Disk | History::File(_) => "commonroom, on disk".to_owned(),
        }
    }

    fn install(&self) -> &'static str {
        "cargo xtask build"
    }

    fn program(&self, stage: &Stage) -> Option<Command> {
        stage.commonroom.is_file().then(|| Command::new(&stage.commonroom))
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let db = match &self.history {
            History::Memory => PathBuf::from(":memory:"),
            History::Disk => fresh(stage)?,
            History::File(path) => path.clone(),
        };
        // Everybody here is a script that may send as much as it likes.
        program.args(["--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--burst", "0", "--per-second", "0", "--db"]);
        program.arg(db).env("RUST_LOG", "error");
        let mut ports = Vec::new();
        let (process, (ws, tcp)) = Process::printing(&mut program, stage.cores, |line| {
            ports.extend(
                line.rsplit_once(['t', ':'])
                    .filter(|_| line.contains("localhost"))
                    .map(|(_, port)| port.trim().parse::<u16>().unwrap_or_default()),
            );
            line.contains("history").then(|| (port(&ports, 0), port(&ports, 1)))
        })?;
        let at = |port: u16| ([127, 0, 0, 1], port).into();
        Ok(Server { process, tcp: at(tcp), ws: at(ws) })
    }

    fn script(&self, server: &Server, door: Door, who: Who) -> Script {
        match door {
            Door::Tcp => Script { address: server.tcp, steps: vec![line_opening(who)], framing: Framing::Lines },
            Door::Ws => {
                let steps = vec![websocket::upgrade(server.ws, "/ws", None), hello(who)];
                Script { address: server.ws, steps, framing: Framing::Frames }
            }
        }
    }

    fn speech(&self, door: Door, _: usize) -> Speech {
        match door {
            Door::Tcp => Box::new(|_, _, text, out| {
                out.extend_from_slice(text);
                out.push(b'\n');
            }),
            Door::Ws => Box::new(|_, number, text, out| {
                let text = String::from_utf8_lossy(text);
                out.extend(text_frame(format!(r#"{{"t":"say","cid":"k{number}","text":"{text}"}}"#).as_bytes()));
            }),
        }
    }

    fn echoes(&self, door: Door) -> bool {
        door == Door::Ws
    }
}

/// What somebody on a plain socket says first. All are programs, who are not told who comes and goes.
fn line_opening(who: Who) -> Step {
    let mut say = Vec::new();
    if who.room > 0 {
        say.extend(format!("/join {}\n", room(who.room)).into_bytes());
    }
    if let Some(sender) = who.sends {
        say.extend(format!("/nick {}\n", nick(sender)).into_bytes());
    }
    say.extend(b"/ping\n");
    Step { say, until: Until::Message(b"pong".to_vec()) }
}

fn hello(who: Who) -> Step {
    let nick = who.sends.map(|sender| format!(r#","nick":"{}""#, nick(sender))).unwrap_or_default();
    let (number, room) = (who.number, room(who.room));
    let hello = format!(r#"{{"t":"hello","v":1,"client":"bench-{number:06}","room":"{room}"{nick}}}"#);
    Step { say: text_frame(hello.as_bytes()), until: Until::Message(br#""t":"live""#.to_vec()) }
}

fn room(number: usize) -> String {
    if number == 0 { "lobby".to_owned() } else { format!("room-{number}") }
}

fn nick(sender: usize) -> String {
    format!("ana-{sender}")
}

/// The line that somebody at a terminal is sent for this message.
pub fn line(sender: usize, text: &Payload, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("<{}> ", nick(sender)).as_bytes());
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// What a program is sent for this message: as long as the server's own, byte for byte.
pub fn said(sender: usize, number: u64, text: &Payload) -> Vec<u8> {
    let (seq, nick, mut out) = (number + 1, nick(sender), Vec::new());
    // Writing to a Vec does not fail.
    let _ = write!(
        out,
        r#"{{"t":"said","seq":{seq},"prev":{number},"at":1764000000000,"from":"{nick}","via":"api","text":"{}","by":"0123456789abcdef","cid":"k{number}"}}"#,
        String::from_utf8_lossy(text)
    );
    out
}

fn fresh(stage: &Stage) -> Result<PathBuf> {
    let folder = stage.folder.join("history");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join("commonroom.db"))
}

fn port(ports: &[u16], index: usize) -> u16 {
    ports.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::payload;

    #[test]
    fn what_the_limit_writes_is_what_the_server_says() {
        let said = String::from_utf8(said(0, 41, &payload(0, 41))).unwrap();
        let like = r#"{"t":"said","seq":42,"prev":41,"at":1764000000000,"from":"ana-0","via":"api","text":"bench 0000 0000000041 "#;
        assert!(said.starts_with(like), "{said}");
        let mut out = Vec::new();
        line(0, &payload(0, 41), &mut out);
        assert_eq!(out.len(), "<ana-0> ".len() + payload(0, 41).len() + 1);
    }
}
