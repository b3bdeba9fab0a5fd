//! Who is here, and by which way.

use std::rc::Rc;

use commonroom_protocol::Present;
use yew::prelude::*;

use super::name::colour;
use super::via_tag::via_tag;
use crate::intl;
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct PeopleProps {
    pub(crate) people: Rc<Vec<Present>>,
    pub(crate) here: usize,
    pub(crate) you: Rc<str>,
    pub(crate) text: &'static Text,
}

#[component]
pub(crate) fn People(props: &PeopleProps) -> Html {
    let text = props.text;
    let person = |present: &Present| {
        let words = (present.nick == *props.you).then_some(text.you);
        html! {
            <li key={present.nick.as_str()} class="person">
                <span class={classes!("n", colour(&present.nick))} dir="auto" title={present.nick.clone()}>{&present.nick}</span>
                {via_tag(present.via, words, text)}
            </li>
        }
    };
    html! {
        <aside id="people" class="people" popover="auto" tabindex="0" aria-label={text.who_is_here}>
            <h2>{text.people(&intl::count(props.here as u64, text))}</h2>
            <ul>{for props.people.iter().map(person)}</ul>
        </aside>
    }
}

#[cfg(test)]
mod tests;
