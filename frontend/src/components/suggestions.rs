//! The ways in which a word that is being written may go on, to choose from.

use std::rc::Rc;

use yew::prelude::*;

use crate::hooks::{Suggestions, option_id};

/// The list, for a text area that has the focus and keeps it.
pub(crate) fn suggestions(suggestions: &Rc<Suggestions>, label: String) -> Html {
    let found = suggestions.found();
    let option = |(at, label): (usize, &str)| {
        let onclick = {
            let suggestions = Rc::clone(suggestions);
            move |_: MouseEvent| suggestions.take(at)
        };
        let selected = if found.chosen() == Some(at) { "true" } else { "false" };
        html! { <li key={at} id={option_id(at)} role="option" aria-selected={selected} dir="auto" {onclick}>{label}</li> }
    };
    let labels = found.shown().iter().map(|way| way.label.as_str());
    html! {
        <ul id="suggestions" class="suggestions" role="listbox" aria-label={label} hidden={found.shown().is_empty()}
            onmousedown={|event: MouseEvent| event.prevent_default()}>
            {for labels.enumerate().map(option)}
        </ul>
    }
}
