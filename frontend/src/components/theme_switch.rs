//! Dark, light, or as the system has it.

use yew::prelude::*;

use crate::hooks::Choice;
use crate::text::Text;
use crate::theme::Theme;

/// A button that goes on to the next theme.
pub(crate) fn theme_switch((theme, choose): &Choice<Theme>, text: &Text) -> Html {
    let label = text.theme(*theme);
    let next = theme.next();
    let onclick = choose.reform(move |_: MouseEvent| next);
    html! { <button type="button" id="theme" aria-label={label} title={label} {onclick} /> }
}

#[cfg(test)]
mod tests;
