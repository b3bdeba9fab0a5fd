//! `ncat --chat`: a chat in one command. It takes what one read has brought for one message, so it is only measured where
//! messages come one at a time, and uses select(2), which knows no more than 1,024 sockets.

use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::Framing;
use crate::process::{Process, find, free_address};

/// ncat.
pub struct Ncat;

impl Contender for Ncat {
    fn name(&self) -> String {
        "ncat --chat".to_owned()
    }

    fn install(&self) -> &'static str {
        "apt-get install ncat"
    }

    fn program(&self, _: &Stage) -> Option<Command> {
        find("ncat").map(Command::new)
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let address = free_address()?;
        program.args(["--listen", "--chat", "--max-conns", "1000"]);
        program.args([address.ip().to_string(), address.port().to_string()]);
        let mut process = Process::start(&mut program, stage.cores)?;
        process.listens(address)?;
        Ok(Server { process, tcp: address, ws: address })
    }

    fn script(&self, server: &Server, _: Door, _: Who) -> Script {
        let steps = vec![Step { say: Vec::new(), until: Until::Message(b"is connected as".to_vec()) }];
        Script { address: server.tcp, steps, framing: Framing::Lines }
    }

    fn speech(&self, _: Door, _: usize) -> Speech {
        Box::new(|_, _, text, out| out.extend([text.as_slice(), b"\n"].concat()))
    }

    fn echoes(&self, _: Door) -> bool {
        false
    }
}
