//! Who is here, and by which way. A click begins a private message.

use commonroom_protocol::Present;
use yew::prelude::*;

use super::name::colour;
use super::via_tag::via_tag;
use crate::browser;
use crate::intl;
use crate::text::Text;

/// The column; `here` counts all, of whom `people` may be the first, and `you` is one's own name.
pub(crate) fn people(people: &[Present], here: usize, you: &str, text: &Text) -> Html {
    let person = |present: &Present| {
        let own = present.nick == you;
        let words = own.then_some(text.you);
        let title = if own { present.nick.clone() } else { text.whisper_to(&present.nick) };
        let nick = present.nick.clone();
        let onclick = move |_: MouseEvent| {
            browser::close_sheets();
            browser::begin(&["/msg ", &nick, " "].concat());
        };
        html! {
            <li key={present.nick.as_str()} class="person">
                <button type="button" disabled={own} {title} {onclick}>
                    <span class="n" data-is={colour(&present.nick)} dir="auto">{&present.nick}</span>
                    {via_tag(present.via, words, text)}
                </button>
            </li>
        }
    };
    html! {
        <aside id="people" class="people" popover="auto" tabindex="0" aria-label={text.who_is_here}>
            <h2>{text.people(&intl::count(here as u64, text))}</h2>
            <ul>{for people.iter().map(person)}</ul>
        </aside>
    }
}

#[cfg(test)]
mod tests;
