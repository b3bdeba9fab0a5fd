//! Other colours, now and the next time.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::Stage;
use crate::theme::Theme;

fn shown() -> Option<String> {
    gloo_utils::document().document_element().and_then(|root| root.get_attribute("data-theme"))
}

#[wasm_bindgen_test]
async fn each_click_brings_the_next_theme_and_keeps_it() {
    let stage = Stage::open(html! { <ThemeSwitch /> }).await;
    assert_eq!(shown().as_deref(), Some(""));
    for (theme, words) in
        [(Theme::Dark, "Colours: dark"), (Theme::Light, "Colours: light"), (Theme::System, "Colours: as the system")]
    {
        stage.click("#theme").await;
        assert_eq!(shown().as_deref(), Some(theme.word()));
        // As the next page will read it.
        assert_eq!(browser::theme(), theme);
        let label = stage.find("#theme").get_attribute("aria-label").unwrap();
        assert!(label.starts_with(words), "{label:?}");
    }
}
