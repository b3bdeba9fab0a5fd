//! The outside conformance suite: a whole server on free ports, spoken to by real sockets and real WebSockets.
//!
//! It knows the protocol and the terminal's grammar, and nothing of what is inside. One crate, so that it links once:
//!
//! | file | what it holds the server to |
//! | --- | --- |
//! | `chat` | the same words in the same order for everybody |
//! | `presence` | who comes, goes, changes a name |
//! | `names` | what may be a name, whose it is, and for how long |
//! | `resume` | coming back without a loss or a double |
//! | `history` | what was said, by its place, its time and its words |
//! | `refusals` | bad input: told to whoever sent it, harmless to the others |
//! | `lesson` | the client of everybody's first socket lesson |
//! | `bytes` | endings, telnet, charsets, and what others get of any bytes at all |
//! | `doors` | who is let in: how many, from where, by which name |
//! | `access` | passwords, invitations, operators' tokens |
//! | `moderation` | what the operator does at the console |
//! | `pressure` | fast, many and slow peers |
//! | `terminal` | rooms, history and switches; scripts; who has come to the wrong door |
//! | `tls` | the same by TLS, on both doors |
//! | `seeing` | what is counted |
//! | `shutdown` | the end, and a port that is taken |
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a test that fails")]

mod access;
mod bytes;
mod chat;
mod common;
mod doors;
#[path = "../src/fuzz.rs"]
mod fuzz;
mod history;
mod lesson;
mod moderation;
mod names;
mod presence;
mod pressure;
mod refusals;
mod resume;
mod seeing;
mod shutdown;
mod terminal;
mod tls;
