//! A message's text with its markup, as nodes: never as HTML.

use yew::prelude::*;

use crate::browser;
use crate::markup::{Block, Span, parse};
use crate::text::Text;

/// The text of a message.
pub(crate) fn marked(message: &str, text: &'static Text) -> Html {
    parse(message).into_iter().map(|block| drawn(block, text)).collect()
}

fn drawn(block: Block, text: &'static Text) -> Html {
    match block {
        Block::Text(spans) => html! { <p>{for spans.into_iter().map(span)}</p> },
        Block::Quote(spans) => html! { <blockquote>{for spans.into_iter().map(span)}</blockquote> },
        Block::Code(code) => html! { <Code {code} {text} /> },
    }
}

fn span(span: Span) -> Html {
    match span {
        Span::Plain(text) => text.into(),
        Span::Code(code) => html! { <code>{code}</code> },
        Span::Strong(text) => html! { <b>{text}</b> },
        Span::Em(text) => html! { <i>{text}</i> },
        Span::Link(address) => html! {
            // An address reads from its host on, whatever is written around it or in its path.
            <a href={address.clone()} dir="ltr" target="_blank" rel="noopener noreferrer nofollow ugc">{address}</a>
        },
    }
}

#[derive(Properties, PartialEq)]
struct CodeProps {
    code: String,
    text: &'static Text,
}

/// A block of code, which can be copied.
#[component]
fn Code(props: &CodeProps) -> Html {
    let copied = use_state(|| false);
    let onclick = {
        let (copied, code) = (copied.setter(), props.code.clone());
        move |_: MouseEvent| copied.set(browser::copy(&code))
    };
    html! {
        <div class="code">
            <pre dir="ltr" tabindex="0"><code>{&props.code}</code></pre>
            <button type="button" {onclick}>{if *copied { props.text.copied } else { props.text.copy }}</button>
        </div>
    }
}
