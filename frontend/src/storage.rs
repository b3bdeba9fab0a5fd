//! What the browser keeps: for all its tabs (theme, language, name, rooms), or over a tab's reload (client id, drafts,
//! outbox). A browser may forbid it or have no room left: then the page works without.
//!
//! All pages of one origin keep their things in one place: each key begins with the path below which the page is.

use std::rc::Rc;

use commonroom_protocol::Seq;
use gloo_utils::window;
use web_sys::Storage;

use crate::address::RoomName;
use crate::browser;
use crate::notify::Notify;
use crate::outbox::Outbox;
use crate::text::Text;
use crate::theme::Theme;
use crate::visited::Visited;

const BUILD: &str = "build";
const CLIENT: &str = "client";
const CLIENT_CHARS: usize = 32;
const DRAFT: &str = "draft";
const LANGUAGE: &str = "language";
const NICK: &str = "nick";
const NOTIFY: &str = "notify";
const OPEN: &str = "open";
const OUTBOX: &str = "outbox";
const PASSWORD: &str = "password";
const READ: &str = "read";
const ROOMS: &str = "rooms";
const SOUND: &str = "sound";
const THEME: &str = "theme";

/// Keeps the language for the next time. A script in index.html reads it, and loads it together with the program.
pub(crate) fn keep_language(text: &Text) {
    keep(local_storage(), LANGUAGE, text.lang);
}

/// The theme that was chosen in this browser.
pub(crate) fn theme() -> Theme {
    Theme::of(&read(local_storage(), THEME).unwrap_or_default())
}

/// Keeps the theme for the next time. A script in index.html reads it before the page is drawn.
pub(crate) fn keep_theme(theme: Theme) {
    keep(local_storage(), THEME, theme.word());
}

/// This tab's secret id.
pub(crate) fn client() -> String {
    read(tab_storage(), CLIENT).unwrap_or_else(new_client)
}

/// This tab's secret id, a new one where it is still the old one: each room of the tab learns by itself that a newer
/// tab goes on with that.
pub(crate) fn client_but(old: &str) -> String {
    let client = client();
    if client == old { new_client() } else { client }
}

fn new_client() -> String {
    let client = browser::random_id(CLIENT_CHARS);
    keep(tab_storage(), CLIENT, &client);
    client
}

/// The name that was chosen in this browser.
pub(crate) fn nick() -> Option<String> {
    read(local_storage(), NICK)
}

/// Keeps the name for the next time.
pub(crate) fn keep_nick(nick: &str) {
    keep(local_storage(), NICK, nick);
}

/// What one wants to be called for in the room.
pub(crate) fn notify(room: &RoomName) -> Notify {
    Notify::of(&read(local_storage(), &room.key(NOTIFY)).unwrap_or_default())
}

/// Keeps what one wants to be called for.
pub(crate) fn keep_notify(room: &RoomName, notify: Notify) {
    keep(local_storage(), &room.key(NOTIFY), notify.word());
}

/// Whether one wants to be called with a sound.
pub(crate) fn sound() -> bool {
    read(local_storage(), SOUND).is_some_and(|sound| !sound.is_empty())
}

/// Keeps whether one wants a sound.
pub(crate) fn keep_sound(sound: bool) {
    keep(local_storage(), SOUND, if sound { "on" } else { "" });
}

/// The word that opens the room: given in this tab, or, by a script in index.html, an invitation in the address. Else the
/// one that was given last, since most rooms of a server have the same.
pub(crate) fn password(room: &RoomName) -> Option<String> {
    read(tab_storage(), &room.key(PASSWORD)).or_else(|| read(tab_storage(), PASSWORD))
}

/// Keeps the word over a reload.
pub(crate) fn keep_password(room: &RoomName, word: &str) {
    keep(tab_storage(), &room.key(PASSWORD), word);
    keep(tab_storage(), PASSWORD, word);
}

/// What this tab had not sent to the room when it was last open.
pub(crate) fn outbox(room: &RoomName) -> Outbox {
    let kept = read(tab_storage(), &room.key(OUTBOX));
    kept.and_then(|json| browser::parsed(&json)).map(|value| Outbox::stored(&value)).unwrap_or_default()
}

/// Keeps the outbox over a reload.
pub(crate) fn keep_outbox(room: &RoomName, outbox: &Outbox) {
    keep(tab_storage(), &room.key(OUTBOX), &outbox.to_keep());
}

/// What was being written to the room in this tab.
pub(crate) fn draft(room: &RoomName) -> Option<String> {
    read(tab_storage(), &room.key(DRAFT)).filter(|draft| !draft.is_empty())
}

/// Keeps over a reload what is being written.
pub(crate) fn keep_draft(room: &RoomName, draft: &str) {
    keep(tab_storage(), &room.key(DRAFT), draft);
}

/// The rooms that were open in this tab.
pub(crate) fn open_rooms() -> Vec<RoomName> {
    let kept = read(tab_storage(), OPEN).unwrap_or_default();
    kept.split('\n').filter_map(RoomName::typed).collect()
}

/// Keeps over a reload which rooms are open, one a line.
pub(crate) fn keep_open_rooms(lines: &str) {
    keep(tab_storage(), OPEN, lines);
}

/// Keeps over a reload which build of the server this tab has met. False if it is the one it has met last.
pub(crate) fn meet(build: &str) -> bool {
    let new = read(tab_storage(), BUILD).as_deref() != Some(build);
    keep(tab_storage(), BUILD, build);
    new
}

/// The last message of the room that was read in this browser, and the history that it is of.
pub(crate) fn last_read(room: &RoomName) -> Option<(Rc<str>, Seq)> {
    let kept = read(local_storage(), &room.key(READ))?;
    let (epoch, seq) = kept.split_once(' ')?;
    Some((epoch.into(), Seq(seq.parse().ok()?)))
}

/// Keeps the last message that was read.
pub(crate) fn keep_last_read(room: &RoomName, epoch: &str, seq: Seq) {
    keep(local_storage(), &room.key(READ), &[epoch, " ", &seq.0.to_string()].concat());
}

/// The rooms that were visited in this browser.
pub(crate) fn visited() -> Visited {
    Visited::kept(&read(local_storage(), ROOMS).unwrap_or_default())
}

/// The room has let us in: it is one of the visited from now on.
pub(crate) fn visit(room: &str) {
    let mut visited = visited();
    if visited.visit(room) {
        keep(local_storage(), ROOMS, &visited.to_keep());
    }
}

/// The room is none of the visited any more.
pub(crate) fn forget(room: &str) {
    let mut visited = visited();
    visited.forget(room);
    keep(local_storage(), ROOMS, &visited.to_keep());
}

fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn tab_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn read(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(&browser::below(key)).ok().flatten()
}

fn keep(storage: Option<Storage>, key: &str, value: &str) {
    if let Some(storage) = storage {
        let _ = storage.set_item(&browser::below(key), value);
    }
}
