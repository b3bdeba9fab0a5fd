//! What components share.

mod use_chat;
mod use_choice;
mod use_draft;
mod use_landmarks;
mod use_stick_to_bottom;

pub(crate) use use_chat::{Chat, View, use_chat};
pub(crate) use use_choice::{Choice, use_text, use_theme};
pub(crate) use use_draft::{Draft, use_draft};
pub(crate) use use_landmarks::use_landmarks;
pub(crate) use use_stick_to_bottom::{Stick, use_stick_to_bottom};
