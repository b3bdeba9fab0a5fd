//! The language. It changes seldom, so it has a context of its own: nothing that is said draws it anew.

use yew::prelude::*;

use crate::browser;
use crate::storage;
use crate::text::Text;

/// The language of the page, and how to choose another.
#[derive(Clone, PartialEq)]
pub(crate) struct Language {
    /// The page's words.
    pub(crate) text: &'static Text,
    /// Shows the page in another language from now on, and the next time.
    pub(crate) choose: Callback<&'static Text>,
}

/// The language as the one who provides it has it.
#[hook]
pub(crate) fn use_languages() -> Language {
    let text = use_state_eq(storage::text);
    let choose = use_callback((), {
        let setter = text.setter();
        move |text, ()| {
            storage::keep_language(text);
            browser::show_language(text);
            setter.set(text);
        }
    });
    Language { text: *text, choose }
}

/// The language as everybody else has it.
#[hook]
pub(crate) fn use_language() -> Language {
    use_context().unwrap_or_else(|| Language { text: Text::for_language(""), choose: Callback::noop() })
}

/// The page's words.
#[hook]
pub(crate) fn use_text() -> &'static Text {
    use_language().text
}
