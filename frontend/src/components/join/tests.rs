//! The ways in, and the light.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Room, Stage, clipboard, spy, until, words};
use crate::state::RoomView;

const TCP: [&str; 3] = ["10.0.0.1:8888", "[fd00::1]:8888", "127.0.0.1:8888"];

fn room(tcp: &[&str]) -> View {
    let mut room = RoomView::clone(&Room::new().view());
    let tcp = tcp.iter().map(ToString::to_string).collect();
    room.name = "上课".into();
    room.join =
        Join { tcp, http: vec!["http://10.0.0.1:3000".into(), "http://localhost:3000".into()], tls: false }.into();
    View::from(std::rc::Rc::new(room))
}

fn panel(view: &View, arrived: bool) -> Html {
    join(view, Panel { shown: true, open: false, arrived }, &Callback::noop(), words())
}

#[wasm_bindgen_test]
async fn each_way_has_a_button_that_copies_it() {
    let copied = clipboard();
    let stage = Stage::open(panel(&room(&TCP), false)).await;
    stage.all("label")[5].click();
    stage.all("label + div button")[5].click();
    assert_eq!(copied.to_vec(), ["echo '/say@上课 hello from curl' | curl -s telnet://10.0.0.1:8888"]);
}

#[wasm_bindgen_test]
async fn the_choice_stays_when_the_room_changes() {
    let mut stage = Stage::open(panel(&room(&TCP), false)).await;
    assert_eq!(stage.texts("label:has(:checked)"), ["nc"]);
    stage.all("label")[3].click();
    stage.show(panel(&room(&TCP), true)).await;
    assert_eq!(stage.texts("label:has(:checked)"), ["Python"]);
}

#[wasm_bindgen_test]
async fn the_first_address_is_filled_in_and_the_others_stand_below() {
    let stage = Stage::open(panel(&room(&TCP), false)).await;
    assert_eq!(stage.texts("pre")[0], "(echo /join 上课; cat) | nc 10.0.0.1 8888");
    assert_eq!(stage.texts("code"), TCP[1..]);
    let page = "http://10.0.0.1:3000/r/%E4%B8%8A%E8%AF%BE";
    assert_eq!(stage.attributes("a", "href"), [Some(page.into())]);
    assert_eq!(stage.attributes(".qr", "aria-label"), [Some(page.into())]);
}

#[wasm_bindgen_test]
async fn where_sockets_must_speak_tls_every_way_does() {
    let mut room = RoomView::clone(&room(&TCP));
    room.join = Join { tls: true, ..Join::clone(&room.join) }.into();
    let stage = Stage::open(panel(&View::from(std::rc::Rc::new(room)), false)).await;
    assert_eq!(stage.texts("label:has(:checked)"), ["ncat"]);
    assert!(stage.texts("pre").iter().all(|way| ["ssl", "tls", "Ssl"].iter().any(|word| way.contains(word))));
}

#[wasm_bindgen_test]
async fn a_server_without_plain_sockets_says_so() {
    let stage = Stage::open(panel(&room(&[]), false)).await;
    assert!(!stage.has("pre") && !stage.has(".light"));
    assert!(stage.find("#join").text_content().unwrap().contains("This server takes no plain sockets."));
}

#[wasm_bindgen_test]
async fn the_light_turns_green_when_a_socket_has_arrived() {
    let mut stage = Stage::open(panel(&room(&TCP), false)).await;
    assert!(!stage.has(".light[data-is=on]"));
    stage.show(panel(&room(&TCP), true)).await;
    assert_eq!(stage.texts(".light[data-is=on]"), ["A socket has arrived. It works."]);
    assert_eq!(stage.attributes(".light", "role"), [Some("status".into())]);
}

#[wasm_bindgen_test]
async fn it_tells_when_it_is_opened_and_closed() {
    let (on_toggle, toggled) = spy();
    let stage = Stage::open(join(&room(&TCP), Panel::default(), &on_toggle, words())).await;
    assert!(!stage.has("pre"), "what nobody sees is drawn");
    stage.find("#join").show_popover().unwrap();
    until(|| *toggled.borrow() == [true]).await;
    stage.find("#join").hide_popover().unwrap();
    until(|| *toggled.borrow() == [true, false]).await;
}
