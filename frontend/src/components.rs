//! What is drawn, one file each.

mod composer;
mod copy_button;
mod head;
mod join;
mod language_picker;
mod log;
mod marked;
mod name;
mod name_field;
mod note_row;
mod notify;
mod outbox_row;
mod people;
mod qr_code;
mod rooms;
mod said_row;
mod search;
mod suggestions;
#[cfg(test)]
pub(crate) mod testing;
mod theme_switch;
mod via_tag;

pub(crate) use composer::Composer;
pub(crate) use head::head;
pub(crate) use log::Log;
pub(crate) use notify::notify;
pub(crate) use people::people;
pub(crate) use rooms::rooms;
pub(crate) use search::Search;
