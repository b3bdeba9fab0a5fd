//! Which room one looks at: the one that the address names. Going to another writes the address, and the browser's own
//! way back leads back.

use gloo_events::EventListener;
use gloo_utils::window;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use super::use_on;
use crate::address::RoomName;
use crate::browser;

/// The room, and how to go to another.
#[hook]
pub(crate) fn use_place() -> (RoomName, Callback<RoomName>) {
    let place = use_state_eq(browser::room);
    let setter = place.setter();
    use_on(String::new(), {
        let setter = setter.clone();
        Box::new(move || {
            let listener = EventListener::new(&window(), "popstate", move |_| setter.set(browser::room()));
            Some(Box::new(listener))
        })
    });
    let go = Callback::from(move |room: RoomName| {
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&browser::below(&room.path())));
        }
        setter.set(room);
    });
    ((*place).clone(), go)
}
