//! The language.

use yew::prelude::*;

use crate::text::Text;

/// The page's words.
#[hook]
pub(crate) fn use_text() -> &'static Text {
    use_context::<&'static Text>().unwrap_or_else(|| Text::for_language(""))
}
