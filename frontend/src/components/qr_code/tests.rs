//! That a code is drawn as a picture with room around it.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::browser;
use crate::components::testing::Stage;
use crate::theme::Theme;

const ADDRESS: &str = "http://192.168.1.20:3000/r/lobby";

#[wasm_bindgen_test]
async fn it_is_a_picture_that_says_what_it_is() {
    let stage = Stage::open(qr_code(ADDRESS, "Scan it".into())).await;
    let code = Qr::of(ADDRESS).unwrap();
    assert_eq!(stage.attributes("svg", "role"), [Some("img".into())]);
    assert_eq!(stage.attributes("svg", "aria-label"), [Some("Scan it".into())]);
    assert_eq!(stage.attributes("svg", "viewBox"), [Some("-4 -4 37 37".into())]);
    assert_eq!(stage.attributes("path", "d"), [Some(code.path())]);
}

#[wasm_bindgen_test]
async fn it_is_dark_on_white_in_every_theme() {
    let stage = Stage::open(qr_code(ADDRESS, "Scan it".into())).await;
    for theme in [Theme::Light, Theme::Dark] {
        browser::show_theme(theme);
        let style = gloo_utils::window().get_computed_style(&stage.find("svg")).unwrap().unwrap();
        assert_eq!(style.get_property_value("background-color").unwrap(), "rgb(255, 255, 255)");
        assert_eq!(style.get_property_value("color").unwrap(), "rgb(31, 29, 26)");
    }
}

#[wasm_bindgen_test]
async fn there_is_none_of_a_text_that_is_too_long() {
    assert!(!Stage::open(qr_code(&"x".repeat(300), "Scan it".into())).await.has("svg"));
}
