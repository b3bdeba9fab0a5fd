//! The browser's own things at the edge: address, root element, chance, clipboard. What may be forbidden fails without a
//! sound: the page works without it.

use gloo_utils::{document, window};
use js_sys::{Array, JsString, Number, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventInit, HtmlDocument, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent};

use crate::address::RoomName;
use crate::frame::Node;
use crate::text::Text;
use crate::theme::Theme;

const DATA_BUILD: &str = "data-build";
const DATA_THEME: &str = "data-theme";
/// What a browser says instead of a key that an input method takes.
const KEY_OF_COMPOSITION: u32 = 229;
const ON_LEAVING: &str = "onbeforeunload";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The path below which the page is, as `/chat`; nothing where it is at the root. A script in index.html has found it.
pub(crate) fn base() -> String {
    global("base").text().unwrap_or_default()
}

/// A path of ours as the browser asks for it: below the page's.
pub(crate) fn below(path: &str) -> String {
    base() + path
}

/// The room that the address names.
pub(crate) fn room() -> RoomName {
    let path = window().location().pathname().unwrap_or_default();
    folded(&RoomName::from_path(path.strip_prefix(&*base()).unwrap_or_default()))
}

/// The room's name as the server has it: two spellings of one room are one.
pub(crate) fn folded(room: &RoomName) -> RoomName {
    room.map(|name| JsString::from(name).normalize("NFC").to_lower_case().into())
}

/// Tells the browser, and who reads the page aloud, which language it is in and which way that goes.
pub(crate) fn show_language(text: &Text) {
    set_on_root("lang", text.lang);
    set_on_root("dir", text.dir);
    // index.html shows it when the program has failed: then nothing of ours runs.
    for (part, words) in [("span", text.crashed), ("a", text.reload)] {
        if let Ok(Some(part)) = document().query_selector(&[".crash ", part].concat()) {
            part.set_text_content(Some(words));
        }
    }
}

/// Shows what a page shows that cannot go on.
pub(crate) fn show_failure() {
    if let Ok(Some(crash)) = document().query_selector(".crash") {
        let _ = crash.remove_attribute("hidden");
    }
}

/// The build of the server that the page is from; none of a page that trunk serves.
pub(crate) fn build() -> Option<String> {
    document().document_element()?.get_attribute(DATA_BUILD)
}

/// Draws the page in a theme.
pub(crate) fn show_theme(theme: Theme) {
    set_on_root(DATA_THEME, theme.word());
}

fn set_on_root(attribute: &str, value: &str) {
    if let Some(root) = gloo_utils::document().document_element() {
        let _ = root.set_attribute(attribute, value);
    }
}

/// What the browser, or a script in index.html, has by this name; undefined if nothing.
pub(crate) fn global(name: &str) -> JsValue {
    Reflect::get(&window(), &name.into()).unwrap_or_default()
}

/// The element of this id.
pub(crate) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Opens a sheet, and gives it the focus.
pub(crate) fn open_sheet(id: &str) {
    if let Some(sheet) = by_id::<HtmlElement>(id) {
        // Where it is a column, it is open already, and as a sheet it would lie over the rest.
        if sheet.offset_height() == 0 {
            let _ = sheet.show_popover();
        }
        let _ = sheet.focus();
    }
}

/// Opens the search, for these words.
pub(crate) fn open_search(words: &str) {
    if let Some(panel) = by_id::<HtmlElement>("search") {
        let _ = panel.show_popover();
    }
    if !words.is_empty() {
        write_into("query", words, "input");
    }
}

/// Begins what is written next: before what is written already.
pub(crate) fn begin(words: &str) {
    let written = by_id::<HtmlTextAreaElement>("composer").map(|area| area.value()).unwrap_or_default();
    // Another person instead of the one that was meant first.
    let rest = written
        .strip_prefix("/msg ")
        .map_or(written.as_str(), |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
    write_into("composer", &[words, rest].concat(), "input");
    focus("composer");
}

pub(crate) fn focus(id: &str) {
    if let Some(field) = by_id::<HtmlElement>(id) {
        let _ = field.focus();
    }
}

/// Picks the language of this tag.
pub(crate) fn pick_language(tag: &str) {
    write_into("language", tag, "change");
}

/// Writes into a field as if it had been typed.
fn write_into(id: &str, words: &str, event: &str) {
    let Some(field) = by_id::<HtmlElement>(id) else { return };
    let _ = Reflect::set(&field, &"value".into(), &words.into());
    let bubbling = EventInit::new();
    bubbling.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(event, &bubbling) {
        let _ = field.dispatch_event(&event);
    }
}

/// Says what is wrong with what is written in a field, until this is called with no words.
pub(crate) fn blame(field: &HtmlInputElement, words: &str) {
    field.set_custom_validity(words);
    let _ = field.report_validity();
}

/// Closes the sheet that is open.
pub(crate) fn close_sheets() {
    if let Ok(Some(sheet)) = document().query_selector(":popover-open") {
        let _ = sheet.unchecked_into::<HtmlElement>().hide_popover();
    }
}

/// A length for a style. By the browser: Rust's own way to write such a number is three kilobytes of what it has to load.
pub(crate) fn pixels(length: f64) -> String {
    [&String::from(Number::from(length).to_string_with_radix(10).unwrap_or_default()), "px"].concat()
}

/// Whether the device has a keyboard of its own: one that does not come up over the page.
pub(crate) fn has_keyboard() -> bool {
    !window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
}

/// Whether what is typed is written somewhere.
pub(crate) fn has_caret() -> bool {
    document()
        .active_element()
        .is_some_and(|active| matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Has the browser ask before the page goes, from now on or no more: only then, since a page that asks is none that the
/// browser keeps to go back to.
pub(crate) fn ask_before_leaving(asks: bool) {
    // It asks where this gives anything but null; the words are its own.
    let gives = if asks { global("String") } else { JsValue::NULL };
    let _ = Reflect::set(&window(), &ON_LEAVING.into(), &gives);
}

/// Whether something is written anywhere in the page and not sent.
pub(crate) fn is_writing() -> bool {
    let field = document().active_element().is_some_and(|active| active.tag_name() == "INPUT");
    let waits = !global(ON_LEAVING).is_null();
    field || waits || by_id::<HtmlTextAreaElement>("composer").is_some_and(|area| !area.value().is_empty())
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// The browser knows of no network. It may be wrong: another attempt costs nothing.
pub(crate) fn is_offline() -> bool {
    !window().navigator().on_line()
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

/// A text in small letters.
pub(crate) fn small_letters(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// Whether an input method takes this key for itself. Safari says so of the key that ends a composition by its code alone.
pub(crate) fn taken_by_input_method(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == KEY_OF_COMPOSITION
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
