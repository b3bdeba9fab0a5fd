//! The small tag that says what somebody came by.

use commonroom_protocol::Via;
use yew::prelude::*;

use crate::text::Text;

/// The tag; `words` in the place of its own, such as "you".
pub(crate) fn via_tag(via: Via, words: Option<&'static str>, text: &Text) -> Html {
    let is = match via {
        Via::Web => "web",
        Via::Api => "api",
        Via::Tcp => "tcp",
        Via::Console => "console",
        Via::Other => "other",
    };
    html! { <span class="via" data-is={is}>{words.unwrap_or_else(|| text.via(via))}</span> }
}
