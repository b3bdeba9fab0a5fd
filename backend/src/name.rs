//! Names that are valid once made: [`Nick`] of a member, [`RoomName`] of a room, [`By`] of a client.
//!
//! They live here and not in the protocol crate, because their rules need Unicode tables that no browser should load.

mod by;
mod class;
mod direction;
mod emoji;
mod folded;
mod nick;
mod room;

pub use by::By;
pub use folded::Folded;
pub use nick::{Nick, NickFault};
pub use room::RoomName;
