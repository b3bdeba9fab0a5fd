//! The rooms one may go to, and how a terminal comes in: a column at the side, a sheet on a phone.

use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::state::RoomView;
use crate::text::Text;
use crate::visited::Visited;

/// The column; `view` is the room one is in.
pub(crate) fn rooms(view: &RoomView, visited: &Visited, text: &'static Text) -> Html {
    let room = |name: &String| {
        let current = (**name == *view.name).then_some("page");
        html! {
            <a key={name.as_str()} class="room" href={["/r/", name].concat()} aria-current={current} dir="auto">{name}</a>
        }
    };
    html! {
        <nav id="rooms" class="rooms" popover="auto" tabindex="-1" aria-label={text.rooms}>
            <div class="brand">
                <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20V9l8-5 8 5v11M9 20v-6h6v6" /></svg>
                {"Commonroom"}
            </div>
            {for visited.names().iter().map(room)}
            if let Some(address) = view.tcp.first() {
                {invite(address, text)}
            }
        </nav>
    }
}

/// The line that brings a terminal into this room.
pub(super) fn invite(address: &str, text: &'static Text) -> Html {
    let line = AttrValue::from(["nc ", &words(address)].concat());
    html! {
        <CopyButton what={&line} class="invite" label={text.join_by} {text}><code dir="ltr">{line}</code></CopyButton>
    }
}

/// `HOST:PORT` as nc wants it: two words, and an IPv6 address without its brackets.
fn words(address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    [host.trim_start_matches('[').trim_end_matches(']'), " ", port].concat()
}
