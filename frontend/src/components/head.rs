//! The room's name and its connection.

use std::rc::Rc;

use yew::prelude::*;

use super::language_picker::LanguagePicker;
use super::theme_switch::ThemeSwitch;
use crate::hooks::use_text;
use crate::state::Link;

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
    let (state, words) = match props.link {
        Link::Connecting => ("connecting", text.connecting),
        Link::Connected => ("connected", text.connected),
        Link::Waiting => ("waiting", text.waiting),
        Link::Stopped(_) => ("stopped", text.stopped),
    };
    let on_retry = props.on_retry.reform(|_: MouseEvent| ());
    html! {
        <header class="head">
            <h1 dir="auto">{&*props.name}</h1>
            <span class="sub">{(text.here)(props.here)}</span>
            <div class="tools">
                <span class="pill" role="status" data-state={state}>{words}</span>
                if props.link == Link::Waiting {
                    <button type="button" onclick={on_retry}>{text.retry_now}</button>
                }
                <LanguagePicker />
                <ThemeSwitch />
            </div>
            if let Link::Stopped(why) = props.link {
                <p class="stop" role="alert">{(text.stop)(why)}</p>
            }
        </header>
    }
}

#[cfg(test)]
mod tests;
