//! The line that brings a terminal into this room. A click copies it.

use yew::prelude::*;

use crate::browser;
use crate::hooks::use_text;

#[derive(Properties, PartialEq)]
pub(crate) struct InviteProps {
    /// Where plain sockets come in, as `HOST:PORT`.
    pub(crate) address: String,
}

#[component]
pub(crate) fn Invite(props: &InviteProps) -> Html {
    let text = use_text();
    let copied = use_state(|| false);
    let line = ["nc ", &words(&props.address)].concat();
    let onclick = {
        let (copied, line) = (copied.setter(), line.clone());
        move |_: MouseEvent| copied.set(browser::copy(&line))
    };
    html! {
        <button type="button" id="invite" class="invite" title={text.copy} {onclick}>
            <span>{if *copied { text.copied } else { text.join_by }}</span>
            <code dir="ltr">{line}</code>
        </button>
    }
}

/// `HOST:PORT` as nc wants it: two words, and an IPv6 address without its brackets.
fn words(address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    [host.trim_start_matches('[').trim_end_matches(']'), " ", port].concat()
}
