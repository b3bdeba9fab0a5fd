//! InspIRCd, an IRC server: one channel a room.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::Framing;
use crate::process::{Process, find, free_address};

/// InspIRCd.
pub struct Inspircd;

impl Contender for Inspircd {
    fn name(&self) -> String {
        "InspIRCd".to_owned()
    }

    fn install(&self) -> &'static str {
        "apt-get install inspircd"
    }

    fn program(&self, _: &Stage) -> Option<Command> {
        find("inspircd").map(Command::new)
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let address = free_address()?;
        let config = stage.folder.join("inspircd.conf");
        let text = format!(
            "<server name=\"irc.localhost\" description=\"bench\" network=\"bench\">\n\
             <admin name=\"bench\" email=\"bench@localhost\" nick=\"bench\">\n\
             <bind address=\"{}\" port=\"{}\" type=\"clients\">\n\
             <connect allow=\"*\" limit=\"20000\" localmax=\"20000\" globalmax=\"20000\" maxchans=\"10\" timeout=\"60\"\n\
              pingfreq=\"1h\" hardsendq=\"256M\" softsendq=\"256M\" recvq=\"1M\" threshold=\"1000000\"\n\
              commandrate=\"1000000000\" fakelag=\"no\" resolvehostnames=\"no\" useident=\"no\">\n\
             <performance softlimit=\"19900\" somaxconn=\"4096\" netbuffersize=\"65534\" clonesonconnect=\"no\">\n",
            address.ip(),
            address.port(),
        );
        fs::write(&config, text)?;
        program.args(["--runasroot", "--nofork", "--nolog", "--nopid", "--config"]).arg(config);
        let mut process = Process::start(&mut program, stage.cores)?;
        process.listens(address)?;
        Ok(Server { process, tcp: address, ws: address })
    }

    fn script(&self, server: &Server, _: Door, who: Who) -> Script {
        let Who { number, room, .. } = who;
        let login = format!("NICK n{number}\r\nUSER u 0 * :bench\r\n");
        let join = format!("JOIN #room-{room}\r\n");
        let step = |say: String, until: &str| Step { say: say.into_bytes(), until: Until::Message(until.into()) };
        // The end of the message of the day, or that there is none; the end of the channel's names.
        let steps = vec![step(login, " 422 "), step(join, " 366 ")];
        Script { address: server.tcp, steps, framing: Framing::Lines }
    }

    fn speech(&self, _: Door, senders: usize) -> Speech {
        Box::new(move |sender, _, text, out| {
            out.extend(format!("PRIVMSG #room-{} :", sender / senders).into_bytes());
            out.extend([text.as_slice(), b"\r\n"].concat());
        })
    }

    fn echoes(&self, _: Door) -> bool {
        false
    }
}
