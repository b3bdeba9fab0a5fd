//! Keeps a log's end in sight while one reads at the end, and one's place while one reads elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};
use yew::prelude::*;

use super::use_on;

/// Nearer to the end than this is at the end, in pixels.
const NEAR: i32 = 100;
/// Nearer to an edge of what is drawn than this, in pixels, more should be drawn.
const EDGE: i32 = 600;
const ROWS: &str = "[data-row]";
/// It is there while nothing has been said.
const QUIET: &str = ".empty > p";

/// Where one has come or wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Near to the upper edge of what is drawn.
    Upper,
    /// Near to the lower edge of what is drawn.
    Lower,
    /// All the way up.
    Start,
    /// All the way down.
    End,
}

/// Where one reads in a log, and what of it is drawn. Browsers' own anchoring is off in the style sheet, since Safari has
/// none: where rows come or go above what one reads, the place is kept here.
pub(crate) struct Reader {
    /// One reads at the end: kept up to date here, and set by whoever takes the reader there or away.
    pub(crate) at_end: Cell<bool>,
    /// What is drawn ends with the newest row: if not, its lower edge is not the end.
    pub(crate) ends: Cell<bool>,
    place: RefCell<Option<Place>>,
    last_top: Cell<i32>,
}

/// What one looked at: the first row in sight. It is to stay where it is on the screen, whatever comes or goes.
struct Place {
    row: HtmlElement,
    /// How far down the row was.
    down: i32,
    /// How far down one had scrolled.
    top: i32,
}

impl Default for Reader {
    fn default() -> Self {
        Reader { at_end: Cell::new(true), ends: Cell::new(true), place: RefCell::default(), last_top: Cell::default() }
    }
}

/// Keeps the reader's place in the scroller of this `ref`, from now on.
#[hook]
pub(crate) fn use_scroll(node: &NodeRef, reader: &Rc<Reader>) {
    use_effect({
        let (node, reader) = (node.clone(), Rc::clone(reader));
        move || {
            if let Some(log) = node.cast() {
                reader.keep(&log);
            }
        }
    });
    use_on(String::new(), {
        let (node, reader) = (node.clone(), Rc::clone(reader));
        Box::new(move || Some(Box::new(watch(&node.cast()?, &reader))))
    });
}

impl Reader {
    /// Takes in that one has scrolled: whether one has come to the end by it or left it, and the edge of what is drawn
    /// that one has come near to.
    pub(crate) fn scrolled(&self, log: &Element) -> (bool, Option<Edge>) {
        let top = log.scroll_top();
        let went = top - self.last_top.replace(top);
        // Further from the end without having gone up: rows have come that have not been followed yet.
        let still = self.ends.get() && (below(log) < NEAR || (self.at_end.get() && went >= 0));
        let turned = self.at_end.replace(still) != still;
        self.remember(log);
        let edge = if went < 0 && top < EDGE {
            Some(Edge::Upper)
        } else if went > 0 && below(log) < EDGE && !still {
            Some(Edge::Lower)
        } else {
            None
        };
        (turned, edge)
    }

    /// One is about to look elsewhere: no row is to stay where it is.
    pub(crate) fn leave(&self) {
        self.at_end.set(false);
        self.place.replace(None);
    }

    /// Goes so far down, and stays there.
    pub(crate) fn go_to(&self, log: &Element, top: i32) {
        log.set_scroll_top(top);
        self.remember(log);
    }

    /// Goes where the reader's place is, now that rows have come or gone.
    fn keep(&self, log: &Element) {
        if self.at_end.get() {
            return self.go_to(log, end_of(log));
        }
        if let Some(place) = self.place.borrow_mut().as_mut().filter(|place| place.row.is_connected()) {
            place.keep(log);
        } else {
            self.remember(log);
        }
        // A log too short to be scrolled sends no event that would say so.
        self.at_end.set(self.ends.get() && log.scroll_height() <= log.client_height());
    }

    /// The scroller has another size: a window, a keyboard, a composer of more lines.
    fn resized(&self, log: &Element) {
        if self.at_end.get() {
            log.set_scroll_top(end_of(log));
        }
        self.remember(log);
    }

    fn remember(&self, log: &Element) {
        self.place.replace(Place::of(log));
    }
}

impl Place {
    fn of(log: &Element) -> Option<Self> {
        first_in_sight(log).map(|row| Place { down: row.offset_top(), top: log.scroll_top(), row })
    }

    /// Scrolls by as much as the row has moved.
    fn keep(&mut self, log: &Element) {
        let moved = self.row.offset_top() - std::mem::replace(&mut self.down, self.row.offset_top());
        // Elsewhere than where one was, one has scrolled, of which the event is yet to come: that is not undone. Only at
        // the very end the browser itself may have gone there, since there is no more below.
        if below(log) > 1 {
            self.top = log.scroll_top();
        }
        self.top += moved;
        if self.top != log.scroll_top() {
            log.set_scroll_top(self.top);
        }
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

/// How far down the end is. While nothing has been said, what stands below the last row is read from its top as long as
/// that leaves the row in sight.
fn end_of(log: &Element) -> i32 {
    if !matches!(log.query_selector(QUIET), Ok(Some(_))) {
        return log.scroll_height();
    }
    let rows = log.query_selector_all(ROWS).ok();
    let last = rows.and_then(|rows| rows.get(rows.length().wrapping_sub(1))?.dyn_into::<HtmlElement>().ok());
    last.map_or(0, |row| row.offset_top() + row.offset_height() - top_of(log) - log.client_height())
}

fn below(log: &Element) -> i32 {
    log.scroll_height() - log.scroll_top() - log.client_height()
}

/// What watches a scroller: it ends with this.
struct Watch {
    mutations: Option<MutationObserver>,
    sizes: Option<ResizeObserver>,
    _calls: [Closure<dyn Fn()>; 2],
}

/// Keeps the place when the scroller grows or shrinks, and before a frame can show rows that have come or gone: Yew may
/// let the browser paint between those and its effects.
fn watch(log: &Element, reader: &Rc<Reader>) -> Watch {
    let calls = [Reader::keep as fn(&Reader, &Element), Reader::resized].map(|keep| {
        let (log, reader) = (log.clone(), Rc::clone(reader));
        Closure::<dyn Fn()>::new(move || keep(&reader, &log))
    });
    let mutations = MutationObserver::new(function(&calls[0])).ok();
    let sizes = ResizeObserver::new(function(&calls[1])).ok();
    if let Some(mutations) = &mutations {
        let rows = MutationObserverInit::new();
        rows.set_child_list(true);
        rows.set_subtree(true);
        let _ = mutations.observe_with_options(log, &rows);
    }
    if let Some(sizes) = &sizes {
        sizes.observe(log);
    }
    Watch { mutations, sizes, _calls: calls }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.mutations.iter().for_each(MutationObserver::disconnect);
        self.sizes.iter().for_each(ResizeObserver::disconnect);
    }
}

fn function(closure: &Closure<dyn Fn()>) -> &js_sys::Function {
    let value: &JsValue = closure.as_ref();
    value.unchecked_ref()
}
