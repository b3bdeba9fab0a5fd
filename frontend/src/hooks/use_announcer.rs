//! How new messages are read aloud: each by itself while few come, and by their number where many do, or where one reads
//! elsewhere.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::use_on;

/// How long messages are counted before their number is told, in milliseconds.
const SPAN_MS: u32 = 3000;
/// More messages than these in that time are told by their number.
const FEW: usize = 5;

/// What is read aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Messages are read as they come.
    pub(crate) aloud: bool,
    /// So many have come instead; 0 for nothing to tell.
    pub(crate) count: usize,
}

/// `heard` counts the messages that others have said since the page was opened.
#[hook]
pub(crate) fn use_announcer(heard: usize, at_end: bool) -> Heard {
    // What had been heard when the present span began, and what is told of the one before.
    let span = use_state_eq(|| (heard, 0));
    let (before, told) = *span;
    let now = use_mut_ref(|| (heard, at_end));
    *now.borrow_mut() = (heard, at_end);
    use_on([before.to_string(), (heard > before).to_string()].concat(), {
        let span = span.setter();
        Box::new(move || {
            let timer = (heard > before).then(|| {
                Timeout::new(SPAN_MS, move || {
                    let (heard, at_end) = *now.borrow();
                    let count = heard - before;
                    span.set((heard, if at_end && count <= FEW { 0 } else { count }));
                })
            });
            Some(Box::new(timer))
        })
    });
    let new = heard - before;
    Heard { aloud: at_end && new <= FEW, count: if new > 0 { 0 } else { told } }
}
