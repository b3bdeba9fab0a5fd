//! A server of another build has another page: this one gives way to it, but not while somebody writes in it.

use gloo_timers::callback::Interval;

use crate::browser;
use crate::storage;

/// How often it is looked whether somebody still writes, in milliseconds.
const LOOK_MS: u32 = 1000;

/// A server of this build has let us in. The page may be older: it opens without its server, too.
pub(crate) fn meet(build: &str) {
    // Whatever may keep an old page between the server and us: it is asked for the new one once.
    if browser::build().is_some_and(|own| own != *build) && storage::meet(build) {
        Interval::new(LOOK_MS, || {
            if !browser::is_writing() {
                browser::reload();
            }
        })
        .forget();
    }
}
