//! The transcript: what was said, oldest first, and below it what has not been said yet.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use yew::prelude::*;

use super::note_row::note_row;
use super::outbox_row::outbox_row;
use super::rooms::invite;
use super::said_row::SaidRowView;
use crate::hooks::{Stick, View, use_stick_to_bottom};
use crate::intl;
use crate::session::Command;
use crate::state::{Link, Row, RowKind, SaidRow};
use crate::text::Text;

/// Rows drawn while one reads at the end.
const DRAWN: usize = 300;
/// Rows that "older" brings in at once.
const MORE: usize = 100;
/// Messages of one person closer than this, in milliseconds, share one name.
const GROUP_MS: i64 = 5 * 60_000;

#[derive(Properties, PartialEq)]
pub(crate) struct LogProps {
    pub(crate) view: View,
    pub(crate) text: &'static Text,
    pub(crate) command: Callback<Command>,
}

#[component]
pub(crate) fn Log(props: &LogProps) -> Html {
    let text = props.text;
    let view = &props.view;
    let drawn = use_memo((), |()| Cell::new(Start::End));
    let redraw = use_force_update();
    let at_end = use_memo((), |()| Cell::new(true));
    let written = use_memo((), |()| Cell::new(0));
    if view.outbox.len() > written.replace(view.outbox.len()) {
        // Who writes wants to see it.
        at_end.set(true);
    }
    if at_end.get() {
        drawn.set(Start::End);
    }
    let start = drawn.get().index(&view.rows);
    let Stick { node, on_scroll } = use_stick_to_bottom(&at_end);
    let read = use_memo((), |()| Cell::new(0));
    if at_end.get() {
        read.set(view.rows.back().map_or(0, |row| row.id));
    }
    let unread = unread(&view.rows, read.get());
    if !at_end.get() {
        drawn.set(Start::at(&view.rows, start));
    }

    let more = view.older_than().filter(|_| view.link == Link::Connected);
    let on_news = {
        let (at_end, redraw) = (Rc::clone(&at_end), redraw.clone());
        move |_: MouseEvent| {
            at_end.set(true);
            redraw.force_update();
        }
    };
    let on_older = {
        let (view, command) = (view.clone(), props.command.clone());
        move |_: MouseEvent| {
            at_end.set(false);
            drawn.set(Start::at(&view.rows, start.saturating_sub(MORE)));
            match more {
                Some(seq) if start == 0 => command.emit(Command::Older(seq)),
                _ => redraw.force_update(),
            }
        }
    };
    let busy = (view.link == Link::Connecting || view.loading).to_string();
    let quiet = view.link == Link::Connected && !view.rows.iter().any(|row| row.said().is_some());
    html! {
        <main class="log" ref={node} onscroll={on_scroll} tabindex="0" aria-label={view.name.to_string()}>
            <div class="older">
                if start > 0 || more.is_some() {
                    <button type="button" id="older" onclick={on_older} disabled={view.loading}>
                        {if view.loading { text.loading } else { text.older }}
                    </button>
                }
            </div>
            <div role="log" aria-live="polite" aria-relevant="additions" aria-busy={busy} aria-label={view.name.to_string()}>
                {rows(&view.rows, start, text)}
            </div>
            <div class="empty">
                if quiet {
                    <p>{text.quiet}</p>
                    {for view.tcp.first().map(|address| invite(address, text))}
                }
            </div>
            <div class="outbox">
                {for view.outbox.iter().map(|entry| outbox_row(entry, &view.you, text, &props.command))}
            </div>
            <div class="news">
                if unread > 0 {
                    <button type="button" id="news" onclick={on_news}>{text.news(&intl::count(unread as u64, text))}</button>
                }
            </div>
        </main>
    }
}

/// Messages of others that came after the row that was read last.
fn unread(rows: &VecDeque<Rc<Row>>, read: u32) -> usize {
    let news = rows.iter().rev().take_while(|row| row.id != read);
    news.filter(|row| row.said().is_some_and(|said| !said.own)).count()
}

/// Where drawing starts.
#[derive(Clone, Copy)]
enum Start {
    /// [`DRAWN`] before the end.
    End,
    /// At the first row there is.
    First,
    /// At the row of this id.
    Row(u32),
}

impl Start {
    fn at(rows: &VecDeque<Rc<Row>>, index: usize) -> Self {
        rows.get(index).filter(|_| index > 0).map_or(Start::First, |row| Start::Row(row.id))
    }

    fn index(self, rows: &VecDeque<Rc<Row>>) -> usize {
        match self {
            Start::End => rows.len().saturating_sub(DRAWN),
            Start::First => 0,
            Start::Row(id) => rows.iter().position(|row| row.id == id).unwrap_or(0),
        }
    }
}

fn rows(rows: &VecDeque<Rc<Row>>, start: usize, text: &'static Text) -> Vec<Html> {
    let mut html = Vec::with_capacity(rows.len() - start);
    let (mut day, mut before) = (None, None);
    for row in rows.range(start..) {
        let today = intl::day(row.at);
        if day.replace(today) != Some(today) {
            html.push(day_rule(row, text));
            before = None;
        }
        match &row.kind {
            RowKind::Note(note) => {
                html.push(note_row(row.id, note, text));
                before = None;
            }
            RowKind::Said(said) => {
                let lead = !before.is_some_and(|before| follows(before, said));
                html.push(html! { <SaidRowView key={row.id.to_string()} row={Rc::clone(row)} {lead} {text} /> });
                before = Some(said);
            }
        }
    }
    html
}

/// The same person goes on.
fn follows(before: &SaidRow, row: &SaidRow) -> bool {
    let (before, said) = (&before.said, &row.said);
    before.from == said.from && before.by == said.by && said.at - before.at < GROUP_MS && !before.me && !said.me
}

fn day_rule(first: &Row, text: &Text) -> Html {
    html! { <div key={["day", &first.id.to_string()].concat()} class="day">{intl::day_words(first.at, text)}</div> }
}

#[cfg(test)]
mod tests;
