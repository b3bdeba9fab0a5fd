//! Bun's own server, which is uWebSockets: the best that people use for WebSockets. Its sender is given the whole frame
//! that our server would make of the message, so that both write the same bytes; Bun is spared the making.

use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, javascript};
use crate::crowd::{Script, Speech};
use crate::process::find;

/// Bun.
pub struct Bun;

/// One topic a room. The first message of a connection names its room, and is answered.
const PROGRAM: &str = r#"
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

    fn start(&self, program: Command, stage: &Stage) -> Result<Server> {
        javascript::start(program, "bun.js", PROGRAM, stage)
    }

    fn script(&self, server: &Server, _: Door, who: Who) -> Script {
        javascript::script(server, who)
    }

    fn speech(&self, _: Door, _: usize) -> Speech {
        javascript::speech()
    }

    fn echoes(&self, _: Door) -> bool {
        true
    }
}
