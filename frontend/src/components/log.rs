//! The transcript: what was said, oldest first, and below it what has not been said yet.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use yew::prelude::*;

use super::note_row::note_row;
use super::outbox_row::outbox_row;
use super::said_row::SaidRowView;
use crate::browser;
use crate::hooks::{Stick, use_stick_to_bottom, use_text};
use crate::session::Command;
use crate::state::{Link, RoomView, Row, RowKind, SaidRow};
use crate::text::Text;

/// Rows drawn while one reads at the end.
const DRAWN: usize = 300;
/// Rows that "older" brings in at once.
const MORE: usize = 100;
/// Messages of one person closer than this, in milliseconds, share one name.
const GROUP_MS: i64 = 5 * 60_000;

#[derive(Properties, PartialEq)]
pub(crate) struct LogProps {
    pub(crate) view: Rc<RoomView>,
    pub(crate) command: Callback<Command>,
}

#[component]
pub(crate) fn Log(props: &LogProps) -> Html {
    let text = use_text();
    let view = &props.view;
    let drawn = use_memo((), |()| Cell::new(Start::End));
    let redraw = use_force_update();
    let start = drawn.get().index(&view.rows);
    let Stick { node, on_scroll, at_end } = use_stick_to_bottom(view.rows.get(start).map(|row| row.id));
    let written = use_memo((), |()| Cell::new(0));
    if view.outbox.len() > written.replace(view.outbox.len()) {
        // Who writes wants to see it.
        at_end.set(true);
    }
    let read = use_memo((), |()| Cell::new(0));
    if at_end.get() {
        read.set(view.rows.back().map_or(0, |row| row.id));
    }
    let unread = unread(&view.rows, read.get());
    drawn.set(if at_end.get() { Start::End } else { Start::at(&view.rows, start) });

    let more = view.older_than().filter(|_| view.link == Link::Connected);
    let on_news = {
        let (at_end, redraw) = (Rc::clone(&at_end), redraw.clone());
        move |_: MouseEvent| {
            at_end.set(true);
            redraw.force_update();
        }
    };
    let on_older = {
        let (view, command) = (Rc::clone(view), props.command.clone());
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
            <div class="outbox">
                {for view.outbox.iter().map(|entry| outbox_row(entry, &view.you, text, &props.command))}
            </div>
            <div class="news">
                if unread > 0 {
                    <button type="button" id="news" onclick={on_news}>{(text.news)(unread)}</button>
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

fn rows(rows: &VecDeque<Rc<Row>>, start: usize, text: &Text) -> Vec<Html> {
    let mut html = Vec::with_capacity(rows.len() - start);
    // A notice has no time of its own: those before the first message stand on its day.
    let first = rows.range(start..).find_map(|row| row.said());
    let mut day = first.map(|first| browser::day(first.said.at));
    html.extend(first.map(|first| day_rule(0, first.said.at, text)));
    let mut before = None;
    for row in rows.range(start..) {
        match &row.kind {
            RowKind::Note(note) => {
                html.push(note_row(row.id, note, text));
                before = None;
            }
            RowKind::Said(said) => {
                let today = browser::day(said.said.at);
                if day.replace(today) != Some(today) {
                    html.push(day_rule(row.id, said.said.at, text));
                    before = None;
                }
                let lead = !before.is_some_and(|before| follows(before, said));
                html.push(html! { <SaidRowView key={row.id.to_string()} row={Rc::clone(row)} {lead} /> });
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

fn day_rule(id: u32, at: i64, text: &Text) -> Html {
    html! { <div key={["day", &id.to_string()].concat()} class="day">{day_words(at, text)}</div> }
}

fn day_words(at: i64, text: &Text) -> String {
    match browser::days_ago(at) {
        0 => text.today.to_owned(),
        1 => text.yesterday.to_owned(),
        _ => browser::day_words(at, text.lang),
    }
}

#[cfg(test)]
mod tests;
