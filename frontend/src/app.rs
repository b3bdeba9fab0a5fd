//! Providers and layout.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser;
use crate::command::{Input, Mistake};
use crate::components::{Composer, Head, Log, People, Rooms};
use crate::hooks::{Chat, Language, use_chat, use_landmarks, use_languages};
use crate::session::Command;
use crate::state::RoomView;
use crate::storage;

/// Puts the page in the place of index.html's first words.
pub fn mount() {
    crate::crash::watch();
    let document = gloo_utils::document();
    browser::show_theme(storage::theme());
    browser::show_language(storage::text());
    if let Some(place) = document.get_element_by_id("app") {
        yew::Renderer::<App>::with_root(place).render();
    }
}

#[component]
fn App() -> Html {
    let language = use_languages();
    html! {
        <ContextProvider<Language> context={language}>
            <Room />
        </ContextProvider<Language>>
    }
}

/// The room that the address names.
#[component]
fn Room() -> Html {
    let Chat { view, command, tell } = use_chat(&browser::room());
    use_effect_with(view.name.clone(), |name| {
        gloo_utils::document().set_title(&[name, " · Commonroom"].concat());
    });
    use_landmarks();
    let on_input = command.reform(asked);
    let on_mistake = tell.reform(|mistake: Mistake| mistake.into());
    let RoomView { name, you, link, .. } = &*view;
    html! {
        <>
            <Rooms name={Rc::clone(name)} let_in={!you.is_empty()} tcp={view.tcp.clone()} />
            <Head name={Rc::clone(name)} link={*link} here={view.here} on_retry={command.reform(|()| Command::Wake)} />
            <Log view={Rc::clone(&view)} command={command.clone()} />
            <Composer place={browser::room()} view={Rc::clone(&view)} {on_input} {on_mistake}
                on_rename={command.reform(Command::Rename)} />
            <People people={view.people.clone()} here={view.here} you={Rc::clone(you)} />
        </>
    }
}

fn asked(input: Input) -> Command {
    match input {
        Input::Say { text, me } => Command::Say { text, me },
        Input::Nick(nick) => Command::Nick(nick),
    }
}
