//! The rooms that are open in this tab: a connection for each, and what has come of it.

use std::ops::Deref;
use std::rc::Rc;

use yew::prelude::*;

use super::use_on;
use crate::address::RoomName;
use crate::intl;
use crate::session::Command;
use crate::socket::Socket;
use crate::state::{Change, ChatState, Event, RoomView};
use crate::storage;

impl Reducible for ChatState {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.change(change, intl::now());
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

/// All rooms: what to show and whom to ask.
#[derive(Clone)]
pub(crate) struct Rooms {
    /// The rooms as they are now, in the order in which they were opened.
    pub(crate) open: Rc<[(RoomName, View)]>,
    /// Passes on what the user asks of a room.
    pub(crate) command: Callback<(RoomName, Command)>,
    /// Shows in a room what the page itself has to say, or keeps what the user does there.
    pub(crate) tell: Callback<(RoomName, Event)>,
    /// Opens a room, or closes it.
    pub(crate) change: Callback<Change>,
}

impl Rooms {
    /// The room of this name, if it is open.
    pub(crate) fn find(&self, name: &RoomName) -> Option<&View> {
        self.open.iter().find(|(open, _)| open == name).map(|(_, view)| view)
    }

    /// The room of this name; an empty one if it is not open.
    pub(crate) fn view(&self, name: &RoomName) -> View {
        self.find(name).cloned().unwrap_or_else(|| ChatState::default().room(name).into())
    }

    /// Unread messages in all of them.
    pub(crate) fn unread(&self) -> usize {
        self.open.iter().map(|(_, view)| view.unread.count).sum()
    }
}

/// Connects to each room for as long as it is open: to `place`, and to those that were open in this tab before a reload.
#[hook]
pub(crate) fn use_rooms(place: &RoomName) -> Rooms {
    let state = use_reducer(|| ChatState::of(storage::open_rooms().into_iter().chain([place.clone()])));
    let sockets = use_mut_ref(Vec::<(RoomName, Socket)>::new);
    // A long-lived task holds the dispatcher alone: a state handle would keep every version it has seen.
    let dispatcher = state.dispatcher();
    let change = Callback::from(move |change| dispatcher.dispatch(change));

    use_on(place.to_string(), {
        let (place, change) = (place.clone(), change.clone());
        Box::new(move || {
            change.emit(Change::Enter(place));
            None
        })
    });
    let names: Vec<_> = state.names().cloned().collect();
    // A room that lets nobody in is left with its address.
    let kept: Vec<_> = names.iter().filter(|name| !state.room(name).closed()).map(RoomName::as_str).collect();
    // A room's name has no line feed.
    let kept = kept.join("\n");
    use_on([&kept, "\n\n", place.as_str()].concat(), {
        let (sockets, change, place) = (Rc::clone(&sockets), change.clone(), place.clone());
        Box::new(move || {
            storage::keep_open_rooms(&kept);
            connect(&names, &place, &mut sockets.borrow_mut(), &change);
            None
        })
    });
    let command = Callback::from(move |(room, command)| {
        if let Some((_, socket)) = sockets.borrow().iter().find(|(name, _)| *name == room) {
            socket.command(command);
        }
    });
    let tell = change.reform(|(room, event)| Change::Events(room, vec![event]));
    let open = state.names().map(|name| (name.clone(), View::from(state.room(name)))).collect();
    Rooms { open, command, tell, change }
}

/// Opens a connection for each room that has none, first for the one in view, and closes those of rooms that are left.
fn connect(names: &[RoomName], place: &RoomName, sockets: &mut Vec<(RoomName, Socket)>, change: &Callback<Change>) {
    sockets.retain(|(name, _)| names.contains(name));
    for name in names.iter().filter(|name| *name == place).chain(names) {
        if !sockets.iter().any(|(known, _)| known == name) {
            let (of, change) = (name.clone(), change.clone());
            let tell = move |events| change.emit(Change::Events(of.clone(), events));
            sockets.push((name.clone(), Socket::open(name.clone(), tell)));
        }
    }
}
