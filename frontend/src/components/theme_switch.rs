//! Dark, light, or as the system has it. Nothing else on the page knows which: the style sheet does the rest.

use yew::prelude::*;

use crate::browser;
use crate::hooks::use_text;

#[component]
pub(crate) fn ThemeSwitch() -> Html {
    let text = use_text();
    let redraw = use_force_update();
    let theme = browser::shown_theme();
    let label = (text.theme)(theme);
    let onclick = move |_: MouseEvent| {
        browser::keep_theme(theme.next());
        browser::show_theme(theme.next());
        redraw.force_update();
    };
    html! { <button type="button" id="theme" aria-label={label} title={label} {onclick} /> }
}

#[cfg(test)]
mod tests;
