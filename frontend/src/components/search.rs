//! What was said, found by its words: a panel over the room, as one types.

use gloo_timers::callback::Timeout;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::name::colour;
use crate::browser;
use crate::hooks::View;
use crate::intl;
use crate::session::{Command, NEIGHBOURS};
use crate::state::{Event as Happened, Link, Question, Reach};
use crate::text::Text;
use commonroom_protocol::{Said, Seq};

/// How long one may think between two letters before the server is asked, in milliseconds.
const PAUSE_MS: u32 = 200;

#[derive(Properties, PartialEq)]
pub(crate) struct SearchProps {
    pub(crate) view: View,
    pub(crate) text: &'static Text,
    pub(crate) command: Callback<Command>,
    pub(crate) tell: Callback<Happened>,
}

#[component]
pub(crate) fn Search(props: &SearchProps) -> Html {
    let SearchProps { view, text, command, tell } = props;
    let timer = use_mut_ref(|| None::<Timeout>);
    let ask = {
        let command = command.clone();
        move |before| {
            let query = browser::by_id("query").map_or_else(String::new, |field: HtmlInputElement| field.value());
            let query = query.trim().to_owned();
            command.emit(Command::Ask(Question::Search { query, before }));
        }
    };
    let oninput = {
        let ask = ask.clone();
        move |_: InputEvent| {
            let ask = ask.clone();
            *timer.borrow_mut() = Some(Timeout::new(PAUSE_MS, move || ask(None)));
        }
    };
    let on_more = {
        let (ask, oldest) = (ask.clone(), view.found.hits.last().copied());
        move |_: MouseEvent| ask(oldest)
    };
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        ask(None);
    };
    let found = &view.found;
    let status = if view.link != Link::Connected {
        text.not_connected.to_owned()
    } else if view.searching() {
        text.loading.to_owned()
    } else if found.query.is_empty() {
        text.search_hint.to_owned()
    } else if let Some((code, message)) = &found.refused {
        text.not_done(text.reason(*code, message))
    } else {
        let mut count = intl::count(found.hits.len() as u64, text);
        count.digits.push_str(if found.more { "+" } else { "" });
        text.found(&count)
    };
    html! {
        <section id="search" class="panel" popover="auto" role="dialog" aria-label={text.search}>
            <form role="search" {onsubmit}>
                <input id="query" type="search" autofocus=true autocomplete="off" dir="auto" enterkeyhint="search" {oninput}
                    aria-label={text.search} placeholder={text.search_in(&view.name)} />
            </form>
            <p role="status">{status}</p>
            <ol>{for found.hits.iter().map(|hit| result(*hit, view, text, command, tell))}</ol>
            <div>
                if found.more {
                    <button type="button" id="more" onclick={on_more}>{text.older}</button>
                }
            </div>
        </section>
    }
}

/// A message that was found, among those beside it. A click leads to it.
fn result(hit: Seq, view: &View, text: &Text, command: &Callback<Command>, tell: &Callback<Happened>) -> Html {
    let onclick = {
        let (known, command, tell) = (view.log.position(hit).is_some(), command.clone(), tell.clone());
        move |_: MouseEvent| {
            browser::close_sheets();
            if !known {
                command.emit(Command::Ask(Question::History(Reach::Around(hit))));
            }
            tell.emit(Happened::Target(Some(hit)));
        }
    };
    let said = view.found.around(hit, NEIGHBOURS);
    let at = said.iter().find(|said| said.seq == hit).map_or(0, |said| said.at);
    html! {
        <li key={hit.0.to_string()}>
            <button type="button" class="hit" data-seq={hit.0.to_string()} {onclick}>
                <time datetime={intl::iso(at)}>{[intl::day_words(at, text), intl::clock(at)].join(" ")}</time>
                {for said.iter().map(|said| line(said, said.seq == hit))}
            </button>
        </li>
    }
}

fn line(said: &Said, hit: bool) -> Html {
    html! {
        <span data-is={hit.then_some("found")}>
            <b data-is={colour(&said.from)} dir="auto">{&said.from}</b>{"\u{2002}"}
            <span dir="auto">{&said.text}</span>
        </span>
    }
}

#[cfg(test)]
mod tests;
