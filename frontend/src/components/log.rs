//! The transcript: what was said, oldest first, and below it what has not been said yet.
//!
//! Only a window of the rows is drawn. It moves with the reader, and where it comes to the end of the rows, more are
//! asked for.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use commonroom_protocol::Seq;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::join::{Panel, join};
use super::note_row::note_row;
use super::outbox_row::outbox_row;
use super::said_row::SaidRowView;
use crate::hooks::{Edge, Reader, View, use_announcer, use_on, use_scroll};
use crate::intl;
use crate::session::Command;
use crate::state::{Event as Happened, Link, Look, Question, Reach, Row, RowKind, SaidRow};
use crate::text::Text;

/// Rows drawn at once.
const DRAWN: usize = 300;
/// Rows by which the window moves.
const STEP: usize = 100;
/// Messages of one person closer than this, in milliseconds, share one name.
const GROUP_MS: i64 = 5 * 60_000;

#[derive(Properties, PartialEq)]
pub(crate) struct LogProps {
    pub(crate) view: View,
    pub(crate) text: &'static Text,
    /// Somebody looks at the page.
    pub(crate) focus: bool,
    pub(crate) command: Callback<Command>,
    pub(crate) tell: Callback<Happened>,
}

#[component]
pub(crate) fn Log(props: &LogProps) -> Html {
    let text = props.text;
    let view = &props.view;
    let log = &view.log;
    let node = use_node_ref();
    let reading = use_memo((), |()| Reading::of(view));
    let reader = &reading.reader;
    let redraw = use_force_update();
    let target = view.target.and_then(|seq| Some((seq, log.position(seq)?)));
    reading.follow(view, target);
    let start = reading.start.get().index(&log.rows);
    let end = log.rows.len().min(start + DRAWN);
    let ends = end == log.rows.len() && !log.away;
    reader.ends.set(ends);

    let ask = {
        let (command, free) = (props.command.clone(), view.link == Link::Connected && !view.loading());
        Callback::from(move |reach: Option<Reach>| {
            if let Some(reach) = reach.filter(|_| free) {
                command.emit(Command::Ask(Question::History(reach)));
            }
        })
    };
    let on_edge = {
        let (view, ask, reading, redraw) = (view.clone(), ask.clone(), Rc::clone(&reading), redraw.clone());
        let (node, tell) = (node.clone(), props.tell.clone());
        Callback::from(move |edge| {
            let log = &view.log;
            let to = match edge {
                Edge::Upper if start > 0 => start.saturating_sub(STEP),
                Edge::Lower if end < log.rows.len() => (start + STEP).min(log.rows.len() - DRAWN),
                Edge::Upper => return ask.emit(view.older()),
                Edge::Lower => return ask.emit(view.newer()),
                Edge::Start => {
                    ask.emit(view.first());
                    reading.reader.leave();
                    if let Some(log) = node.cast::<HtmlElement>() {
                        log.set_scroll_top(0);
                    }
                    0
                }
                Edge::End => {
                    reading.wants_end.set(true);
                    tell.emit(Happened::Target(None));
                    start
                }
            };
            reading.start.set(Start::at(&log.rows, to));
            redraw.force_update();
        })
    };
    use_scroll(&node, reader);
    let on_scroll = {
        let (node, reader, on_edge, redraw) = (node.clone(), Rc::clone(reader), on_edge.clone(), redraw.clone());
        move |_: Event| {
            let Some(log) = node.cast() else { return };
            let (turned, edge) = reader.scrolled(&log);
            if turned {
                redraw.force_update();
            }
            if let Some(edge) = edge {
                on_edge.emit(edge);
            }
        }
    };
    use_on(target.map_or(0, |_| view.wanted).to_string(), {
        let (node, reading) = (node.clone(), Rc::clone(&reading));
        Box::new(move || {
            let (seq, _) = target.filter(|_| reading.sought.take())?;
            look_at(&node, &reading.reader, seq);
            None
        })
    });
    use_on([reading.wants_end.get(), view.loading()].map(|is| is.to_string()).concat(), {
        let (ask, latest) = (ask, view.latest().filter(|_| reading.wants_end.get()));
        Box::new(move || {
            ask.emit(latest);
            None
        })
    });
    let at_end = reader.at_end.get();
    let look = match (at_end, props.focus) {
        (false, _) => Look::Above,
        (true, true) => Look::End,
        (true, false) => Look::Away,
    };
    // Once more when the room is known, which it may not be yet where one has only just gone to it.
    use_on([&view.epoch, &*(look as u8).to_string()].concat(), {
        let tell = props.tell.clone();
        Box::new(move || {
            tell.emit(Happened::Attended(look));
            None
        })
    });

    let to_end = on_edge.reform(|_: MouseEvent| Edge::End);
    let on_key = {
        let on_edge = on_edge.clone();
        move |event: KeyboardEvent| {
            let edge = match event.key().as_str() {
                "Home" => Edge::Start,
                "End" => Edge::End,
                _ => return,
            };
            if !event.alt_key() {
                event.prevent_default();
                on_edge.emit(edge);
            }
        }
    };
    let on_older = {
        let reader = Rc::clone(reader);
        move |_: MouseEvent| {
            reader.at_end.set(false);
            on_edge.emit(Edge::Upper);
        }
    };
    let on_join = {
        let (reading, arrived, redraw) = (Rc::clone(&reading), view.arrived, redraw);
        Callback::from(move |open| {
            reading.joining.set(open);
            reading.arrived.set(arrived);
            redraw.force_update();
        })
    };
    let heard = use_announcer(view.heard, at_end);
    let busy = (view.link == Link::Connecting || view.loading()).to_string();
    let quiet = view.link == Link::Connected && log.rows.iter().all(|row| row.said().is_none());
    let panel = Panel { shown: quiet, open: reading.joining.get(), arrived: view.arrived > reading.arrived.get() };
    let below = (!at_end && (view.unread.count > 0 || !ends)).then(|| match view.unread.count {
        0 => text.to_end.to_owned(),
        count => text.news(&intl::count(count as u64, text)),
    });
    html! {
        <main class="log" ref={node} onscroll={on_scroll} onkeydown={on_key} tabindex="0" aria-label={view.name.to_string()}>
            <div class="older">
                if start > 0 || view.older().is_some() {
                    <button type="button" id="older" onclick={on_older}>
                        {if view.loading() { text.loading } else { text.older }}
                    </button>
                }
            </div>
            <div role="log" aria-live={if heard.aloud { "polite" } else { "off" }} aria-relevant="additions" aria-busy={busy}
                aria-label={view.name.to_string()}>
                {rows(view, start, end, text)}
            </div>
            <div class="aloud" role="status">
                if heard.count > 0 {
                    {text.news(&intl::count(heard.count as u64, text))}
                }
            </div>
            <div class="empty">
                if quiet {
                    <p>{text.quiet}</p>
                }
                {join(view, panel, &on_join, text)}
            </div>
            <div class="outbox">
                {for view.outbox.iter().map(|entry| outbox_row(entry, &view.you, text, &props.command))}
            </div>
            <div class="news">
                if let Some(words) = below {
                    <button type="button" id="news" onclick={to_end}>{words}</button>
                }
            </div>
        </main>
    }
}

/// What is drawn, and why. It outlives a drawing.
struct Reading {
    reader: Rc<Reader>,
    start: Cell<Start>,
    wants_end: Cell<bool>,
    /// The [`wanted`](crate::state::RoomView::wanted) that has been followed.
    wanted: Cell<usize>,
    /// It is still to be brought into sight.
    sought: Cell<bool>,
    done: Cell<usize>,
    /// The panel with the ways to join is open.
    joining: Cell<bool>,
    /// Plain sockets that had arrived when that panel was opened, or the room.
    arrived: Cell<usize>,
}

impl Reading {
    fn of(view: &View) -> Self {
        Reading {
            reader: Rc::default(),
            start: Cell::new(Start::End),
            wants_end: Cell::default(),
            wanted: Cell::new(view.wanted),
            sought: Cell::default(),
            done: Cell::new(view.done),
            joining: Cell::default(),
            arrived: Cell::new(view.arrived),
        }
    }

    /// Goes where one wants to be: to the end after having written, or to a message that was asked for.
    fn follow(&self, view: &View, target: Option<(Seq, usize)>) {
        let (reader, rows) = (&self.reader, &view.log.rows);
        if self.done.replace(view.done) != view.done {
            self.wants_end.set(true);
        }
        if self.wants_end.get() && !view.log.away {
            self.wants_end.set(false);
            reader.at_end.set(true);
        }
        if let Some((_, at)) = target
            && self.wanted.replace(view.wanted) != view.wanted
        {
            reader.leave();
            self.sought.set(true);
            self.start.set(Start::at(rows, at.saturating_sub(DRAWN / 2)));
        }
        let start = if reader.at_end.get() { Start::End } else { Start::at(rows, self.start.get().index(rows)) };
        self.start.set(start);
    }
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

/// Brings a message into the middle of the window, and the focus to it.
fn look_at(log: &NodeRef, reader: &Reader, seq: Seq) -> Option<()> {
    let log = log.cast::<HtmlElement>()?;
    let row = log.query_selector(&["[data-seq='", &seq.0.to_string(), "']"].concat()).ok()??;
    let row = row.dyn_into::<HtmlElement>().ok()?;
    reader.go_to(&log, row.offset_top() - log.offset_top() - log.client_height() / 2);
    row.focus().ok()
}

fn rows(view: &View, start: usize, end: usize, text: &'static Text) -> Vec<Html> {
    let mut html = Vec::with_capacity(end - start);
    let (mut day, mut before) = (None, None);
    for row in view.log.rows.range(start..end) {
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
                if view.unread.rule == Some(said.said.seq) && !said.rewound {
                    html.push(html! { <div key="unread" class="new" role="separator">{text.unread}</div> });
                    before = None;
                }
                let lead = !before.is_some_and(|before| follows(before, said));
                let target = view.target == Some(said.said.seq);
                html.push(html! {
                    <SaidRowView key={row.id.to_string()} row={Rc::clone(row)} {lead} {target} {text} />
                });
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
