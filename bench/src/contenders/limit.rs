//! The limit program, which writes what the sender has made: the very bytes that the server writes for the same message.

use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, commonroom};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::{Framing, TEXT, header};
use crate::limit;
use crate::process::Process;

/// The limit program.
pub struct Limit {
    /// Every message is written by itself.
    pub each: bool,
}

impl Contender for Limit {
    fn name(&self) -> String {
        if self.each { "limit, one by one" } else { "limit" }.to_owned()
    }

    fn install(&self) -> &'static str {
        "cargo xtask bench"
    }

    fn program(&self, stage: &Stage) -> Option<Command> {
        Some(Command::new(&stage.limit))
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let (process, port) =
            Process::printing(program.arg("limit"), stage.cores, |line| line.trim().parse::<u16>().ok())?;
        let address = ([127, 0, 0, 1], port).into();
        Ok(Server { process, tcp: address, ws: address })
    }

    fn script(&self, server: &Server, door: Door, who: Who) -> Script {
        let framing = framing(door);
        let say = limit::opening(who.room, framing, self.each).into_bytes();
        Script { address: server.tcp, steps: vec![Step { say, until: Until::Head }], framing }
    }

    fn speech(&self, door: Door, _: usize) -> Speech {
        match door {
            Door::Tcp => Box::new(|sender, _, text, out| commonroom::line(sender, text, out)),
            Door::Ws => Box::new(|sender, number, text, out| {
                let said = commonroom::said(sender, number, text);
                out.extend(header(TEXT, said.len()));
                out.extend(said);
            }),
        }
    }

    fn echoes(&self, _: Door) -> bool {
        false
    }
}

fn framing(door: Door) -> Framing {
    match door {
        Door::Tcp => Framing::Lines,
        Door::Ws => Framing::Frames,
    }
}
