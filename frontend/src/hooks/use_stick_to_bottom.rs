//! Keeps a log's end in sight while one reads at the end, and one's place while one reads elsewhere.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

/// Nearer to the end than this is at the end, in pixels.
const NEAR: i32 = 100;

/// A scroller that sticks to its end.
pub(crate) struct Stick {
    /// For the scroller's `ref`.
    pub(crate) node: NodeRef,
    /// For the scroller's `onscroll`.
    pub(crate) on_scroll: Callback<Event>,
}

/// `first` names the first row shown: where another comes above it, the place is kept. Browsers' own anchoring is off
/// in the style sheet, since Safari has none. `at_end` is whether one reads at the end: kept up to date here, and set by
/// whoever takes the reader there or away.
#[hook]
pub(crate) fn use_stick_to_bottom(first: Option<u32>, at_end: &Rc<Cell<bool>>) -> Stick {
    let node = use_node_ref();
    let known = use_memo((), |()| Cell::new((first, 0)));
    let redraw = use_force_update();

    let on_scroll = use_callback((), {
        let (node, at_end, last_top) = (node.clone(), Rc::clone(at_end), Cell::new(0));
        move |_, ()| {
            let Some(log) = node.cast::<Element>() else { return };
            let went_up = log.scroll_top() < last_top.replace(log.scroll_top());
            // Further from the end without having gone up: rows have come that the effect below has not followed yet.
            let still = near_end(&log) || (at_end.get() && !went_up);
            if at_end.replace(still) != still {
                redraw.force_update();
            }
        }
    });
    use_effect({
        let (node, at_end) = (node.clone(), Rc::clone(at_end));
        move || {
            let Some(log) = node.cast::<Element>() else { return };
            let (known_first, known_height) = known.replace((first, log.scroll_height()));
            if at_end.get() {
                log.set_scroll_top(log.scroll_height());
            } else if known_first != first {
                log.set_scroll_top(log.scroll_top() + log.scroll_height() - known_height);
                // A log too short to be scrolled sends no event that would say so.
                at_end.set(near_end(&log));
            }
        }
    });
    use_effect_with((), {
        let (node, at_end) = (node.clone(), Rc::clone(at_end));
        move |()| on_resize(node.cast(), at_end)
    });
    Stick { node, on_scroll }
}

fn near_end(log: &Element) -> bool {
    log.scroll_height() - log.scroll_top() - log.client_height() < NEAR
}

/// Follows the end when the scroller itself grows or shrinks: a window, a keyboard, a composer of more lines.
fn on_resize(log: Option<Element>, at_end: Rc<Cell<bool>>) -> impl FnOnce() + 'static {
    let resized = Closure::<dyn Fn()>::new({
        let log = log.clone();
        move || {
            if let (Some(log), true) = (&log, at_end.get()) {
                log.set_scroll_top(log.scroll_height());
            }
        }
    });
    let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
    if let (Some(observer), Some(log)) = (&observer, &log) {
        observer.observe(log);
    }
    move || {
        if let Some(observer) = observer {
            observer.disconnect();
        }
        drop(resized);
    }
}
