//! Where keys lead.

use std::cell::OnceCell;

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::*;
use crate::components::testing::{Stage, press, settle};

thread_local! {
    static WATCHED: OnceCell<()> = const { OnceCell::new() };
}

/// A room with what was found over it, as the page has them.
async fn searching() -> Stage {
    WATCHED.with(|watched| *watched.get_or_init(watch));
    let stage = Stage::open(html! {
        <>
            <main tabindex="0" />
            <section id="search" popover="auto">
                <input id="query" />
                <button class="hit" />
                <button class="hit" />
                <button id="more" />
            </section>
        </>
    })
    .await;
    browser::open_search("");
    let _ = stage.find("#query").focus();
    stage
}

fn focus() -> Option<web_sys::Element> {
    document().active_element()
}

#[wasm_bindgen_test]
async fn arrows_lead_through_what_was_found() {
    let stage = searching().await;
    let [query, first, last] = ["#query", ".hit:not(.hit + .hit)", ".hit + .hit"].map(|part| stage.find(part));
    for (key, part) in [("Down", &first), ("Down", &last), ("Down", &query), ("Up", &last), ("Up", &first)] {
        let from = focus().and_then(|from| from.dyn_into().ok()).unwrap();
        assert!(press(&from, &["Arrow", key].concat(), |_| ()));
        assert!(focus().is_some_and(|focus| focus.is_same_node(Some(part))), "{key}");
    }
    assert!(!press(&query, "ArrowDown", |key| key.set_is_composing(true)), "it is the input method's");
    stage.find("main").focus().unwrap();
    assert!(!press(&stage.find("main"), "ArrowDown", |_| ()), "it is the browser's");
}

#[wasm_bindgen_test]
async fn a_sheet_closes_when_the_focus_leaves_it() {
    let stage = searching().await;
    stage.find("#more").focus().unwrap();
    settle().await;
    assert!(stage.has("#search:popover-open"));
    stage.find("main").focus().unwrap();
    assert!(!stage.has("#search:popover-open"));
    assert!(focus().is_some_and(|focus| focus.is_same_node(Some(&stage.find("main")))));
}
