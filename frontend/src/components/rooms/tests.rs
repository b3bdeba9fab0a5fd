//! The ways to other rooms.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventInit};

use super::*;
use crate::components::testing::{Room, Stage, spy, words, write};

fn submit(stage: &Stage) -> HtmlInputElement {
    let bubbling = EventInit::new();
    bubbling.set_bubbles(true);
    stage.find("form").dispatch_event(&Event::new_with_event_init_dict("submit", &bubbling).unwrap()).unwrap();
    stage.find("#room").unchecked_into()
}

#[wasm_bindgen_test]
async fn what_can_be_no_room_is_refused_in_the_field_until_it_is_another() {
    let (go, went) = spy();
    let stage = Stage::open(join_by_name(&go, words())).await;
    write(&stage.find("#room"), "a/b");
    let field = submit(&stage);
    assert_eq!(field.validation_message().unwrap(), "Not done: that is not a room's name");
    assert_eq!((field.value(), went.borrow().len()), ("a/b".into(), 0));
    write(&stage.find("#room"), "https://example.org/r/Ops");
    assert_eq!(field.validation_message().unwrap(), "");
    submit(&stage);
    assert_eq!(*went.borrow(), [RoomName::from_path("/r/ops")]);
    assert_eq!(field.value(), "");
}

#[wasm_bindgen_test]
async fn a_room_one_is_not_in_looks_like_one() {
    let (view, noop) = (Room::new().view(), Callback::noop());
    let name = RoomName::from_path("/r/ops");
    let row = |view: Option<&View>| room(&name, view, false, &noop, &Callback::noop(), words());
    let mut stage = Stage::open(row(Some(&view))).await;
    assert_eq!(stage.attributes(".room", "data-is"), [None]);
    stage.show(row(None)).await;
    assert_eq!(stage.attributes(".room", "data-is"), [Some("out".into())]);
}
