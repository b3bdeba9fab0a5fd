//! What components share.

mod use_announcer;
mod use_choice;
mod use_completions;
mod use_draft;
mod use_early;
mod use_focus;
mod use_on;
mod use_place;
mod use_rooms;
mod use_scroll;

pub(crate) use use_announcer::use_announcer;
pub(crate) use use_choice::{Choice, use_text, use_theme};
pub(crate) use use_completions::{Suggestions, emoji_file, option_id, use_completions};
pub(crate) use use_draft::{Draft, use_draft};
pub(crate) use use_early::use_early;
pub(crate) use use_focus::use_focus;
pub(crate) use use_on::use_on;
pub(crate) use use_place::use_place;
pub(crate) use use_rooms::{Rooms, View, use_rooms};
pub(crate) use use_scroll::{Edge, Reader, use_scroll};
