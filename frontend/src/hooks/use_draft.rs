//! The text area one writes in. What is in it stays over a reload, and it is as high as its text.
//!
//! The text area keeps its own text: writing it back would break an input method's composition.

use js_sys::{JsString, Reflect};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::use_on;
use crate::address::RoomName;
use crate::browser;
use crate::storage;

/// A text area and what is to become of its text.
#[derive(Clone)]
pub(crate) struct Draft {
    /// For the text area's `ref`.
    pub(crate) node: NodeRef,
    place: RoomName,
}

impl Draft {
    /// The room's name.
    pub(crate) fn place(&self) -> &str {
        self.place.as_str()
    }

    /// The text area, once it is there.
    pub(crate) fn area(&self) -> Option<HtmlTextAreaElement> {
        self.node.cast()
    }

    /// Writes into the text area, and leaves the caret between the two.
    pub(crate) fn write(&self, before: &str, after: &str) {
        let Some(area) = self.area() else { return };
        area.set_value(&[before, after].concat());
        let caret = JsString::from(before).length();
        let _ = area.set_selection_range(caret, caret);
        self.changed();
    }

    /// What stands before the caret and after it.
    pub(crate) fn around_caret(&self) -> Option<(String, String)> {
        let area = self.area()?;
        let text = JsString::from(area.value());
        let caret = area.selection_start().ok()??;
        Some((text.slice(0, caret).into(), text.slice(caret, text.length()).into()))
    }

    /// Puts the caret there.
    pub(crate) fn focus(&self) {
        if let Some(area) = self.area() {
            let _ = area.focus();
        }
    }

    /// The text is another: keeps it, and makes room for it.
    pub(crate) fn changed(&self) {
        if let Some(area) = self.area() {
            storage::keep_draft(&self.place, &area.value());
            grow(&area);
        }
    }
}

/// The room's text area, with what was in it when the room was last open.
#[hook]
pub(crate) fn use_draft(place: &RoomName) -> Draft {
    let draft = Draft { node: use_node_ref(), place: place.clone() };
    use_on(place.to_string(), {
        let draft = draft.clone();
        Box::new(move || {
            draft.write(&storage::draft(&draft.place).unwrap_or_default(), "");
            // A phone would put its keyboard over the room. Beside index.html's composer ours is hidden, and takes none.
            if browser::has_keyboard() {
                draft.focus();
            }
            None
        })
    });
    draft
}

/// What `field-sizing` does, where there is none. The style sheet sets the bounds.
fn grow(area: &HtmlTextAreaElement) {
    let style = area.style();
    if !Reflect::has(&style, &"fieldSizing".into()).unwrap_or(true) {
        let _ = style.set_property("height", "0");
        let _ = style.set_property("height", &[&area.scroll_height().to_string(), "px"].concat());
    }
}
