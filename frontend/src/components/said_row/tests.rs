//! How one message is drawn and read aloud.

use commonroom_protocol::{GapWhy, Seq, ServerFrame};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{ME, Room, Stage, date, said, words};

const ROW: &str = "[data-row=said]";

async fn drawn(room: &Room) -> Stage {
    let rows = room
        .view()
        .log
        .rows
        .iter()
        .map(|row| html! { <SaidRowView row={Rc::clone(row)} lead={true} text={words()} /> })
        .collect();
    Stage::open(rows).await
}

#[wasm_bindgen_test]
async fn it_is_read_aloud_with_its_name_and_time() {
    let stage = drawn(Room::new().say("bob", "hello")).await;
    assert_eq!(stage.attributes(ROW, "aria-label"), [Some("bob, 12:03: hello".into())]);
    assert_eq!(stage.attributes(ROW, "role"), [Some("article".into())]);
    assert_eq!(stage.texts("time"), ["12:03"]);
}

#[wasm_bindgen_test]
async fn ones_own_bears_the_id_under_which_it_was_sent_and_no_other_does() {
    let stage = drawn(Room::new().say("bob", "hello").say(ME, "hello back")).await;
    assert_eq!(stage.attributes(ROW, "data-seq"), [Some("1".into()), Some("2".into())]);
    assert_eq!(stage.attributes(ROW, "data-cid"), [None, Some("cid-2".into())]);
}

#[wasm_bindgen_test]
async fn an_action_is_led_by_its_actor() {
    let mut room = Room::new();
    let mut action = said(Seq(1), Seq(0), date(22, 12, 3), "bob", "waves");
    action.me = true;
    let stage = drawn(room.frame(ServerFrame::Said(action))).await;
    assert_eq!(stage.attributes("[data-is~=action] .what", "data-actor"), [Some("bob".into())]);
}

#[wasm_bindgen_test]
async fn what_the_server_no_longer_has_says_so() {
    let mut room = Room::new();
    room.say("bob", "hello").frame(ServerFrame::Gap { from: Seq(2), to: Seq(1), why: GapWhy::Rewound });
    let stage = drawn(&room).await;
    assert_eq!(
        stage.attributes("[data-is~=rewound]", "title"),
        [Some("from before the server's history was reset".into())]
    );
}

#[wasm_bindgen_test]
async fn its_direction_is_the_texts_own() {
    let stage = drawn(Room::new().say("bob", "שלום")).await;
    assert_eq!(stage.attributes(".what, .n", "dir"), [Some("auto".into()), Some("auto".into())]);
}
