//! What the form shows and keeps.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Stage, words};

fn panel(room: &str) -> Html {
    notify(&RoomName::from_path(room), words(), Callback::noop())
}

fn chosen(stage: &Stage) -> Vec<String> {
    stage.texts("label:has(:checked)")
}

#[wasm_bindgen_test]
async fn who_has_chosen_nothing_is_called_when_they_are_meant_and_without_a_sound() {
    let stage = Stage::open(panel("/r/ops")).await;
    assert_eq!(stage.texts("legend"), ["Notify me in ops"]);
    assert_eq!(stage.texts("label"), ["never", "when I am mentioned", "for every message", "Play a sound"]);
    assert_eq!(chosen(&stage), ["when I am mentioned"]);
}

#[wasm_bindgen_test]
async fn a_choice_is_kept_for_its_room_alone() {
    let mut stage = Stage::open(panel("/r/ops")).await;
    stage.click("[value=never]").await;
    stage.show(panel("/r/lobby")).await;
    assert_eq!(chosen(&stage), ["when I am mentioned"]);
    stage.show(panel("/r/ops")).await;
    assert_eq!(chosen(&stage), ["never"]);
}

#[wasm_bindgen_test]
async fn a_sound_is_kept_for_all_rooms() {
    let mut stage = Stage::open(panel("/r/ops")).await;
    stage.click("[type=checkbox]").await;
    stage.show(panel("/r/lobby")).await;
    assert_eq!(chosen(&stage), ["when I am mentioned", "Play a sound"]);
    stage.click("[type=checkbox]").await;
    stage.show(panel("/r/ops")).await;
    assert_eq!(chosen(&stage), ["when I am mentioned"]);
}
