//! The page's language: English from the start, and any other once its file is there.
//!
//! Which one a browser wants is decided in index.html, so that its file comes together with the program: `text` is the
//! promise of that file, and `load(tag)` that of another. Neither fails, and neither takes longer than two seconds; what
//! it brings may be no language's file.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser::{self, global};
use crate::text::{ENGLISH, Text};

thread_local! {
    /// What has been read; the page's own is the last. A language stays for as long as the page.
    static READ: RefCell<Vec<&'static Text>> = RefCell::new(vec![&ENGLISH]);
}

/// The page's language.
pub(crate) fn current() -> &'static Text {
    READ.with_borrow(|read| read.last().copied()).unwrap_or(&ENGLISH)
}

/// The page is in this language from now on.
pub(crate) fn show(text: &'static Text) {
    READ.with_borrow_mut(|read| {
        read.retain(|one| *one != text);
        read.push(text);
    });
    browser::show_language(text);
}

/// The language that was chosen in this browser, or that it asks for.
pub(crate) async fn first() -> &'static Text {
    read(global("text")).await.unwrap_or(&ENGLISH)
}

/// Another language; none if its file does not come.
pub(crate) async fn load(tag: &str) -> Option<&'static Text> {
    let known = READ.with_borrow(|read| read.iter().find(|text| text.lang == tag).copied());
    if known.is_some() {
        return known;
    }
    let load = global("load").dyn_into::<Function>().ok()?;
    read(load.call1(&JsValue::NULL, &tag.into()).ok()?).await
}

async fn read(file: JsValue) -> Option<&'static Text> {
    let file = JsFuture::from(Promise::resolve(&file)).await.ok()?.as_string()?;
    let text = Text::read(file.leak());
    if text.is_none() {
        browser::warn("the words are of another version");
    }
    text.map(|text| &*Box::leak(Box::new(text)))
}
