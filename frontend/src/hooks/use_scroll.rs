//! Keeps a log's end in sight while one reads at the end, and one's place while one reads elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};
use yew::prelude::*;

/// Nearer to the end than this is at the end, in pixels.
const NEAR: i32 = 100;
/// Nearer to an edge of what is drawn than this, in pixels, more should be drawn.
const EDGE: i32 = 600;
const ROWS: &str = "[data-row]";

/// An edge of what is drawn, which one has come near to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Upper,
    Lower,
}

/// A scroller that sticks to its end.
pub(crate) struct Scroll {
    /// For the scroller's `ref`.
    pub(crate) node: NodeRef,
    /// For the scroller's `onscroll`.
    pub(crate) on_scroll: Callback<Event>,
}

/// Where rows come or go above what one reads, the place is kept. Browsers' own anchoring is off in the style sheet,
/// since Safari has none.
///
/// `at_end` is whether one reads at the end: kept up to date here, and set by whoever takes the reader there or away.
/// `ends` is whether what is drawn ends with the newest row: if not, its lower edge is not the end. `on_edge` is told
/// when one comes near to an edge by scrolling.
#[hook]
pub(crate) fn use_scroll(at_end: &Rc<Cell<bool>>, ends: bool, on_edge: Callback<Edge>) -> Scroll {
    let node = use_node_ref();
    let place = use_memo((), {
        let at_end = Rc::clone(at_end);
        |()| Place { at_end, ends: Cell::new(ends), anchor: RefCell::default() }
    });
    place.ends.set(ends);
    let redraw = use_force_update();

    let last_top = use_mut_ref(|| 0);
    let on_scroll = {
        let (node, place) = (node.clone(), Rc::clone(&place));
        Callback::from(move |_| {
            let Some(log) = node.cast::<Element>() else { return };
            let top = log.scroll_top();
            let went = top - last_top.replace(top);
            if place.scrolled(&log, went) {
                redraw.force_update();
            }
            if went < 0 && top < EDGE {
                on_edge.emit(Edge::Upper);
            } else if went > 0 && below(&log) < EDGE && !place.at_end.get() {
                on_edge.emit(Edge::Lower);
            }
        })
    };
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
    Scroll { node, on_scroll }
}

/// Where one reads.
struct Place {
    at_end: Rc<Cell<bool>>,
    ends: Cell<bool>,
    /// The first row in sight, and where it stands in the window: it is to stay there, whatever comes or goes.
    anchor: RefCell<Option<(HtmlElement, i32)>>,
}

impl Place {
    /// Takes in that one has scrolled, by so many pixels. True where one has come to the end by it, or left it.
    fn scrolled(&self, log: &Element, went: i32) -> bool {
        // Further from the end without having gone up: rows have come that have not been followed yet.
        let still = self.ends.get() && (below(log) < NEAR || (self.at_end.get() && went >= 0));
        self.remember(log);
        self.at_end.replace(still) != still
    }

    /// Goes where the reader's place is, now that rows have come or gone.
    fn keep(&self, log: &Element) {
        if self.at_end.get() {
            log.set_scroll_top(log.scroll_height());
        } else if let Some((anchor, top)) = self.anchor.take().filter(|(anchor, _)| anchor.is_connected()) {
            let moved = anchor.offset_top() - log.scroll_top() - top;
            if moved != 0 {
                log.set_scroll_top(log.scroll_top() + moved);
            }
            // A log too short to be scrolled sends no event that would say so.
            self.at_end.set(self.ends.get() && log.scroll_height() <= log.client_height());
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
        self.anchor.replace(first_in_sight(log).map(|row| (row.clone(), row.offset_top() - log.scroll_top())));
    }
}

/// The first row that ends below the upper edge.
fn first_in_sight(log: &Element) -> Option<HtmlElement> {
    let rows = log.query_selector_all(ROWS).ok()?;
    let row = |at| rows.get(at).and_then(|row| row.dyn_into::<HtmlElement>().ok());
    let edge = log.scroll_top() + top_of(log);
    let (mut low, mut high) = (0, rows.length());
    while low < high {
        let middle = low.midpoint(high);
        let ends_above = row(middle).is_none_or(|row| row.offset_top() + row.offset_height() <= edge);
        (low, high) = if ends_above { (middle + 1, high) } else { (low, middle) };
    }
    row(low)
}

/// Rows are measured from the same edge as the scroller itself.
fn top_of(log: &Element) -> i32 {
    log.dyn_ref::<HtmlElement>().map_or(0, HtmlElement::offset_top)
}

fn below(log: &Element) -> i32 {
    log.scroll_height() - log.scroll_top() - log.client_height()
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
