//! Another language, now and the next time.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::browser;
use crate::components::testing::{Stage, choose};

#[wasm_bindgen_test]
async fn each_language_is_there_by_its_own_name() {
    let stage = Stage::open(html! { <LanguagePicker /> }).await;
    assert_eq!(stage.texts("option"), Text::ALL.map(|text| text.name));
    assert_eq!(stage.attributes("option", "lang"), Text::ALL.map(|text| Some(text.lang.to_owned())));
    assert_eq!(picked(&stage), "en");
}

#[wasm_bindgen_test]
async fn the_page_is_in_the_chosen_language_and_stays_in_it() {
    let mut stage = Stage::open(html! { <LanguagePicker /> }).await;
    choose(&stage.find("#language"), "zh-CN");
    stage.show(html! { <LanguagePicker /> }).await;
    let chinese = Text::for_language("zh");
    assert_eq!(stage.attributes("#language", "aria-label"), [Some(chinese.language.to_owned())]);
    assert_eq!(picked(&stage), "zh-CN");
    let root = gloo_utils::document().document_element().unwrap();
    assert_eq!(root.get_attribute("lang").as_deref(), Some("zh-CN"));
    // As the next page will read it.
    assert_eq!(browser::text(), chinese);
}

fn picked(stage: &Stage) -> String {
    stage.find("#language").unchecked_into::<HtmlSelectElement>().value()
}
