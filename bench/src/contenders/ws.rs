//! Node with the package `ws`: what most people would write first. It is given the frames that Bun is given.

use std::process::Command;

use anyhow::Result;

use super::{Contender, Door, Server, Stage, Who, javascript};
use crate::crowd::{Script, Speech};
use crate::process::find;

/// Node with `ws`.
pub struct Ws;

/// One set of sockets a room. The first message of a connection names its room, and is answered.
const PROGRAM: &str = r#"
const { WebSocketServer } = require("ws");
const [host, port] = process.argv.slice(2);
const rooms = new Map();
new WebSocketServer({ host, port: Number(port), perMessageDeflate: false, backlog: 4096 }).on("connection", (socket) => {
  let room = null;
  socket.on("message", (text) => {
    if (room !== null) {
      for (const other of room) other.send(text, { binary: false });
      return;
    }
    const name = text.toString();
    if (!rooms.has(name)) rooms.set(name, new Set());
    room = rooms.get(name).add(socket);
    socket.on("close", () => room.delete(socket));
    socket.send("ok");
  });
});
"#;

impl Contender for Ws {
    fn name(&self) -> String {
        "Node ws".to_owned()
    }

    fn install(&self) -> &'static str {
        "apt-get install nodejs && npm install --prefix target/bench ws"
    }

    fn program(&self, stage: &Stage) -> Option<Command> {
        let package = stage.folder.join("node_modules/ws");
        find("node").filter(|_| package.is_dir()).map(Command::new)
    }

    fn start(&self, program: Command, stage: &Stage) -> Result<Server> {
        javascript::start(program, "ws.js", PROGRAM, stage)
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
