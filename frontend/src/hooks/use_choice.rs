//! What one chooses for the page: its language and its colours. Both are kept for the next time.

use yew::prelude::*;

use crate::browser;
use crate::storage;
use crate::text::Text;
use crate::theme::Theme;

/// A choice, and how to make another.
pub(crate) type Choice<T> = (T, Callback<T>);

/// The language of the page. Whoever draws words gets it as a property: it changes seldom.
#[hook]
pub(crate) fn use_text() -> Choice<&'static Text> {
    let text = use_state_eq(storage::text);
    let setter = text.setter();
    let choose = use_callback((), move |text, ()| {
        storage::keep_language(text);
        browser::show_language(text);
        setter.set(text);
    });
    (*text, choose)
}

/// The colours of the page. Only the switch wants to know: the style sheet does the rest.
#[hook]
pub(crate) fn use_theme() -> Choice<Theme> {
    let theme = use_state_eq(storage::theme);
    let setter = theme.setter();
    let choose = use_callback((), move |theme, ()| {
        storage::keep_theme(theme);
        browser::show_theme(theme);
        setter.set(theme);
    });
    (*theme, choose)
}
