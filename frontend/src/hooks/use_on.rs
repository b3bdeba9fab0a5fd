//! What follows from a change: Yew's `use_effect_with`, in one shape for all. Each kind of closure and key costs a browser
//! a kilobyte to load.

use std::any::Any;

use yew::prelude::*;

/// What an effect leaves: dropped before the next one, and at the end.
pub(crate) type Kept = Option<Box<dyn Any>>;

/// Runs the effect after this has been drawn for the first time, and again whenever the key is another.
#[hook]
pub(crate) fn use_on(key: String, effect: Box<dyn FnOnce() -> Kept>) {
    use_effect_with(key, move |_| {
        let kept = effect();
        Box::new(move || drop(kept)) as Box<dyn FnOnce()>
    });
}
