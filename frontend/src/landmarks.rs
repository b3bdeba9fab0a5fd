//! Keys for the whole page: F6 goes from one part of it to the next, Shift+F6 to the one before; Ctrl+K opens the search,
//! and so does a slash where nothing is written.

use crate::browser;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};

/// The parts in the order of the page, each by what takes the focus for it.
const LANDMARKS: [&str; 4] = ["#rooms", "main", "#composer", "#people"];

/// Listens from now on.
pub(crate) fn watch() {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "keydown", options, on_key).forget();
}

fn on_key(event: &Event) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    let command = key.ctrl_key() || key.meta_key();
    match key.key().as_str() {
        "F6" => go(if key.shift_key() { LANDMARKS.len() - 1 } else { 1 }),
        "k" if command && !key.shift_key() && !key.alt_key() => browser::open_search(""),
        "/" if !command && !browser::has_caret() => browser::open_search(""),
        _ => return,
    }
    key.prevent_default();
}

/// Goes on by so many parts, and further while a part is folded away.
fn go(step: usize) {
    let parts = LANDMARKS.map(|part| document().query_selector(part).ok().flatten());
    let focus = document().active_element();
    let has_focus = |part: &Option<web_sys::Element>| part.as_ref().is_some_and(|part| part.contains(focus.as_deref()));
    let mut at = parts.iter().position(has_focus).unwrap_or(LANDMARKS.len() - step);
    for _ in &parts {
        at = (at + step) % LANDMARKS.len();
        if let Some(part) = parts[at].as_ref().and_then(|part| part.dyn_ref::<HtmlElement>()) {
            let _ = part.focus();
            if document().active_element().as_ref() == parts[at].as_ref() {
                return;
            }
        }
    }
}
