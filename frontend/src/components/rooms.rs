//! The rooms one is in, those one was in, and the ways to others: a column at the side, a sheet on a phone.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::language_picker::language_picker;
use super::theme_switch::theme_switch;
use crate::address::RoomName;
use crate::browser;
use crate::hooks::{Choice, Rooms, View};
use crate::intl;
use crate::join::by_terminal;
use crate::state::Change;
use crate::storage;
use crate::text::Text;
use crate::theme::Theme;

/// The column; `place` is the room one looks at.
pub(crate) fn rooms(
    rooms: &Rooms,
    place: &RoomName,
    go: &Callback<RoomName>,
    language: &Choice<&'static Text, HtmlSelectElement>,
    theme: &Choice<Theme>,
) -> Html {
    let text = language.0;
    let go = go.reform(|room: RoomName| {
        browser::close_sheets();
        room
    });
    let leave = leave(rooms, place, &go);
    let visited = storage::visited();
    let mut names: Vec<_> = visited.names().iter().filter_map(|name| RoomName::typed(name)).collect();
    let others = rooms.open.iter().map(|(name, _)| name).filter(|name| !names.contains(name)).cloned();
    names.extend(others.collect::<Vec<_>>());
    let invited = rooms.view(place);
    html! {
        <nav id="rooms" class="rooms" popover="auto" tabindex="-1" aria-label={text.rooms}>
            <div class="brand">
                <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20V9l8-5 8 5v11M9 20v-6h6v6" /></svg>
                {"Commonroom"}
            </div>
            <ul>
                {for names.iter().map(|name| room(name, rooms.find(name), name == place, &go, &leave, text))}
            </ul>
            {join_by_name(&go, text)}
            if let Some(address) = invited.join.tcp.first() {
                {invite(by_terminal(address, invited.join.tls), text)}
            }
            <div class="tools">
                {language_picker(language)}
                {theme_switch(theme, text)}
            </div>
        </nav>
    }
}

/// A room, with what is new there if one is in it.
fn room(
    name: &RoomName,
    view: Option<&View>,
    current: bool,
    go: &Callback<RoomName>,
    leave: &Callback<RoomName>,
    text: &Text,
) -> Html {
    let on_leave = {
        let name = name.clone();
        leave.reform(move |_: MouseEvent| name.clone())
    };
    html! {
        <li key={name.as_str()}>
            {link(name, current, go, view.map(|view| news(view, text)))}
            <button type="button" class="leave" title={text.leave} aria-label={text.leave_room(name.as_str())} onclick={on_leave} />
        </li>
    }
}

/// How much is unread, and whether it means one.
fn news(view: &View, text: &Text) -> Html {
    let unread = &view.unread;
    if unread.count == 0 {
        return Html::default();
    }
    let count = intl::count(unread.count as u64, text);
    let (is, words) = match unread.mentions {
        0 => (None, text.news(&count)),
        mentions => (Some("you"), text.mentions(&intl::count(mentions as u64, text))),
    };
    html! { <b data-is={is} title={words.clone()} aria-label={words} role="img">{count.digits}</b> }
}

/// The way to a room; where one is not in it, nothing stands `beside` its name.
fn link(name: &RoomName, current: bool, go: &Callback<RoomName>, beside: Option<Html>) -> Html {
    let onclick = {
        let name = name.clone();
        go.reform(move |event: MouseEvent| {
            event.prevent_default();
            name.clone()
        })
    };
    html! {
        <a class="room" data-is={beside.is_none().then_some("out")} href={browser::below(&name.path())}
            aria-current={current.then_some("page")} {onclick}>
            <span dir="auto">{name.as_str().to_owned()}</span>
            {beside}
        </a>
    }
}

fn join_by_name(go: &Callback<RoomName>, text: &'static Text) -> Html {
    let go = go.clone();
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = browser::by_id::<HtmlInputElement>("room") else { return };
        if let Some(room) = RoomName::typed(&field.value()) {
            field.set_value("");
            go.emit(browser::folded(&room));
        } else {
            browser::blame(&field, &text.not_done(text.refused_room_bad));
        }
    };
    let oninput = |event: InputEvent| browser::blame(&event.target_unchecked_into(), "");
    html! {
        <form class="goto" {onsubmit} {oninput}>
            <input id="room" autocomplete="off" autocapitalize="off" dir="auto" enterkeyhint="go"
                aria-label={text.join_room} placeholder={text.join_room} />
        </form>
    }
}

/// Leaves a room; one that was looked at gives way to another.
fn leave(rooms: &Rooms, place: &RoomName, go: &Callback<RoomName>) -> Callback<RoomName> {
    let (rooms, place, go) = (rooms.clone(), place.clone(), go.clone());
    Callback::from(move |name: RoomName| {
        let other = rooms.open.iter().map(|(other, _)| other).find(|other| **other != name);
        let other = other.cloned().unwrap_or_default();
        // Somewhere one must be.
        if other == name {
            return;
        }
        storage::forget(name.as_str());
        if name == place {
            go.emit(other);
        }
        rooms.change.emit(Change::Leave(name));
    })
}

/// Opens the panel with all ways to join; what stands on it is one of them.
fn invite(by_terminal: String, text: &Text) -> Html {
    html! {
        <button type="button" class="invite" popovertarget="join">
            {text.join_by}
            <code dir="ltr">{by_terminal}</code>
        </button>
    }
}

#[cfg(test)]
mod tests;
