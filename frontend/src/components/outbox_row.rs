//! A message that is not in the log: it waits, or it failed and says why.

use yew::prelude::*;

use super::name::colour;
use crate::browser;
use crate::outbox::{Entry, Fate};
use crate::session::Command;
use crate::text::Text;

/// The row of one entry, with what can be done about it.
pub(crate) fn outbox_row(entry: &Entry, you: &str, text: &Text, command: &Callback<Command>) -> Html {
    let reason = match &entry.fate {
        Fate::Waiting | Fate::Sent => None,
        Fate::Refused { code, message } => Some(text.not_sent(text.reason(*code, message))),
        Fate::Unsure => Some(text.unsure.to_owned()),
    };
    let kind = if reason.is_some() { "failed" } else { "pending" };
    html! {
        <div key={entry.cid.as_str()} class="row" data-is={if entry.me { "lead action" } else { "lead" }} data-row={kind}
            data-cid={entry.cid.clone()}>
            <div class="who" data-is={colour(you)}><span class="n" dir="auto">{you}</span></div>
            <div>
                <div class="what" dir="auto">{&entry.text}</div>
                if let Some(reason) = &reason {
                    <div class="fix"><span>{reason}</span>{fixes(entry, text, command)}</div>
                }
            </div>
            <span class="when">{if reason.is_none() { text.sending } else { "" }}</span>
        </div>
    }
}

fn fixes(entry: &Entry, text: &Text, command: &Callback<Command>) -> Html {
    let ask = |what: fn(String) -> Command| {
        let cid = entry.cid.clone();
        command.reform(move |_: MouseEvent| what(cid.clone()))
    };
    let words = entry.text.clone();
    html! {
        <>
            <button type="button" onclick={ask(Command::Retry)}>{text.retry}</button>
            <button type="button" onclick={move |_| { browser::copy(&words); }}>{text.copy}</button>
            <button type="button" onclick={ask(Command::Discard)}>{text.discard}</button>
        </>
    }
}

#[cfg(test)]
mod tests;
