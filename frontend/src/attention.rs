//! What calls somebody who does not look at the page: a mark on its tab, a sound, a notification of the system.

use gloo_utils::{document, window};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;
use yew::Callback;

use crate::address::RoomName;
use crate::browser::{below, global};
use crate::frame::Node;
use crate::notify::shortened;
use crate::state::Call;
use crate::storage;
use crate::text::Text;

/// The page's icon with a dot.
const MARKED: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' \
    stroke='%2314655b' stroke-width='2' stroke-linecap='round'><path d='M4 20V9l8-5 8 5v11M9 20v-6h6v6'/>\
    <circle cx='18' cy='6' r='5' fill='%23d33' stroke='none'/></svg>";

/// The mark on the tab: it goes with this.
pub(crate) struct Mark(Element, String);

impl Mark {
    /// Marks the tab.
    pub(crate) fn set() -> Option<Self> {
        let icon = document().query_selector("link[rel=icon]").ok()??;
        let plain = icon.get_attribute("href")?;
        let _ = icon.set_attribute("href", MARKED);
        Some(Mark(icon, plain))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let _ = self.0.set_attribute("href", &self.1);
    }
}

/// Why the browser would show no notification; none where it would, or would ask.
pub(crate) fn hindrance(text: &Text) -> Option<String> {
    if global("isSecureContext").truth() == Some(false) {
        return Some(text.notify_insecure(&window().location().origin().unwrap_or_default()));
    }
    (permission()? == "denied").then(|| text.notify_blocked.to_owned())
}

fn permission() -> Option<String> {
    global("Notification").field("permission")?.text()
}

/// Asks whether notifications are allowed, where that has not been decided, and then goes on. Only a click may ask.
pub(crate) fn ask(then: impl Fn() + 'static) {
    if permission().is_some_and(|permission| permission == "default") {
        let notification = global("Notification");
        if let Some(ask) = notification.field("requestPermission") {
            let then = Closure::<dyn Fn()>::new(then).into_js_value();
            let _ = ask.unchecked_ref::<Function>().call1(&notification, &then);
        }
    }
}

/// Calls the reader, as they want it in this room. A click on the notification leads there.
pub(crate) fn call(room: &RoomName, call: &Call, go: &Callback<RoomName>) {
    if !storage::notify(room).calls(call.mention) {
        return;
    }
    if storage::sound() {
        ring();
    }
    if permission().is_some_and(|permission| permission == "granted") {
        let _ = show(room, call, go);
    }
}

/// Two quiet notes. The script in index.html has them.
pub(crate) fn ring() {
    if let Ok(ring) = global("ring").dyn_into::<Function>() {
        let _ = ring.call0(&JsValue::NULL);
    }
}

fn show(room: &RoomName, call: &Call, go: &Callback<RoomName>) -> Result<(), JsValue> {
    let title = [room.as_str(), ": ", &call.from].concat();
    let options = Object::new();
    Reflect::set(&options, &"body".into(), &shortened(&call.text).into())?;
    Reflect::set(&options, &"tag".into(), &below(&room.path()).into())?;
    let words = Array::of2(&title.into(), &options);
    let shown = Reflect::construct(global("Notification").unchecked_ref::<Function>(), &words)?;
    let (room, go) = (room.clone(), go.clone());
    let on_click = Closure::<dyn Fn()>::new(move || {
        let _ = window().focus();
        go.emit(room.clone());
    });
    Reflect::set(&shown, &"onclick".into(), &on_click.into_js_value()).map(drop)
}
