//! Makes the page one that can be installed, and that opens without its server: `sw.js` does so in the background. Only a
//! secure context has it (https, or this very machine); elsewhere, and where the user forbids it, the page works without.

use gloo_utils::window;
use js_sys::{Array, Promise, Reflect};

use crate::browser;

/// Hands the page to the worker. index.html asks once more for what came before the worker was there.
pub(crate) fn install() {
    let navigator = window().navigator();
    if Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        let registered = navigator.service_worker().register(&browser::below("/sw.js"));
        // A refusal that nobody waits for would be an error of the page.
        let _ = Promise::all_settled(&Array::of1(&registered));
    }
}
