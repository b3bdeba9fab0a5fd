//! How anything with a socket joins this room: a panel over the room, and what an empty room shows in its middle.

use commonroom_protocol::Join;
use yew::prelude::*;

use super::copy_button::CopyButton;
use super::qr_code::qr_code;
use crate::frame::Node;
use crate::hooks::View;
use crate::join::ways;
use crate::text::Text;

/// How the panel is to be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Panel {
    /// It is a part of the room: it need not be opened.
    pub(super) shown: bool,
    /// It has been opened. What nobody sees is not drawn, for each message would draw it again.
    pub(super) open: bool,
    /// A plain socket has come since.
    pub(super) arrived: bool,
}

/// The panel. It tells when it is opened, and when it is closed.
pub(super) fn join(view: &View, panel: Panel, on_toggle: &Callback<bool>, text: &'static Text) -> Html {
    let tell = on_toggle.reform(|event: Event| opens(&event));
    html! {
        <section id="join" class="panel" data-is={panel.shown.then_some("shown")} popover="auto" role="dialog" aria-label={text.join_title} ontoggle={tell}>
            <header>
                <h2>{text.join_title}</h2>
                <button type="button" popovertarget="join">{text.close}</button>
            </header>
            if panel.shown || panel.open {
                {plain(view, panel.arrived, text)}
                {for view.join.http.first().map(|server| link(server, &view.name, text))}
            }
        </section>
    }
}

fn opens(toggle: &Event) -> bool {
    toggle.field("newState").and_then(|state| state.text()).is_some_and(|state| state == "open")
}

/// The ways of plain sockets, and a light that shows when one has come.
fn plain(view: &View, arrived: bool, text: &'static Text) -> Html {
    let Join { tcp, tls, .. } = &*view.join;
    let Some(address) = tcp.first() else { return html! { <p>{text.join_nobody_listens}</p> } };
    let (light, words) = if arrived { (Some("on"), text.join_arrived) } else { (None, text.join_waiting) };
    html! {
        <>
            <div class="ways">{for ways(address, *tls, &view.name).enumerate().map(|(at, way)| shown(at == 0, way, text))}</div>
            <div class="others">{for tcp.iter().skip(1).map(|other| html! { <code dir="ltr">{other}</code> })}</div>
            <p class="light" data-is={light} role="status">{words}</p>
        </>
    }
}

/// What one chooses, and the words that it brings; the first way is chosen until one does.
fn shown(first: bool, (program, words): (&'static str, String), text: &'static Text) -> Html {
    let words = AttrValue::from(words);
    html! {
        <>
            <label><input type="radio" name="way" ~defaultChecked={first} />{program}</label>
            <div dir="ltr"><pre>{&words}</pre><CopyButton what={words} {text} /></div>
        </>
    }
}

/// The page of this room, for whoever has a browser.
fn link(server: &str, room: &str, text: &Text) -> Html {
    let url = [server, "/r/", &String::from(js_sys::encode_uri_component(room))].concat();
    let words = text.join_scan(&url);
    html! {
        <div class="scan">
            {qr_code(&url, url.clone())}
            <a href={url}>{words}</a>
        </div>
    }
}

#[cfg(test)]
mod tests;
