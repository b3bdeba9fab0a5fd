//! Who is here.

use std::rc::Rc;

use commonroom_protocol::Via;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Room, Stage, assert_same_nodes, words};
use crate::state::RoomView;

fn column(room: &RoomView) -> Html {
    people(&room.people, room.here, &room.you, words())
}

#[wasm_bindgen_test]
async fn each_has_a_name_and_a_way_and_one_is_you() {
    let stage = Stage::open(column(&Room::new().view())).await;
    assert_eq!(stage.texts(".person .n"), ["ana", "bob"]);
    assert_eq!(stage.texts(".person .via"), ["you", "nc"]);
}

#[wasm_bindgen_test]
async fn all_who_are_here_are_counted_shown_or_not() {
    let mut room = RoomView::clone(&Room::new().view());
    room.here = 600;
    let stage = Stage::open(column(&room)).await;
    assert_eq!(stage.texts("h2"), ["Here, 600"]);
}

#[wasm_bindgen_test]
async fn who_stays_keeps_their_node_when_another_goes() {
    let mut room = RoomView::clone(&Room::new().view());
    Rc::make_mut(&mut room.people).push(Present { nick: "cy".into(), via: Via::Web });
    let mut stage = Stage::open(column(&room)).await;
    let mut persons = stage.all(".person");
    Rc::make_mut(&mut room.people).remove(1);
    stage.show(column(&room)).await;
    persons.remove(1);
    assert_same_nodes(&stage.all(".person"), &persons);
}
