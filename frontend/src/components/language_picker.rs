//! The page's language, each by its own name.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::hooks::Choice;
use crate::text::Text;

/// The picker.
pub(crate) fn language_picker((text, choose): &Choice<&'static Text>) -> Html {
    let choose = choose.clone();
    let onchange = move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            choose.emit(Text::for_language(&select.value()));
        }
    };
    let option = |one: &&'static Text| {
        html! { <option value={one.lang} lang={one.lang} selected={one == text}>{one.name}</option> }
    };
    html! {
        <select id="language" aria-label={text.language} title={text.language} {onchange}>
            {for Text::ALL.iter().map(option)}
        </select>
    }
}

#[cfg(test)]
mod tests;
