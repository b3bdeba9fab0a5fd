//! What one chooses for the page: its language and its colours. Both are kept for the next time.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::browser;
use crate::language;
use crate::storage;
use crate::text::Text;
use crate::theme::Theme;

/// A choice, and how to make another.
pub(crate) type Choice<T, By = T> = (T, Callback<By>);

/// The language of the page, chosen by the picker. Whoever draws words gets it as a property: it changes seldom.
#[hook]
pub(crate) fn use_text() -> Choice<&'static Text, HtmlSelectElement> {
    let text = use_state_eq(language::current);
    let setter = text.setter();
    let choose = Callback::from(move |picker: HtmlSelectElement| {
        let setter = setter.clone();
        spawn_local(async move {
            let tag = picker.value();
            let text = language::load(&tag).await;
            // Another may have been picked since, and may have come sooner.
            if picker.value() != tag {
                return;
            }
            let Some(text) = text else { return picker.set_value(language::current().lang) };
            storage::keep_language(text);
            language::show(text);
            setter.set(text);
        });
    });
    (*text, choose)
}

/// The colours of the page. Only the switch wants to know: the style sheet does the rest.
#[hook]
pub(crate) fn use_theme() -> Choice<Theme> {
    let theme = use_state_eq(storage::theme);
    let setter = theme.setter();
    let choose = Callback::from(move |theme| {
        storage::keep_theme(theme);
        browser::show_theme(theme);
        setter.set(theme);
    });
    (*theme, choose)
}
