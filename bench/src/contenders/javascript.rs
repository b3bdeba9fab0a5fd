//! What the two servers in JavaScript have in common: a program in a file, rooms that the first message names, and frames
//! that are handed to them ready made.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Server, Stage, Who, commonroom, websocket};
use crate::crowd::{Script, Speech, Step, Until};
use crate::framing::{Framing, text_frame};
use crate::process::{Process, free_address};

/// Starts this source, in a file beside `node_modules`, where packages are looked for.
///
/// # Errors
/// When it does not start.
pub fn start(mut program: Command, file: &str, source: &str, stage: &Stage) -> Result<Server> {
    let address = free_address()?;
    let script = stage.folder.join(file);
    fs::write(&script, source)?;
    program.arg(script).args([address.ip().to_string(), address.port().to_string()]);
    let mut process = Process::start(&mut program, stage.cores)?;
    process.listens(address)?;
    Ok(Server { process, tcp: address, ws: address })
}

/// How somebody comes into a room.
pub fn script(server: &Server, who: Who) -> Script {
    let name = format!("room-{}", who.room);
    let enter = Step { say: text_frame(name.as_bytes()), until: Until::Message(b"ok".to_vec()) };
    let steps = vec![websocket::upgrade(server.ws, "/", None), enter];
    Script { address: server.ws, steps, framing: Framing::Frames }
}

/// The frame of our server, ready made.
pub fn speech() -> Speech {
    Box::new(|sender, number, text, out| out.extend(text_frame(&commonroom::said(sender, number, text))))
}
