//! The room's name, its connection, and the ways to the sheets where there are no columns.

use std::rc::Rc;

use yew::prelude::*;

use super::language_picker::LanguagePicker;
use super::theme_switch::ThemeSwitch;
use crate::hooks::use_text;
use crate::intl;
use crate::state::Link;
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct HeadProps {
    pub(crate) name: Rc<str>,
    pub(crate) link: Link,
    pub(crate) here: usize,
    pub(crate) on_retry: Callback<()>,
}

#[component]
pub(crate) fn Head(props: &HeadProps) -> Html {
    let text = use_text();
    let here = intl::count(props.here as u64, text);
    html! {
        <header class="head">
            <button type="button" class="menu" popovertarget="rooms" aria-label={text.rooms} />
            <h1 dir="auto">{&*props.name}</h1>
            <button type="button" class="crowd" popovertarget="people" aria-label={text.who_is_here}>{&here.digits}</button>
            <span class="sub">{(text.here)(&here)}</span>
            {link(props, text)}
            <div class="tools">
                <LanguagePicker />
                <ThemeSwitch />
            </div>
            if let Link::Stopped(why) = props.link {
                <p class="stop" role="alert">{(text.stop)(why)}</p>
            }
        </header>
    }
}

/// The pill. Its seconds are for the eye: what is read aloud changes with the state alone.
fn link(props: &HeadProps, text: &Text) -> Html {
    let (state, aloud) = match props.link {
        Link::Connecting => ("connecting", text.connecting),
        Link::Connected => ("connected", text.connected),
        Link::Waiting(_) => ("waiting", text.lost),
        Link::Offline => ("offline", text.offline),
        Link::Stopped(_) => ("stopped", text.stopped),
    };
    let seconds = match props.link {
        Link::Waiting(seconds) => Some((text.reconnecting)(&intl::count(seconds.into(), text))),
        _ => None,
    };
    let on_retry = props.on_retry.reform(|_: MouseEvent| ());
    html! {
        <div class="link" data-state={state}>
            <span class="aloud" role="status">{aloud}</span>
            <span class="pill" data-state={state} aria-hidden="true">{seconds.unwrap_or_else(|| aloud.to_owned())}</span>
            if matches!(props.link, Link::Waiting(_) | Link::Offline) {
                <button type="button" id="retry" onclick={on_retry}>{text.retry_now}</button>
            }
        </div>
    }
}
