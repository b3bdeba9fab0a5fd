//! How new messages are read aloud: each by itself while few come, and by their number where many do, or where one reads
//! elsewhere.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

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
    let told = use_state_eq(|| 0);
    // What had been heard when the present span began.
    let before = use_state_eq(|| heard);
    let now = use_mut_ref(|| (heard, at_end));
    *now.borrow_mut() = (heard, at_end);
    let timer = use_mut_ref(|| None::<Timeout>);
    let aloud = at_end && heard - *before <= FEW;
    use_effect_with(heard > *before, {
        let (told, before_now, before) = (told.setter(), *before, before.setter());
        move |&new| {
            if new {
                told.set(0);
                *timer.borrow_mut() = Some(Timeout::new(SPAN_MS, move || {
                    let (heard, at_end) = *now.borrow();
                    let count = heard - before_now;
                    told.set(if at_end && count <= FEW { 0 } else { count });
                    before.set(heard);
                }));
            }
        }
    });
    Heard { aloud, count: *told }
}
