//! The page's language, each by its own name.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::hooks::Choice;
use crate::text::{LANGUAGES, Text};

/// The picker.
pub(crate) fn language_picker((text, choose): &Choice<&'static Text, HtmlSelectElement>) -> Html {
    let choose = choose.clone();
    let onchange = move |event: Event| {
        if let Some(picker) = event.target_dyn_into() {
            choose.emit(picker);
        }
    };
    let option = |(tag, name): &(&'static str, &'static str)| {
        html! { <option value={*tag} lang={*tag} selected={*tag == text.lang}>{*name}</option> }
    };
    html! {
        <select id="language" aria-label={text.language} title={text.language} {onchange}>
            {for LANGUAGES.iter().map(option)}
        </select>
    }
}

#[cfg(test)]
mod tests;
