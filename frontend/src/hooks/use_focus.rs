//! Whether somebody looks at the page: its window has the focus.

use gloo_events::EventListener;
use gloo_utils::{document, window};
use yew::prelude::*;

use super::use_on;

/// True while the window has the focus.
#[hook]
pub(crate) fn use_focus() -> bool {
    let focus = use_state_eq(has_focus);
    let setter = focus.setter();
    use_on(
        String::new(),
        Box::new(move || {
            let listeners = ["focus", "blur", "pageshow"].map(|event| {
                let setter = setter.clone();
                EventListener::new(&window(), event, move |_| setter.set(has_focus()))
            });
            Some(Box::new(listeners))
        }),
    );
    *focus
}

fn has_focus() -> bool {
    document().has_focus().unwrap_or(true)
}
