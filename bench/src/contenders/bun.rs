//! Bun's own server, which is uWebSockets: the best that people use for WebSockets. Its sender is given the whole frame
//! that our server would make of the message, so that both write the same bytes; Bun is spared the making.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, commonroom, websocket};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::{Framing, text_frame};
use crate::process::{Process, find, free_address};

/// Bun.
pub struct Bun;

/// One topic a room. The first message of a connection names its room, and is answered.
pub const PROGRAM: &str = r#"
const [hostname, port] = process.argv.slice(2);
const server = Bun.serve({
  hostname, port,
  fetch: (request, server) => server.upgrade(request, { data: { room: null } }) ? undefined : new Response("no"),
  websocket: {
    perMessageDeflate: false, idleTimeout: 0, backpressureLimit: 0, maxPayloadLength: 16384,
    message(socket, text) {
      if (socket.data.room !== null) return server.publish(socket.data.room, text);
      socket.data.room = text;
      socket.subscribe(text);
      socket.send("ok");
    },
  },
});
"#;

impl Contender for Bun {
    fn name(&self) -> String {
        "Bun".to_owned()
    }

    fn install(&self) -> &'static str {
        "npm install --prefix target/bench bun"
    }

    fn program(&self, stage: &Stage) -> Option<Command> {
        let ours = stage.folder.join("node_modules/.bin/bun");
        ours.is_file().then_some(ours).or_else(|| find("bun")).map(Command::new)
    }

    fn start(&self, mut program: Command, stage: &Stage) -> Result<Server> {
        let address = free_address()?;
        let script = stage.folder.join("bun.js");
        fs::write(&script, PROGRAM)?;
        program.arg(script).args([address.ip().to_string(), address.port().to_string()]);
        let mut process = Process::start(&mut program, stage.cores)?;
        process.listens(address)?;
        Ok(Server { process, tcp: address, ws: address })
    }

    fn script(&self, server: &Server, _: Door, who: Who) -> Script {
        room_of_frames(server, who)
    }

    fn speech(&self, _: Door, _: usize) -> Speech {
        said_speech()
    }

    fn echoes(&self, _: Door) -> bool {
        true
    }
}

/// How somebody comes into a room of the two JavaScript servers.
pub fn room_of_frames(server: &Server, who: Who) -> Script {
    let name = format!("room-{}", who.room);
    let enter = Step { say: text_frame(name.as_bytes()), until: Until::Message(b"ok".to_vec()) };
    let steps = vec![websocket::upgrade(server.ws, "/", None), enter];
    Script { address: server.ws, steps, framing: Framing::Frames }
}

/// The frame of our server, ready made.
pub fn said_speech() -> Speech {
    Box::new(|sender, number, text, out| out.extend(text_frame(&commonroom::said(sender, number, text))))
}
