//! Keeps a log's end in sight while one reads at the end, and one's place while one reads elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};
use yew::prelude::*;

/// Nearer to the end than this is at the end, in pixels.
const NEAR: i32 = 100;
/// The newest row of a log.
const NEWEST: &str = "[role=log] > :last-child";

/// A scroller that sticks to its end.
pub(crate) struct Stick {
    /// For the scroller's `ref`.
    pub(crate) node: NodeRef,
    /// For the scroller's `onscroll`.
    pub(crate) on_scroll: Callback<Event>,
}

/// Where rows come or go above what one reads, the place is kept. Browsers' own anchoring is off in the style sheet,
/// since Safari has none. `at_end` is whether one reads at the end: kept up to date here, and set by whoever takes the
/// reader there or away.
#[hook]
pub(crate) fn use_stick_to_bottom(at_end: &Rc<Cell<bool>>) -> Stick {
    let node = use_node_ref();
    let place = use_memo((), {
        let at_end = Rc::clone(at_end);
        |()| Place { at_end, anchor: RefCell::default() }
    });
    let redraw = use_force_update();

    let on_scroll = use_callback((), {
        let (node, at_end, last_top) = (node.clone(), Rc::clone(at_end), Cell::new(0));
        move |_, ()| {
            let Some(log) = node.cast::<Element>() else { return };
            let went_up = log.scroll_top() < last_top.replace(log.scroll_top());
            // Further from the end without having gone up: rows have come that have not been followed yet.
            let still = near_end(&log) || (at_end.get() && !went_up);
            if at_end.replace(still) != still {
                redraw.force_update();
            }
        }
    });
    use_effect({
        let (node, place) = (node.clone(), Rc::clone(&place));
        move || {
            if let Some(log) = node.cast() {
                place.keep(&log);
            }
        }
    });
    use_effect_with((), {
        let node = node.clone();
        move |()| watch(node.cast(), place)
    });
    Stick { node, on_scroll }
}

/// Where one reads.
struct Place {
    at_end: Rc<Cell<bool>>,
    /// The newest row there was, and where it stood. Rows that come later stand below it: it moves with what one reads.
    anchor: RefCell<Option<(HtmlElement, i32)>>,
}

impl Place {
    /// Goes where the reader's place is, now that rows have come or gone.
    fn keep(&self, log: &Element) {
        if self.at_end.get() {
            log.set_scroll_top(log.scroll_height());
        } else if let Some((anchor, top)) = self.anchor.take().filter(|(anchor, _)| anchor.is_connected()) {
            if anchor.offset_top() != top {
                log.set_scroll_top(log.scroll_top() + anchor.offset_top() - top);
            }
            // A log too short to be scrolled sends no event that would say so.
            self.at_end.set(log.scroll_height() <= log.client_height());
        }
        self.remember(log);
    }

    /// The scroller has another size: a window, a keyboard, a composer of more lines.
    fn resized(&self, log: &Element) {
        if self.at_end.get() {
            log.set_scroll_top(log.scroll_height());
        }
        self.remember(log);
    }

    fn remember(&self, log: &Element) {
        let newest = log.query_selector(NEWEST).ok().flatten().and_then(|row| row.dyn_into::<HtmlElement>().ok());
        self.anchor.replace(newest.map(|row| (row.clone(), row.offset_top())));
    }
}

fn near_end(log: &Element) -> bool {
    log.scroll_height() - log.scroll_top() - log.client_height() < NEAR
}

/// Keeps the place when the scroller grows or shrinks, and before a frame can show rows that have come or gone: Yew may
/// let the browser paint between those and its effects.
fn watch(log: Option<Element>, place: Rc<Place>) -> impl FnOnce() + 'static {
    let calls = |keep: fn(&Place, &Element)| {
        let (log, place) = (log.clone(), Rc::clone(&place));
        Closure::<dyn Fn()>::new(move || log.iter().for_each(|log| keep(&place, log)))
    };
    let (moved, resized) = (calls(Place::keep), calls(Place::resized));
    let mutations = MutationObserver::new(function(&moved)).ok();
    let sizes = ResizeObserver::new(function(&resized)).ok();
    if let Some(log) = &log {
        if let Some(mutations) = &mutations {
            let rows = MutationObserverInit::new();
            rows.set_child_list(true);
            rows.set_subtree(true);
            let _ = mutations.observe_with_options(log, &rows);
        }
        if let Some(sizes) = &sizes {
            sizes.observe(log);
        }
    }
    move || {
        mutations.iter().for_each(MutationObserver::disconnect);
        sizes.iter().for_each(ResizeObserver::disconnect);
        drop((moved, resized));
    }
}

fn function(closure: &Closure<dyn Fn()>) -> &js_sys::Function {
    let value: &JsValue = closure.as_ref();
    value.unchecked_ref()
}
