//! A browser's WebSocket as a stream of signals. Dropping it closes it, and nothing more is heard of it.

use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures_util::StreamExt;
use gloo_events::EventListener;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use crate::browser::global;

/// The close code of who does not mean to come back.
const QUIT: u16 = 1000;

/// What a socket tells.
pub(crate) enum Signal {
    /// It can be written to.
    Open,
    /// A text frame.
    Text(String),
    /// It is closed, with this code; 1006 where the connection broke or was never made. Nothing follows.
    Closed(u16),
}

/// One WebSocket.
pub(crate) struct Wire {
    socket: WebSocket,
    signals: UnboundedReceiver<Signal>,
    _listeners: [EventListener; 3],
}

impl Wire {
    /// Connects, or goes on with the connection that index.html has begun while the program was on its way: `dial` gives
    /// either. None where there is no WebSocket.
    pub(crate) fn open() -> Option<Self> {
        let socket = global("dial").dyn_into::<Function>().ok()?.call0(&JsValue::NULL).ok()?;
        let socket = socket.dyn_into::<WebSocket>().ok()?;
        let (sender, signals) = mpsc::unbounded();
        let listeners = [
            listen(&socket, "open", &sender, |_| Some(Signal::Open)),
            listen(&socket, "message", &sender, text),
            listen(&socket, "close", &sender, |event| {
                Some(Signal::Closed(event.dyn_ref::<CloseEvent>().map_or(1006, CloseEvent::code)))
            }),
        ];
        if socket.ready_state() == WebSocket::OPEN {
            let _ = sender.unbounded_send(Signal::Open);
        }
        Some(Wire { socket, signals, _listeners: listeners })
    }

    /// The next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        self.signals.next().await.unwrap_or(Signal::Closed(1006))
    }

    /// A signal that is there already.
    pub(crate) fn ready(&mut self) -> Option<Signal> {
        self.signals.try_recv().ok()
    }

    /// Leaves for good: the others are told at once.
    pub(crate) fn quit(&self) {
        let _ = self.socket.close_with_code(QUIT);
    }

    /// Sends a text frame. A closed socket drops it: only an answer says that it has arrived.
    pub(crate) fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn listen(
    socket: &WebSocket,
    event: &'static str,
    sender: &UnboundedSender<Signal>,
    signal: fn(&Event) -> Option<Signal>,
) -> EventListener {
    let sender = sender.clone();
    EventListener::new(socket, event, move |event| {
        if let Some(signal) = signal(event) {
            let _ = sender.unbounded_send(signal);
        }
    })
}

fn text(event: &Event) -> Option<Signal> {
    event.dyn_ref::<MessageEvent>()?.data().as_string().map(Signal::Text)
}
