//! A room's connection and what has come of it.

use std::ops::Deref;
use std::rc::Rc;

use yew::prelude::*;

use crate::address::RoomName;
use crate::intl;
use crate::session::Command;
use crate::socket::Socket;
use crate::state::{ChatState, Event, RoomView};

impl Reducible for ChatState {
    type Action = (RoomName, Vec<Event>);

    fn reduce(self: Rc<Self>, (room, events): Self::Action) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(&room, events, intl::now());
        next.into()
    }
}

/// A room as it is at one moment. Equal where it is the very same: nothing is compared row by row.
#[derive(Clone)]
pub(crate) struct View(Rc<RoomView>);

impl From<Rc<RoomView>> for View {
    fn from(room: Rc<RoomView>) -> Self {
        View(room)
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for View {
    type Target = RoomView;

    fn deref(&self) -> &RoomView {
        &self.0
    }
}

/// One room: what to show and whom to ask.
pub(crate) struct Chat {
    /// The room as it is now.
    pub(crate) view: View,
    /// Passes on what the user asks.
    pub(crate) command: Callback<Command>,
    /// Shows what the page itself has to say.
    pub(crate) tell: Callback<Event>,
}

/// Connects to the room for as long as the component lives.
#[hook]
pub(crate) fn use_chat(room: &RoomName) -> Chat {
    let state = use_reducer(ChatState::default);
    let socket = use_mut_ref(|| None::<Socket>);

    // The long-lived task holds the dispatcher alone: a state handle would keep every version it has seen.
    let dispatcher = state.dispatcher();
    let place = Rc::clone(&socket);
    use_effect_with(room.clone(), move |room| {
        let of = room.clone();
        let tell = move |events| dispatcher.dispatch((of.clone(), events));
        *place.borrow_mut() = Some(Socket::open(room.clone(), tell));
        move || *place.borrow_mut() = None
    });

    let command = use_callback((), move |command, ()| {
        if let Some(socket) = &*socket.borrow() {
            socket.command(command);
        }
    });
    let dispatcher = state.dispatcher();
    let tell = use_callback(room.clone(), move |event, room| dispatcher.dispatch((room.clone(), vec![event])));
    Chat { view: state.room(room).into(), command, tell }
}
