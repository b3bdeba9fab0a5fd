//! What a user does, and what comes of it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Event, EventInit, HtmlElement, HtmlSelectElement, HtmlTextAreaElement, InputEvent, InputEventInit, KeyboardEvent,
    KeyboardEventInit,
};
use yew::Callback;

/// Presses a key, with whatever else `with` says of it. True if the page did something with it: the browser then does not.
pub(crate) fn press(target: &HtmlElement, key: &str, with: impl FnOnce(&KeyboardEventInit)) -> bool {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    init.set_cancelable(true);
    with(&init);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    !target.dispatch_event(&event).unwrap()
}

/// Writes a text in the place of the one that is there, and leaves the caret at its end.
pub(crate) fn write(area: &HtmlElement, text: &str) {
    write_by(area, text, false);
}

/// The same by an input method that is not done yet.
pub(crate) fn compose(area: &HtmlElement, text: &str) {
    write_by(area, text, true);
}

fn write_by(area: &HtmlElement, text: &str, composing: bool) {
    area.unchecked_ref::<HtmlTextAreaElement>().set_value(text);
    let init = InputEventInit::new();
    init.set_bubbles(true);
    init.set_is_composing(composing);
    area.dispatch_event(&InputEvent::new_with_event_init_dict("input", &init).unwrap()).unwrap();
}

/// Puts the mouse or a finger down. True if the page keeps the focus where it is.
pub(crate) fn point(target: &HtmlElement) -> bool {
    let init = EventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    !target.dispatch_event(&Event::new_with_event_init_dict("mousedown", &init).unwrap()).unwrap()
}

/// Chooses the option of this value.
pub(crate) fn choose(select: &HtmlElement, value: &str) {
    select.unchecked_ref::<HtmlSelectElement>().set_value(value);
    let init = EventInit::new();
    init.set_bubbles(true);
    select.dispatch_event(&Event::new_with_event_init_dict("change", &init).unwrap()).unwrap();
}

/// A callback, and all it has been called with.
pub(crate) fn spy<T: 'static>() -> (Callback<T>, Rc<RefCell<Vec<T>>>) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let callback = {
        let heard = Rc::clone(&heard);
        Callback::from(move |what| heard.borrow_mut().push(what))
    };
    (callback, heard)
}

/// Takes the clipboard's place: every text that is copied from now on. A browser without a user may refuse its own.
pub(crate) fn clipboard() -> Array {
    let copied = Array::new();
    let write = {
        let copied = copied.clone();
        Closure::<dyn Fn(JsValue) -> Promise>::new(move |text: JsValue| {
            copied.push(&text);
            Promise::resolve(&JsValue::UNDEFINED)
        })
    };
    let clipboard = object("writeText", &write.into_js_value());
    let property = object("value", &clipboard);
    Reflect::set(&property, &"configurable".into(), &true.into()).unwrap();
    let navigator = gloo_utils::window().navigator();
    Reflect::define_property(navigator.unchecked_ref::<Object>(), &"clipboard".into(), &property).unwrap();
    copied
}

/// Takes the server's place for the file of this name: index.html's `load` brings it from now on.
pub(crate) fn serve(name: &'static str, file: &'static str) {
    let load = Closure::<dyn Fn(String) -> Promise>::new(move |asked: String| {
        Promise::resolve(&if asked == name { file.into() } else { JsValue::UNDEFINED })
    });
    Reflect::set(&gloo_utils::window(), &"load".into(), &load.into_js_value()).unwrap();
}

fn object(key: &str, value: &JsValue) -> Object {
    let object = Object::new();
    Reflect::set(&object, &key.into(), value).unwrap();
    object
}
