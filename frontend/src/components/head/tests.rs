//! What the connection says of itself.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::backoff::Stop;
use crate::components::testing::{Stage, spy};

const LINKS: [(Link, &str, &str); 4] = [
    (Link::Connecting, "connecting", "connecting"),
    (Link::Connected, "connected", "connected"),
    (Link::Waiting, "waiting", "offline"),
    (Link::Stopped(Stop::Banned), "stopped", "disconnected"),
];

fn head(link: Link, on_retry: &Callback<()>) -> Html {
    html! { <Head name={Rc::from("ops")} {link} here={2} on_retry={on_retry.clone()} /> }
}

#[wasm_bindgen_test]
async fn the_pill_says_how_the_connection_is() {
    let mut stage = Stage::open(Html::default()).await;
    for (link, state, words) in LINKS {
        stage.show(head(link, &Callback::noop())).await;
        assert_eq!(stage.attributes(".pill", "data-state"), [Some(state.into())]);
        assert!(stage.texts(".pill")[0].starts_with(words), "{:?}", stage.texts(".pill"));
    }
}

#[wasm_bindgen_test]
async fn one_can_try_again_only_while_the_page_waits() {
    let (on_retry, asked) = spy();
    let mut stage = Stage::open(Html::default()).await;
    for (link, ..) in LINKS {
        stage.show(head(link, &on_retry)).await;
        let offered = stage.texts("button").iter().any(|words| words == "Retry now");
        assert_eq!(offered, link == Link::Waiting, "{link:?}");
    }
    stage.show(head(Link::Waiting, &on_retry)).await;
    stage.click_on("Retry now").await;
    assert_eq!(*asked.borrow(), [()]);
}

#[wasm_bindgen_test]
async fn an_end_without_return_says_why() {
    let mut stage = Stage::open(head(Link::Stopped(Stop::Banned), &Callback::noop())).await;
    assert_eq!(stage.texts("[role=alert]"), ["The operator does not let you in."]);
    stage.show(head(Link::Connected, &Callback::noop())).await;
    assert!(!stage.has("[role=alert]"));
}

#[wasm_bindgen_test]
async fn it_names_the_room() {
    let stage = Stage::open(head(Link::Connected, &Callback::noop())).await;
    assert_eq!(stage.texts("h1"), ["ops"]);
}
