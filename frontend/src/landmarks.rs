//! Keys for the whole page: F6 goes from one part of it to the next, Shift+F6 to the one before; Ctrl+K opens the search,
//! and so does a slash where nothing is written; there, arrows lead from result to result. A sheet that the focus leaves
//! closes: it would hide where one is.

use crate::browser;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};

/// The parts of the page, each by what takes the focus for it.
const LANDMARKS: &str = "#rooms, main, #composer, #people";
/// Where one searches, and what was found.
const HITS: &str = "#query, .hit";

/// Listens from now on.
pub(crate) fn watch() {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "keydown", options, on_key).forget();
    EventListener::new(&window(), "focusin", |_| {
        if !has(":popover-open:focus-within") {
            browser::close_sheets();
        }
    })
    .forget();
}

fn on_key(event: &Event) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    if browser::taken_by_input_method(key) {
        return;
    }
    let command = key.ctrl_key() || key.meta_key();
    match key.key().as_str() {
        "F6" => go(LANDMARKS, key.shift_key()),
        "ArrowDown" if has("#search:focus-within") => go(HITS, false),
        "ArrowUp" if has("#search:focus-within") => go(HITS, true),
        "k" if command && !key.shift_key() && !key.alt_key() => browser::open_search(""),
        "/" if !command && !browser::has_caret() => browser::open_search(""),
        _ => return,
    }
    key.prevent_default();
}

fn has(selector: &str) -> bool {
    document().query_selector(selector).is_ok_and(|found| found.is_some())
}

/// Goes on by one of these, or back, and further while one is folded away.
fn go(selector: &str, back: bool) {
    let Ok(parts) = document().query_selector_all(selector) else { return };
    let part = |at| parts.get(at).and_then(|part| part.dyn_into::<HtmlElement>().ok());
    let count = parts.length();
    let step = if back { count - 1 } else { 1 };
    let focus = document().active_element();
    let has_focus = |at: &u32| part(*at).is_some_and(|part| part.contains(focus.as_deref()));
    let mut at = (0..count).find(has_focus).unwrap_or(count - step);
    for _ in 0..count {
        at = (at + step) % count;
        if let Some(part) = part(at) {
            let _ = part.focus();
            if document().active_element().as_ref() == Some(&part) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
