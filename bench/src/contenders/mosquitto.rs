//! mosquitto, an MQTT broker: one topic a room, quality of service 0. It writes every message by itself.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::Framing;
use crate::process::{Process, find, free_address};

/// mosquitto, on plain sockets.
pub struct Mosquitto;

impl Contender for Mosquitto {
    fn name(&self) -> String {
        "mosquitto".to_owned()
    }

    fn install(&self) -> &'static str {
        "apt-get install mosquitto"
    }

    fn program(&self, _: &Stage) -> Option<Command> {
        find("mosquitto").map(Command::new)
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let address = free_address()?;
        let config = stage.folder.join("mosquitto.conf");
        // Without a limit on what is queued it would drop messages.
        let text = format!(
            "listener {} {}\nallow_anonymous true\npersistence false\nlog_type none\nset_tcp_nodelay true\n\
             max_queued_messages 0\nmax_inflight_messages 0\n",
            address.port(),
            address.ip()
        );
        fs::write(&config, text)?;
        let mut process = Process::start(program.arg("-c").arg(config), stage.cores)?;
        process.listens(address)?;
        Ok(Server { process, tcp: address, ws: address })
    }

    fn script(&self, server: &Server, _: Door, who: Who) -> Script {
        // MQTT 3.1.1: a clean session that need not be kept alive.
        let connect = [b"\x00\x04MQTT\x04\x02\x00\x00".as_slice(), &string(&format!("bench-{}", who.number))].concat();
        let mut steps = vec![Step { say: packet(0x10, &connect), until: Until::Message(vec![0x20, 2, 0, 0]) }];
        if who.hears {
            let subscribe = [b"\x00\x01".as_slice(), &string(&topic(who.room)), b"\x00"].concat();
            steps.push(Step { say: packet(0x82, &subscribe), until: Until::Message(vec![0x90, 3]) });
        }
        Script { address: server.tcp, steps, framing: Framing::Packets }
    }

    fn speech(&self, _: Door, senders: usize) -> Speech {
        Box::new(move |sender, _, text, out| {
            out.extend(packet(0x30, &[string(&topic(sender / senders)), text.to_vec()].concat()));
        })
    }

    fn echoes(&self, _: Door) -> bool {
        true
    }
}

fn topic(room: usize) -> String {
    format!("room-{room}")
}

/// A string with its length before it; ours are short.
fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// A packet of at most 127 bytes, whose length is one of them.
fn packet(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    [&[kind, length], data].concat()
}
