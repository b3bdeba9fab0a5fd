//! The room's name, its connection, and the ways to the sheets where there are no columns.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::backoff::Stop;
use crate::browser;
use crate::intl;
use crate::state::{Link, RoomView};
use crate::text::Text;

/// The line above the log.
pub(crate) fn head(view: &RoomView, text: &Text, on_retry: &Callback<()>, on_password: &Callback<String>) -> Html {
    let here = intl::count(view.here as u64, text);
    html! {
        <header class="head">
            <button type="button" class="menu" popovertarget="rooms" aria-label={text.rooms} />
            <h1 dir="auto">{&*view.name}</h1>
            <button type="button" class="crowd" popovertarget="people" aria-label={text.people(&here)}>{&here.digits}</button>
            <span class="sub">{text.here(&here)}</span>
            {pill(view, text, on_retry)}
            <div class="tools">
                <button type="button" class="find" popovertarget="search" aria-label={text.search} title={text.search} />
                <button type="button" class="bell" popovertarget="notify" aria-label={text.notify} title={text.notify} />
            </div>
            if let Link::Stopped(why) = view.link {
                <p class="stop" role="alert">{text.stop(why)}</p>
                if why == Stop::Password {
                    {password(text, on_password)}
                }
            }
        </header>
    }
}

/// Where one gives the word that opens the room.
fn password(text: &Text, on_password: &Callback<String>) -> Html {
    let onsubmit = on_password.reform(|event: SubmitEvent| {
        event.prevent_default();
        browser::by_id::<HtmlInputElement>("password").map(|field| field.value()).unwrap_or_default()
    });
    html! {
        <form class="password" {onsubmit}>
            <input id="password" type="password" autocomplete="current-password" required=true aria-label={text.stop_password} />
            <button>{text.send}</button>
        </form>
    }
}

/// The pill. Its seconds are for the eye: what is read aloud changes with the state alone.
fn pill(view: &RoomView, text: &Text, on_retry: &Callback<()>) -> Html {
    let (state, aloud) = match view.link {
        Link::Connecting => ("connecting", text.connecting),
        Link::Connected => ("connected", text.connected),
        Link::Waiting(_) => ("waiting", text.lost),
        Link::Offline => ("offline", text.offline),
        Link::Stopped(_) => ("stopped", text.stopped),
    };
    let seconds = match view.link {
        Link::Waiting(seconds) => Some(text.reconnecting(&intl::count(seconds.into(), text))),
        _ => None,
    };
    let on_retry = on_retry.reform(|_: MouseEvent| ());
    html! {
        <div class="link" data-is={view.lost.then_some("lost")}>
            <span class="aloud" role="status">{aloud}</span>
            <span class="pill" data-state={state} aria-hidden="true">{seconds.unwrap_or_else(|| aloud.to_owned())}</span>
            if matches!(view.link, Link::Waiting(_) | Link::Offline) {
                <button type="button" id="retry" onclick={on_retry}>{text.retry_now}</button>
            }
        </div>
    }
}

#[cfg(test)]
mod tests;
