//! The page: what it shows of a room, and where.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser;
use crate::command::{Input, Mistake};
use crate::components::{Composer, Log, People, head, rooms};
use crate::hooks::{Chat, use_chat, use_landmarks, use_text, use_theme};
use crate::language;
use crate::session::Command;
use crate::storage;

/// Puts the page in the place of index.html's first words, once it knows its own.
pub fn mount() {
    crate::crash::watch();
    browser::show_theme(storage::theme());
    spawn_local(async {
        language::show(language::first().await);
        if let Some(place) = gloo_utils::document().get_element_by_id("app") {
            yew::Renderer::<App>::with_root(place).render();
        }
    });
}

/// The room that the address names.
#[component]
fn App() -> Html {
    let (language, theme) = (use_text(), use_theme());
    let place = browser::room();
    let Chat { view, command, tell } = use_chat(&place);
    use_landmarks();
    use_effect_with(Rc::clone(&view.name), |name| {
        gloo_utils::document().set_title(&[name, " · Commonroom"].concat());
    });
    let visited =
        use_memo((Rc::clone(&view.name), !view.you.is_empty()), |(name, let_in)| storage::visited(name, *let_in));
    let on_input = command.reform(asked);
    let on_mistake = tell.reform(|mistake: Mistake| mistake.into());
    let on_rename = command.reform(Command::Rename);
    let on_retry = command.reform(|()| Command::Wake);
    let text = language.0;
    html! {
        <>
            {rooms(&view, &visited, text)}
            {head(&view, &language, &theme, &on_retry)}
            <Log view={view.clone()} {text} {command} />
            <Composer {place} view={view.clone()} {text} {on_input} {on_mistake} {on_rename} />
            <People people={Rc::clone(&view.people)} here={view.here} you={Rc::clone(&view.you)} {text} />
        </>
    }
}

fn asked(input: Input) -> Command {
    match input {
        Input::Say { text, me } => Command::Say { text, me },
        Input::Nick(nick) => Command::Nick(nick),
    }
}
