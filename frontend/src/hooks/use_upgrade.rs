//! A server of another build has another page: this one gives way to it, but not while somebody writes in it.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use yew::prelude::*;

use crate::browser;

/// How often it is looked whether somebody still writes, in milliseconds.
const LOOK_MS: u32 = 1000;

/// `build` is the server's, empty before the first `welcome`. The first one that is told is the page's own.
#[hook]
pub(crate) fn use_upgrade(build: &Rc<str>) {
    let own = use_mut_ref(|| Rc::<str>::from(""));
    use_effect_with(Rc::clone(build), move |build| {
        let mut own = own.borrow_mut();
        if own.is_empty() {
            *own = Rc::clone(build);
        }
        let other = !build.is_empty() && *own != *build;
        let looks = other.then(|| {
            Interval::new(LOOK_MS, || {
                if !browser::is_writing() {
                    browser::reload();
                }
            })
        });
        move || drop(looks)
    });
}
