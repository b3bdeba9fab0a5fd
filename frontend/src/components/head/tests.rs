//! What the connection says of itself.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::backoff::Stop;
use crate::components::testing::{Room, Stage, spy, words};

const LINKS: [(Link, &str, &str, &str); 5] = [
    (Link::Connecting, "connecting", "connecting", "connecting"),
    (Link::Connected, "connected", "connected", "connected"),
    (Link::Waiting(3), "waiting", "reconnecting in 3 s", "connection lost, your messages wait"),
    (Link::Offline, "offline", "offline, your messages wait", "offline, your messages wait"),
    (Link::Stopped(Stop::Banned), "stopped", "disconnected", "disconnected"),
];

fn shown(link: Link, on_retry: &Callback<()>) -> Html {
    let mut room = RoomView::clone(&Room::new().view());
    room.link = link;
    head(&room, words(), on_retry, &Callback::noop())
}

#[wasm_bindgen_test]
async fn the_pill_says_how_the_connection_is() {
    let mut stage = Stage::open(Html::default()).await;
    for (link, state, seen, aloud) in LINKS {
        stage.show(shown(link, &Callback::noop())).await;
        assert_eq!(stage.attributes(".pill", "data-state"), [Some(state.into())]);
        assert_eq!(stage.texts(".pill"), [seen]);
        assert_eq!(stage.texts("[role=status]"), [aloud]);
    }
}

#[wasm_bindgen_test]
async fn the_seconds_are_not_read_aloud() {
    let mut stage = Stage::open(shown(Link::Waiting(3), &Callback::noop())).await;
    let before = stage.texts("[role=status]");
    stage.show(shown(Link::Waiting(2), &Callback::noop())).await;
    assert_eq!(stage.texts(".pill"), ["reconnecting in 2 s"]);
    assert_eq!(stage.attributes(".pill", "aria-hidden"), [Some("true".into())]);
    assert_eq!(stage.texts("[role=status]"), before);
}

#[wasm_bindgen_test]
async fn one_can_try_again_only_while_the_page_waits() {
    let (on_retry, asked) = spy();
    let mut stage = Stage::open(Html::default()).await;
    for (link, ..) in LINKS {
        stage.show(shown(link, &on_retry)).await;
        assert_eq!(stage.has("#retry"), matches!(link, Link::Waiting(_) | Link::Offline), "{link:?}");
    }
    stage.show(shown(Link::Waiting(1), &on_retry)).await;
    stage.click_on("Retry now").await;
    assert_eq!(*asked.borrow(), [()]);
}

#[wasm_bindgen_test]
async fn an_end_without_return_says_why() {
    let mut stage = Stage::open(shown(Link::Stopped(Stop::Banned), &Callback::noop())).await;
    assert_eq!(stage.texts("[role=alert]"), ["The operator does not let you in."]);
    stage.show(shown(Link::Connected, &Callback::noop())).await;
    assert!(!stage.has("[role=alert]"));
}

#[wasm_bindgen_test]
async fn it_names_the_room_and_counts_who_is_here() {
    let stage = Stage::open(shown(Link::Connected, &Callback::noop())).await;
    assert_eq!(stage.texts("h1"), ["ops"]);
    assert_eq!(stage.texts(".sub"), ["2 here"]);
    assert_eq!(stage.attributes(".crowd", "aria-label"), [Some("Here, 2".into())]);
}
