//! What the two sides of Commonroom say to each other: frames, codes, limits.
//!
//! Shared by the server, the web client and the tests. It needs serde alone: no runtime, no browser, no clock.
//! The reference for people is `docs/PROTOCOL.md`; this crate is the reference for compilers.

mod client;
mod code;
pub mod limits;
mod server;

pub use client::{ClientFrame, Hello};
pub use code::{ByeCode, Code, NoticeCode};
pub use server::{GapWhy, Join, Limits, PageOf, Present, RoomHere, Said, ServerFrame, Via, Welcome, Whispered};

/// The protocol's version, `v` of [`Hello`] and [`Welcome`].
pub const VERSION: u32 = 1;

/// A message's place in its room: the first is 1, and 0 is the place before the first.
///
/// Seqs rise, but need not be dense: ask `prev`, never `seq - 1`. Always below 2^53, so that a JavaScript number holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.0)
    }
}
