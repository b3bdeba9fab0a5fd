//! A message in the log.

use std::rc::Rc;

use yew::prelude::*;

use super::marked::marked;
use super::name::colour;
use super::via_tag::via_tag;
use crate::intl;
use crate::state::Row;
use crate::text::Text;

#[derive(Properties)]
pub(crate) struct SaidRowProps {
    pub(crate) row: Rc<Row>,
    /// The first of one person's messages in a row: it bears the name.
    pub(crate) lead: bool,
    /// One was led here.
    #[prop_or_default]
    pub(crate) target: bool,
    pub(crate) text: &'static Text,
}

impl PartialEq for SaidRowProps {
    /// A row that has changed is another: nothing is compared word by word.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.row, &other.row)
            && (self.lead, self.target) == (other.lead, other.target)
            && std::ptr::eq(self.text, other.text)
    }
}

#[component]
pub(crate) fn SaidRowView(props: &SaidRowProps) -> Html {
    let text = props.text;
    let Some(row) = props.row.said() else { return Html::default() };
    let said = &row.said;
    let time = intl::clock(said.at);
    let is = [
        if props.lead { " lead" } else { "" },
        if said.me { " action" } else { "" },
        if row.mention { " mention" } else { "" },
        if row.rewound { " rewound" } else { "" },
        if props.target { " target" } else { "" },
    ]
    .concat();
    let cid = row.own.then(|| said.cid.clone());
    let label = [said.from.as_str(), ", ", &time, ": ", &said.text].concat();
    html! {
        <div class="row" data-is={is} tabindex={props.target.then_some("-1")} data-row="said" data-seq={said.seq.0.to_string()} data-cid={cid} role="article" aria-label={label}
            title={row.rewound.then_some(text.of_old)}>
            <div class="who" data-is={colour(&said.from)}>
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
