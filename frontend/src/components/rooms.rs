//! The rooms one may go to, and how a terminal comes in: a column at the side, a sheet on a phone.

use std::rc::Rc;

use yew::prelude::*;

use super::invite::Invite;
use crate::hooks::use_text;
use crate::storage;

#[derive(Properties, PartialEq)]
pub(crate) struct RoomsProps {
    /// The room one is in.
    pub(crate) name: Rc<str>,
    /// It has let us in.
    pub(crate) let_in: bool,
    /// Where plain sockets come in.
    pub(crate) tcp: Vec<String>,
}

#[component]
pub(crate) fn Rooms(props: &RoomsProps) -> Html {
    let text = use_text();
    let visited = use_memo((Rc::clone(&props.name), props.let_in), |(name, let_in)| storage::visited(name, *let_in));
    let room = |name: &String| {
        let current = (**name == *props.name).then_some("page");
        html! {
            <a key={name.as_str()} class="room" href={["/r/", name].concat()} aria-current={current} dir="auto">{name}</a>
        }
    };
    html! {
        <nav id="rooms" class="rooms" popover="auto" tabindex="-1" aria-label={text.rooms}>
            <div class="brand">
                <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20V9l8-5 8 5v11M9 20v-6h6v6" /></svg>
                {"Commonroom"}
            </div>
            {for visited.names().iter().map(room)}
            if let Some(address) = props.tcp.first() {
                <Invite address={address.clone()} />
            }
        </nav>
    }
}
