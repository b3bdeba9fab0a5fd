//! Whether somebody looks at the page: its window has the focus.

use gloo_events::EventListener;
use gloo_utils::{document, window};
use yew::prelude::*;

/// True while the window has the focus.
#[hook]
pub(crate) fn use_focus() -> bool {
    let focus = use_state_eq(has_focus);
    let setter = focus.setter();
    use_effect_with((), move |()| {
        let listeners = ["focus", "blur", "pageshow"].map(|event| {
            let setter = setter.clone();
            EventListener::new(&window(), event, move |_| setter.set(has_focus()))
        });
        move || drop(listeners)
    });
    *focus
}

fn has_focus() -> bool {
    document().has_focus().unwrap_or(true)
}
