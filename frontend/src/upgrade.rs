//! A server of another build has another page: this one gives way to it, but not while somebody writes in it.

use std::cell::RefCell;

use gloo_timers::callback::Interval;

use crate::browser;

/// How often it is looked whether somebody still writes, in milliseconds.
const LOOK_MS: u32 = 1000;

thread_local! {
    /// The build that the page came with, which is that of the first server it met.
    static OWN: RefCell<String> = RefCell::default();
}

/// A server of this build has let us in.
pub(crate) fn meet(build: &str) {
    OWN.with_borrow_mut(|own| {
        if own.is_empty() {
            build.clone_into(own);
        } else if *own != *build {
            Interval::new(LOOK_MS, || {
                if !browser::is_writing() {
                    browser::reload();
                }
            })
            .forget();
        }
    });
}
