//! The part of the window that a phone's keyboard leaves free, where the browser does not do it by itself (Safari).

use gloo_events::EventListener;
use gloo_utils::{document_element, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;

/// Keeps the page as high as what is in sight, from now on.
pub(crate) fn watch() {
    let Some(viewport) = window().visual_viewport() else { return };
    let on_resize = {
        let viewport = viewport.clone();
        move |_: &web_sys::Event| {
            // Pinched to look closer, one does not want less of the page.
            let height = if viewport.scale() > 1.0 { String::new() } else { browser::pixels(viewport.height()) };
            if let Some(root) = document_element().dyn_ref::<HtmlElement>() {
                let _ = root.style().set_property("--height", &height);
            }
        }
    };
    EventListener::new(&viewport, "resize", on_resize).forget();
}
