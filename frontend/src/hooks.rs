//! What components share.

mod use_announcer;
mod use_choice;
mod use_draft;
mod use_focus;
mod use_landmarks;
mod use_place;
mod use_rooms;
mod use_scroll;
mod use_upgrade;
mod use_viewport;
mod use_visited;

pub(crate) use use_announcer::use_announcer;
pub(crate) use use_choice::{Choice, use_text, use_theme};
pub(crate) use use_draft::{Draft, use_draft};
pub(crate) use use_focus::use_focus;
pub(crate) use use_landmarks::use_landmarks;
pub(crate) use use_place::use_place;
pub(crate) use use_rooms::{Rooms, View, use_rooms};
pub(crate) use use_scroll::{Edge, Scroll, use_scroll};
pub(crate) use use_upgrade::use_upgrade;
pub(crate) use use_viewport::use_viewport;
pub(crate) use use_visited::use_visited;
