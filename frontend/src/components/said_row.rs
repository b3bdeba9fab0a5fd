//! A message in the log.

use std::rc::Rc;

use yew::prelude::*;

use super::marked::marked;
use super::name::colour;
use super::via_tag::via_tag;
use crate::intl;
use crate::state::Row;
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct SaidRowProps {
    pub(crate) row: Rc<Row>,
    /// The first of one person's messages in a row: it bears the name.
    pub(crate) lead: bool,
    pub(crate) text: &'static Text,
}

#[component]
pub(crate) fn SaidRowView(props: &SaidRowProps) -> Html {
    let text = props.text;
    let Some(row) = props.row.said() else { return Html::default() };
    let said = &row.said;
    let time = intl::clock(said.at, text);
    let class =
        classes!("row", props.lead.then_some("lead"), said.me.then_some("action"), row.rewound.then_some("rewound"));
    let cid = row.own.then(|| said.cid.clone());
    let label = [said.from.as_str(), ", ", &time, ": ", &said.text].concat();
    html! {
        <div {class} data-row="said" data-seq={said.seq.0.to_string()} data-cid={cid} role="article" aria-label={label}
            title={row.rewound.then_some(text.of_old)}>
            <div class={classes!("who", colour(&said.from))}>
                if props.lead {
                    <span class="n" dir="auto" title={said.from.clone()}>{&said.from}</span>
                    {via_tag(said.via, None, text)}
                }
            </div>
            <div class="what" dir="auto" data-actor={said.me.then(|| said.from.clone())}>{marked(&said.text, text)}</div>
            <time class="when" datetime={intl::iso(said.at)}>{time}</time>
        </div>
    }
}

#[cfg(test)]
mod tests;
