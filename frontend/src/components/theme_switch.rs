//! Dark, light, or as the system has it. Nothing else on the page knows which: the style sheet does the rest.

use yew::prelude::*;

use crate::browser;
use crate::hooks::use_text;

#[component]
pub(crate) fn ThemeSwitch() -> Html {
    let text = use_text();
    let theme = use_state_eq(browser::theme);
    let label = (text.theme)(*theme);
    let onclick = {
        let theme = theme.clone();
        move |_: MouseEvent| {
            let next = theme.next();
            browser::keep_theme(next);
            browser::show_theme(next);
            theme.set(next);
        }
    };
    html! { <button type="button" id="theme" aria-label={label} title={label} {onclick} /> }
}
