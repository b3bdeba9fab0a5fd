//! What was written before the program was there: until then index.html has a composer of its own, `#early`, above ours.
//!
//! A script beside it keeps what was sent there as a paragraph each, and all of it as the room's draft, so that it outlives
//! a program that does not come.

use gloo_events::EventListener;
use gloo_utils::document;
use js_sys::JsString;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::{Draft, View, use_on};
use crate::browser;
use crate::state::Link;

/// Takes over from index.html's composer once nothing is lost by it: not while an input method composes there, and where
/// something was sent there, not before the connection is made or has failed, which commands may depend on. `send` sends
/// the draft, or leaves what is to be mended.
#[hook]
pub(crate) fn use_early(draft: &Draft, view: &View, send: &Callback<()>) {
    let settled = view.link != Link::Connecting;
    use_on(settled.to_string(), {
        let (draft, send) = (draft.clone(), send.clone());
        Box::new(move || {
            let early = early()?;
            take_over(&draft, settled, &send);
            let listener = EventListener::new(&early, "compositionend", move |_| {
                take_over(&draft, settled, &send);
            });
            Some(Box::new(listener))
        })
    });
}

fn early() -> Option<HtmlElement> {
    browser::by_id("early")
}

fn take_over(draft: &Draft, settled: bool, send: &Callback<()>) -> Option<()> {
    let early = early()?;
    if early.get_attribute("data-room").as_deref() != Some(draft.place()) {
        // One has gone to another room meanwhile; the draft of that one has it all.
        early.remove();
        return None;
    }
    let rows = early.query_selector_all("p").ok()?;
    let composes = early.get_attribute("data-composition").as_deref() == Some("start");
    if composes || (rows.length() > 0 && !settled) {
        return None;
    }
    let first = early.query_selector("textarea").ok()??.dyn_into::<HtmlTextAreaElement>().ok()?;
    let has_focus = document().active_element().as_ref() == Some(&first);
    let (start, end) = (first.selection_start().ok()??, first.selection_end().ok()??);
    early.remove();

    let area = draft.area()?;
    let mut before = String::new();
    for text in (0..rows.length()).filter_map(|at| rows.get(at)?.text_content()) {
        draft.write(&text, "");
        send.emit(());
        let left = area.value();
        if !left.is_empty() {
            before.push_str(&left);
            before.push('\n');
        }
    }
    draft.write(&before, &first.value());
    let shift = JsString::from(before).length();
    let _ = area.set_selection_range(shift + start, shift + end);
    if has_focus {
        draft.focus();
    }
    Some(())
}
