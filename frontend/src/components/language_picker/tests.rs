//! Another language.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Stage, choose, spy, words};

#[wasm_bindgen_test]
async fn each_language_is_there_by_its_own_name() {
    let stage = Stage::open(language_picker(&(words(), Callback::noop()))).await;
    assert_eq!(stage.texts("option"), LANGUAGES.iter().map(|(_, name)| *name).collect::<Vec<_>>());
    assert_eq!(
        stage.attributes("option", "lang"),
        LANGUAGES.iter().map(|(tag, _)| Some((*tag).to_owned())).collect::<Vec<_>>()
    );
    assert_eq!(picked(&stage), "en");
}

#[wasm_bindgen_test]
async fn the_one_that_is_picked_is_chosen_and_shown() {
    let (choose_text, chosen) = spy();
    let mut stage = Stage::open(language_picker(&(words(), choose_text.clone()))).await;
    choose(&stage.find("#language"), "zh-CN");
    assert_eq!(chosen.borrow().iter().map(HtmlSelectElement::value).collect::<Vec<_>>(), ["zh-CN"]);
    let chinese = chinese();
    stage.show(language_picker(&(chinese, choose_text))).await;
    assert_eq!(stage.attributes("#language", "aria-label"), [Some(chinese.language.to_owned())]);
    assert_eq!(picked(&stage), "zh-CN");
}

fn chinese() -> &'static Text {
    Box::leak(Box::new(Text::read(include_str!("../../../text/zh-CN.txt")).unwrap()))
}

fn picked(stage: &Stage) -> String {
    stage.find("#language").unchecked_into::<HtmlSelectElement>().value()
}
