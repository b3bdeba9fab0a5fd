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
        Block::Text(spans) => html! { <p>{line(spans)}</p> },
        Block::Quote(spans) => html! { <blockquote>{line(spans)}</blockquote> },
        Block::Code(code) => html! { <Code {code} {text} /> },
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
            <a href={address.clone()} target="_blank" rel="noopener noreferrer nofollow ugc">{address}</a>
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
