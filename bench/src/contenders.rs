//! Who is measured: each started with the configuration that makes the comparison fair, and spoken to in its own protocol.
//! No TLS, no log, nothing kept (but where that is what is measured), limits raised, `TCP_NODELAY`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::cores::Cores;
use crate::crowd::{Script, Speech};
use crate::process::Process;

pub mod bun;
pub mod commonroom;
pub mod inspircd;
pub mod javascript;
pub mod limit;
pub mod mosquitto;
pub mod nats;
pub mod ncat;
pub mod websocket;
pub mod ws;

/// How somebody is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A plain socket.
    Tcp,
    /// A WebSocket.
    Ws,
}

/// What all need to start.
pub struct Stage {
    /// Where they run.
    pub cores: Cores,
    /// Where peers are installed, and where their files go.
    pub folder: PathBuf,
    /// The server.
    pub commonroom: PathBuf,
    /// This program, which is the limit program as well.
    pub limit: PathBuf,
}

/// A server that runs.
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Where plain sockets come in.
    pub tcp: SocketAddr,
    /// Where WebSockets come in.
    pub ws: SocketAddr,
}

/// Somebody who is to come in.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    /// Among all of the crowd.
    pub number: usize,
    /// The room, from 0.
    pub room: usize,
    /// Which of the senders this is.
    pub sends: Option<usize>,
    /// Whether they are to hear anything.
    pub hears: bool,
}

/// One who is measured.
pub trait Contender {
    /// What it is called in tables.
    fn name(&self) -> String;

    /// The command that installs it.
    fn install(&self) -> &'static str;

    /// The command that starts it; nothing if it is not installed.
    fn program(&self, stage: &Stage) -> Option<Command>;

    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    fn start(&self, program: Command, stage: &Stage) -> Result<Server>;

    /// How somebody comes in.
    fn script(&self, server: &Server, door: Door, who: Who) -> Script;

    /// How a sender puts a message, in a crowd where each room has so many senders.
    fn speech(&self, door: Door, senders: usize) -> Speech;

    /// Whether a sender is sent its own message.
    fn echoes(&self, door: Door) -> bool;
}
