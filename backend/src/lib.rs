//! Commonroom's server. The map:
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`config`] | one struct for the command line, the environment and the tests |
//! | [`archive`] | export, import and backup of a history |
//! | [`server`] | binds, accepts, drains |
//! | [`gate`] | how many may connect, in all and from one address |
//! | [`network`] | addresses and networks of them |
//! | [`tls`] | the certificate of both doors |
//! | [`addresses`], [`base_path`] | where others can reach it, and below which path |
//! | [`web`] | the page, its WebSocket, a health check |
//! | [`hub`] | room name to room, and the one path by which messages reach a log |
//! | [`room`] | a room: roster and log behind one lock and one doorbell |
//! | [`session`] | one loop for one connection |
//! | [`doctor`] | whether this machine is fit for it, and a proxy in front |
//! | [`metrics`], [`process`] | what is counted, and what the system says of the process |
//! | [`manager`] | what a service manager is told |
//! | [`access`] | passwords, invitations, operators' tokens |
//! | [`moderation`] | what the operator may ask for, and who is not let in |
//! | [`console`] | the operator's terminal: the keyboard, the screen, the log lines |
//! | [`ending`] | how a connection is told to end |
//! | [`transport`] | what carries a session: TCP, WebSocket, the console |
//! | [`dialect`] | how a connection speaks: lines for people, JSON for programs |
//! | [`journal`] | the durable order |
//! | [`search`] | what is searched for, and whether a text has it |
//! | [`charset`] | terminals that do not speak UTF-8 |
//! | `measure` | how long a message is in each form, and what is told at once |
//! | [`event`], [`name`], [`text`], [`refusal`] | the words of the core: what happened, who, what was said, why not |
//!
//! The core (`room`, `dialect`, `moderation`, `search`, `text`, `name`, `charset`) has no clock and no I/O; the edges are thin.

pub mod access;
pub mod addresses;
pub mod archive;
pub mod base_path;
pub mod charset;
pub mod config;
pub mod console;
pub mod dialect;
pub mod doctor;
pub mod ending;
pub mod event;
#[cfg(test)]
mod fuzz;
pub mod gate;
pub mod hub;
pub mod journal;
pub mod manager;
mod measure;
pub mod metrics;
pub mod moderation;
pub mod name;
pub mod network;
pub mod process;
pub mod refusal;
pub mod room;
pub mod search;
pub mod server;
pub mod session;
pub mod text;
pub mod tls;
pub mod transport;
pub mod web;

/// The version, and the commit it was built from where that is known.
pub const BUILD: &str = env!("COMMONROOM_BUILD");
