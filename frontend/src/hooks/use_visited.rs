//! The rooms that were visited in this browser.

use yew::prelude::*;

use super::View;
use crate::storage;
use crate::visited::Visited;

/// The rooms, and how to forget one. The one in view is among them as soon as it has let us in.
#[hook]
pub(crate) fn use_visited(view: &View) -> (Visited, Callback<String>) {
    let visited = use_state_eq(storage::visited);
    use_effect_with((view.name.clone(), !view.you.is_empty()), {
        let setter = visited.setter();
        move |(name, let_in)| {
            // Another tab may have visited others meanwhile.
            let mut visited = storage::visited();
            if *let_in && visited.visit(name) {
                storage::keep_visited(&visited);
            }
            setter.set(visited);
        }
    });
    let setter = visited.setter();
    let forget = use_callback((), move |name: String, ()| {
        let mut visited = storage::visited();
        visited.forget(&name);
        storage::keep_visited(&visited);
        setter.set(visited);
    });
    ((*visited).clone(), forget)
}
