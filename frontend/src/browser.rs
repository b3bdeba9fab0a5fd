//! The browser's own things at the edge: address, storage, chance, clock. What may be forbidden (storage, clipboard)
//! fails without a sound: the page works without it.

use gloo_utils::{document, window};
use js_sys::{Array, Date, JsString, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlDocument, HtmlTextAreaElement, Storage};

use crate::address::RoomName;
use crate::frame::Node;
use crate::outbox::Outbox;
use crate::text::Text;
use crate::theme::Theme;

const CLIENT: &str = "client";
const CLIENT_CHARS: usize = 32;
const DATA_THEME: &str = "data-theme";
const DRAFT: &str = "draft";
const LANGUAGE: &str = "language";
const NICK: &str = "nick";
const OUTBOX: &str = "outbox";
const THEME: &str = "theme";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MINUTE_MS: f64 = 60_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// The room that the address names.
pub(crate) fn room() -> RoomName {
    RoomName::from_path(&window().location().pathname().unwrap_or_default())
}

/// Where the page's own server takes WebSockets.
pub(crate) fn socket_url() -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss://" } else { "ws://" };
    [scheme, &location.host().unwrap_or_default(), "/ws"].concat()
}

/// The language that was chosen in this browser, or that it asks for.
pub(crate) fn text() -> &'static Text {
    let language = read(local_storage(), LANGUAGE).or_else(|| window().navigator().language());
    Text::for_language(&language.unwrap_or_default())
}

/// Keeps the language for the next time.
pub(crate) fn keep_language(text: &Text) {
    keep(local_storage(), LANGUAGE, text.lang);
}

/// Tells the browser, and who reads the page aloud, which language it is in.
pub(crate) fn show_language(text: &Text) {
    set_on_root("lang", text.lang);
}

/// The theme that was chosen in this browser.
pub(crate) fn theme() -> Theme {
    Theme::of(&read(local_storage(), THEME).unwrap_or_default())
}

/// Keeps the theme for the next time. A script in index.html reads it before the page is drawn.
pub(crate) fn keep_theme(theme: Theme) {
    keep(local_storage(), THEME, theme.word());
}

/// Draws the page in a theme.
pub(crate) fn show_theme(theme: Theme) {
    set_on_root(DATA_THEME, theme.word());
}

/// The theme that the page is drawn in; where nothing can be kept, this still knows.
pub(crate) fn shown_theme() -> Theme {
    let root = gloo_utils::document().document_element();
    Theme::of(&root.and_then(|root| root.get_attribute(DATA_THEME)).unwrap_or_default())
}

fn set_on_root(attribute: &str, value: &str) {
    if let Some(root) = gloo_utils::document().document_element() {
        let _ = root.set_attribute(attribute, value);
    }
}

/// A number in `0.0..1.0`, good enough for jitter.
pub(crate) fn random() -> f64 {
    js_sys::Math::random()
}

/// Url-safe characters that nobody guesses.
pub(crate) fn random_id(chars: usize) -> String {
    let mut bytes = vec![0; chars];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().map(|byte| char::from(URL_SAFE[usize::from(byte & 63)])).collect()
}

/// This tab's secret id.
pub(crate) fn client() -> String {
    read(tab_storage(), CLIENT).unwrap_or_else(new_client)
}

/// Another secret id for this tab.
pub(crate) fn new_client() -> String {
    let client = random_id(CLIENT_CHARS);
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

/// What this tab had not sent to the room when it was last open.
pub(crate) fn outbox(room: &RoomName) -> Outbox {
    let kept = read(tab_storage(), &room.key(OUTBOX));
    kept.and_then(|json| parsed(&json)).map(|value| Outbox::stored(&value)).unwrap_or_default()
}

/// Keeps the outbox over a reload.
pub(crate) fn keep_outbox(room: &RoomName, outbox: &Outbox) {
    if let Ok(json) = serde_json::to_string(outbox) {
        keep(tab_storage(), &room.key(OUTBOX), &json);
    }
}

/// What was being written to the room in this tab.
pub(crate) fn draft(room: &RoomName) -> Option<String> {
    read(tab_storage(), &room.key(DRAFT)).filter(|draft| !draft.is_empty())
}

/// Keeps over a reload what is being written.
pub(crate) fn keep_draft(room: &RoomName, draft: &str) {
    keep(tab_storage(), &room.key(DRAFT), draft);
}

/// The value of a JSON text.
pub(crate) fn parsed(json: &str) -> Option<JsValue> {
    js_sys::JSON::parse(json).ok()
}

impl Node for JsValue {
    fn field(&self, name: &str) -> Option<Self> {
        Reflect::get(self, &name.into()).ok()
    }

    fn text(&self) -> Option<String> {
        self.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.dyn_ref::<Array>().map(Array::to_vec)
    }
}

fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn tab_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn read(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok().flatten()
}

fn keep(storage: Option<Storage>, key: &str, value: &str) {
    if let Some(storage) = storage {
        let _ = storage.set_item(key, value);
    }
}

/// A text in small letters.
pub(crate) fn small_letters(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// Puts a text on the clipboard. Says whether it is there.
pub(crate) fn copy(text: &str) -> bool {
    // Only a secure context has a clipboard; elsewhere the getter gives undefined, and a call would throw.
    if Reflect::get(&window().navigator(), &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object()) {
        let _ = window().navigator().clipboard().write_text(text);
        return true;
    }
    copy_by_selection(text).unwrap_or(false)
}

/// The old way, which a page on plain http still has.
fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document().dyn_into::<HtmlDocument>().ok()?;
    let area = document.create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.exec_command("copy").ok();
    area.remove();
    copied
}

/// Tells the developer.
pub(crate) fn warn(message: &str) {
    web_sys::console::warn_1(&message.into());
}

/// Hours and minutes here, of Unix milliseconds.
pub(crate) fn clock(at: i64) -> String {
    let date = date(at);
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// The same as a machine reads it, for `<time>`.
pub(crate) fn iso(at: i64) -> String {
    date(at).to_iso_string().into()
}

/// The day here, counted from the epoch.
pub(crate) fn day(at: i64) -> f64 {
    day_of(&date(at))
}

/// How many days here ago.
#[expect(clippy::cast_possible_truncation, reason = "days since the epoch are few")]
pub(crate) fn days_ago(at: i64) -> i32 {
    (day_of(&Date::new_0()) - day(at)) as i32
}

fn day_of(date: &Date) -> f64 {
    ((date.get_time() - date.get_timezone_offset() * MINUTE_MS) / DAY_MS).floor()
}

/// The day here in words.
pub(crate) fn day_words(at: i64, lang: &str) -> String {
    let options = Object::new();
    for (part, form) in [("weekday", "long"), ("day", "numeric"), ("month", "long")] {
        let _ = Reflect::set(&options, &part.into(), &form.into());
    }
    date(at).to_locale_date_string(lang, &options).into()
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
fn date(at: i64) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}
