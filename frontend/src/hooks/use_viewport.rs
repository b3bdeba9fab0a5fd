//! The part of the window that a phone's keyboard leaves free, where the browser does not do it by itself (Safari).

use gloo_events::EventListener;
use gloo_utils::{document_element, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Keeps the page as high as what is in sight.
#[hook]
pub(crate) fn use_viewport() {
    use_effect_with((), |()| {
        let listener = window().visual_viewport().map(|viewport| {
            EventListener::new(&viewport.clone(), "resize", move |_| {
                // Pinched to look closer, one does not want less of the page.
                let height = if viewport.scale() > 1.0 { String::new() } else { viewport.height().to_string() + "px" };
                if let Some(root) = document_element().dyn_ref::<HtmlElement>() {
                    let _ = root.style().set_property("--height", &height);
                }
            })
        });
        move || drop(listener)
    });
}
