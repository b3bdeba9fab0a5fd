//! The page: what it shows of the rooms, and where.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::address::RoomName;
use crate::attention::{self, Mark};
use crate::backoff::Stop;
use crate::browser;
use crate::command::{Input, Mistake};
use crate::components::{Composer, Log, Search, head, notify, people, rooms};
use crate::hooks::{Rooms, use_focus, use_on, use_place, use_rooms, use_text, use_theme};
use crate::language;
use crate::session::Command;
use crate::state::{Event as Happened, Link, Local};
use crate::storage;
use crate::text::language_of;

/// Puts the page in the place of index.html's first words, once it knows its own, and hands it to the worker that keeps it.
pub fn mount() {
    spawn_local(async {
        // In several tasks, so that the browser waits for none of them long: loading the program was one.
        TimeoutFuture::new(0).await;
        crate::landmarks::watch();
        crate::viewport::watch();
        browser::show_theme(storage::theme());
        let Some(text) = language::first().await else { return browser::show_failure() };
        language::show(text);
        TimeoutFuture::new(0).await;
        if let Some(place) = browser::by_id("root") {
            yew::Renderer::<App>::with_root(place).render();
        }
        TimeoutFuture::new(0).await;
        crate::install::install();
    });
}

/// The rooms, and one of them: the one that the address names.
#[component]
fn App() -> Html {
    let (language, theme) = (use_text(), use_theme());
    let (place, go) = use_place();
    let all = use_rooms(&place);
    let view = all.view(&place);
    let focus = use_focus();
    let title = title(&view.name, all.unread());
    use_on(title.clone(), {
        Box::new(move || {
            gloo_utils::document().set_title(&title);
            None
        })
    });
    let marked = all.unread() > 0;
    use_on(marked.to_string(), Box::new(move || Some(Box::new(marked.then(Mark::set)??))));
    let waits = all.open.iter().any(|(_, view)| !view.outbox.is_empty());
    use_on(waits.to_string(), {
        Box::new(move || {
            browser::ask_before_leaving(waits);
            None
        })
    });
    let asks = view.link == Link::Stopped(Stop::Password);
    let asked = use_mut_ref(bool::default);
    use_on([place.as_str(), if asks { "?" } else { "" }].concat(), {
        Box::new(move || {
            if asked.replace(asks) || asks {
                browser::focus(if asks { "password" } else { "composer" });
            }
            None
        })
    });
    use_calls(&all, &go);
    let redraw = use_force_update();
    let (epoch, read) = (Rc::clone(&view.epoch), view.unread.read);
    // To have read all of an empty room is not to have been nowhere.
    use_on([place.as_str(), " ", &epoch, " ", &read.map_or(0, |read| read.0 + 1).to_string()].concat(), {
        let place = place.clone();
        Box::new(move || {
            // Without a welcome nothing is known of what was read, and what is kept stays.
            if !epoch.is_empty() {
                storage::keep_last_read(&place, &epoch, read?);
            }
            None
        })
    });
    let text = language.0;

    let command = here(&all.command, &place);
    let tell = here(&all.tell, &place);
    let on_input = on_input(&all, &place, &go);
    let on_mistake = tell.reform(|mistake: Mistake| mistake.into());
    let on_rename = on_rename(&all, &place, Command::Rename);
    let on_retry = command.reform(|()| Command::Wake);
    let on_password = command.reform(Command::Password);
    html! {
        <>
            {rooms(&all, &place, &go, &language, &theme)}
            {head(&view, text, &on_retry, &on_password)}
            {notify(&place, text, Callback::from(move |()| redraw.force_update()))}
            <Log key={place.as_str()} view={view.clone()} {text} {focus} command={command.clone()} tell={tell.clone()} />
            <Composer key={place.as_str()} place={place.clone()} view={view.clone()} {text} {on_input} {on_mistake} {on_rename} />
            {people(&view.people, view.here, &view.you, text)}
            <Search {view} {text} {command} {tell} />
        </>
    }
}

/// Calls the reader to each room where somebody has said something that nobody saw.
#[hook]
fn use_calls(rooms: &Rooms, go: &Callback<RoomName>) {
    let heard = use_mut_ref(Vec::<(RoomName, usize)>::new);
    let mut key = String::new();
    for (room, view) in rooms.open.iter() {
        if let Some(call) = &view.call {
            key.push_str(room.as_str());
            key.push_str(&call.number.to_string());
        }
    }
    let (open, go) = (Rc::clone(&rooms.open), go.clone());
    use_on(
        key,
        Box::new(move || {
            let before = heard.take();
            for (room, view) in open.iter() {
                let Some(call) = &view.call else { continue };
                if !before.iter().any(|(known, number)| known == room && *number == call.number) {
                    attention::call(room, call, &go);
                }
                heard.borrow_mut().push((room.clone(), call.number));
            }
            None
        }),
    );
}

/// The tab's title: the room, and how much of all rooms is unread.
fn title(room: &str, unread: usize) -> String {
    let count = if unread > 0 { ["(", &unread.to_string(), ") "].concat() } else { String::new() };
    [&count, room, " · Commonroom"].concat()
}

/// The same callback for one room.
fn here<T: 'static>(callback: &Callback<(RoomName, T)>, place: &RoomName) -> Callback<T> {
    let place = place.clone();
    callback.reform(move |what| (place.clone(), what))
}

/// Does what was written.
fn on_input(rooms: &Rooms, place: &RoomName, go: &Callback<RoomName>) -> Callback<Input> {
    let (command, tell) = (here(&rooms.command, place), here(&rooms.tell, place));
    let rename = on_rename(rooms, place, Command::Nick);
    let go = go.clone();
    Callback::from(move |input| match input {
        Input::Say { text, me } => command.emit(Command::Say { text, me }),
        Input::Whisper { to, text } => command.emit(Command::Whisper { to, text }),
        Input::Moderate(line) => command.emit(Command::Moderate(line)),
        Input::Rooms => command.emit(Command::Rooms),
        Input::Nick(nick) => rename.emit(nick),
        Input::Join(room) => go.emit(browser::folded(&room)),
        Input::Search(words) => browser::open_search(&words),
        Input::Who => browser::open_sheet("people"),
        Input::Language(tag) => match language_of(&tag) {
            Some(tag) => browser::pick_language(tag),
            None => tell.emit(Mistake::Missing("/lang CODE").into()),
        },
        Input::Help => tell.emit(Happened::Local(Local::Help)),
    })
}

/// Asks for a name in every room: one is the same everywhere. `how` it is asked for in the room one looks at.
fn on_rename(rooms: &Rooms, place: &RoomName, how: fn(String) -> Command) -> Callback<String> {
    let (rooms, place) = (rooms.clone(), place.clone());
    Callback::from(move |nick: String| {
        for (room, _) in rooms.open.iter() {
            let how = if *room == place { how } else { Command::Nick };
            rooms.command.emit((room.clone(), how(nick.clone())));
        }
    })
}
