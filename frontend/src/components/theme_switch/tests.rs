//! Other colours.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Stage, spy, words};

#[wasm_bindgen_test]
async fn it_says_which_it_is_and_a_click_brings_the_next() {
    let (choose, chosen) = spy();
    let mut stage = Stage::open(Html::default()).await;
    for (theme, label) in
        [(Theme::System, "Colours: as the system"), (Theme::Dark, "Colours: dark"), (Theme::Light, "Colours: light")]
    {
        stage.show(theme_switch(&(theme, choose.clone()), words())).await;
        let shown = stage.find("#theme").get_attribute("aria-label").unwrap();
        assert!(shown.starts_with(label), "{shown:?}");
        stage.click("#theme").await;
    }
    assert_eq!(*chosen.borrow(), [Theme::Dark, Theme::Light, Theme::System]);
}
