//! A line that is no message.

use commonroom_protocol::{GapWhy, RoomHere, Whispered};
use yew::prelude::*;

use crate::command::Mistake;
use crate::intl;
use crate::state::{Local, Note};
use crate::text::Text;

/// The line; `id` is its row's.
pub(crate) fn note_row(id: u32, what: &Note, text: &Text) -> Html {
    let kind = if matches!(what, Note::Gap { .. }) { "gap" } else { "notice" };
    html! { <p key={id.to_string()} class="note" data-row={kind}>{words(what, text)}</p> }
}

fn words(note: &Note, text: &Text) -> String {
    match note {
        Note::Joined(present) => text.joined(&present.nick, present.via),
        Note::Left(nick) => text.left(nick),
        Note::Renamed { from, to } => text.renamed(from, to),
        Note::Crowd { joined, left } => {
            text.crowd(&intl::count(*joined as u64, text), &intl::count(*left as u64, text))
        }
        Note::Gap { why: GapWhy::Rewound, .. } => text.rewound.to_owned(),
        Note::Gap { from, to, why } => text.missed(&intl::count((to.0 + 1).saturating_sub(from.0), text), *why),
        Note::Whispered(Whispered { from, to, text: words, .. }) => text.whispered(from, to, words),
        Note::Refused { code, message } => text.not_done(text.reason(*code, message)),
        Note::Notice { code, message, about } => text.notice(*code, about.as_deref(), message),
        Note::Rooms(rooms) => rooms_words(rooms, text),
        Note::Local(Local::Help) => text.help.to_owned(),
        Note::Local(Local::Mistake(mistake)) => mistake_words(mistake, text),
    }
}

fn rooms_words(rooms: &[RoomHere], text: &Text) -> String {
    let names: Vec<_> = rooms.iter().map(|room| [&room.room, " (", &room.here.to_string(), ")"].concat()).collect();
    if names.is_empty() { text.no_rooms_open.to_owned() } else { text.rooms_open(&names.join(", ")) }
}

fn mistake_words(mistake: &Mistake, text: &Text) -> String {
    match mistake {
        Mistake::Nothing => String::new(),
        Mistake::UnknownCommand { word, meant } => text.unknown_command(word, *meant),
        Mistake::Missing(usage) => text.missing(usage),
        Mistake::NotConnected => text.not_connected.to_owned(),
        Mistake::OutboxFull => text.outbox_full.to_owned(),
        Mistake::TooLong(limit) => text.too_long(&intl::count(*limit as u64, text)),
    }
}
