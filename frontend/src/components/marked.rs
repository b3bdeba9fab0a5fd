//! A message's text with its markup, as nodes: never as HTML.

use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::markup::{Block, Span, parse};
use crate::text::Text;

/// The text of a message.
pub(crate) fn marked(message: &str, text: &'static Text) -> Html {
    parse(message).into_iter().map(|block| drawn(block, text)).collect()
}

fn drawn(block: Block, text: &'static Text) -> Html {
    match block {
        Block::Text(spans) => html! { <p>{line(spans)}</p> },
        Block::Quote(spans) => html! { <blockquote>{line(spans)}</blockquote> },
        Block::Code(code) => fenced(code, text),
    }
}

fn line(spans: Vec<Span>) -> Html {
    spans.into_iter().map(span).collect()
}

fn span(span: Span) -> Html {
    match span {
        Span::Plain(text) => text.into(),
        Span::Code(code) => html! { <code>{code}</code> },
        Span::Strong(inner) => html! { <b>{line(inner)}</b> },
        Span::Em(inner) => html! { <i>{line(inner)}</i> },
        Span::Link(address) => html! {
            // An address reads from its host on, whatever is written around it or in its path.
            <a href={address.clone()} dir="ltr" target="_blank" rel="noopener noreferrer nofollow ugc">{address}</a>
        },
    }
}

/// A block of code, which can be copied.
fn fenced(code: String, text: &'static Text) -> Html {
    let code = AttrValue::from(code);
    html! {
        <div class="code" dir="ltr">
            <pre tabindex="0"><code>{&code}</code></pre>
            <CopyButton what={code} {text} />
        </div>
    }
}

#[cfg(test)]
mod tests;
