//! The page's language: English from the start, and any other once its file is there.
//!
//! Which one a browser wants is decided in index.html, so that its file comes together with the program: `text` is the
//! promise of that file, and `load(name)` that of another in its folder. Neither fails, and neither takes longer than two
//! seconds; what it brings may be another file.

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
    read(promised(tag)?).await
}

/// Another file of the same folder, if it comes. It stays for as long as the page.
pub(crate) async fn file(name: &str) -> Option<&'static str> {
    come(promised(name)?).await
}

fn promised(name: &str) -> Option<JsValue> {
    let load = global("load").dyn_into::<Function>().ok()?;
    load.call1(&JsValue::NULL, &name.into()).ok()
}

async fn come(file: JsValue) -> Option<&'static str> {
    let file = JsFuture::from(Promise::resolve(&file)).await.ok()?.as_string()?;
    Some(file.leak())
}

async fn read(file: JsValue) -> Option<&'static Text> {
    let text = Text::read(come(file).await?);
    if text.is_none() {
        browser::warn("the words are of another version");
    }
    text.map(|text| &*Box::leak(Box::new(text)))
}
