//! Which keys send, complete and recall, and what stays written.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::*;
use crate::components::testing::{ME, Room, Stage, compose, point, press, serve, settle, spy, words, write};
use crate::outbox::Outbox;
use crate::storage;

/// A composer and what it asks for.
struct Desk {
    stage: Stage,
    on_input: Callback<Input>,
    on_mistake: Callback<Mistake>,
    inputs: Rc<RefCell<Vec<Input>>>,
    mistakes: Rc<RefCell<Vec<Mistake>>>,
}

impl Desk {
    async fn of(room: &Room) -> Self {
        let ((on_input, inputs), (on_mistake, mistakes)) = (spy(), spy());
        let stage = Stage::open(Html::default()).await;
        let mut desk = Desk { stage, on_input, on_mistake, inputs, mistakes };
        desk.show(room, "first").await;
        desk
    }

    /// Shows the room as it is now. Another key is another composer, as after a reload.
    async fn show(&mut self, room: &Room, key: &'static str) {
        let (on_input, on_mistake) = (self.on_input.clone(), self.on_mistake.clone());
        let (place, view) = (room.place(), room.view());
        let on_rename = Callback::noop();
        self.stage
            .show(html! { <Composer {key} {place} {view} text={words()} {on_input} {on_mistake} {on_rename} /> })
            .await;
    }

    fn area(&self) -> HtmlElement {
        self.stage.find("#composer")
    }

    fn written(&self) -> String {
        self.area().unchecked_into::<HtmlTextAreaElement>().value()
    }

    fn write(&self, text: &str) {
        write(&self.area(), text);
    }

    fn press(&self, key: &str) -> bool {
        press(&self.area(), key, |_| {})
    }

    fn said(&self) -> Vec<Input> {
        self.inputs.take()
    }
}

fn say(text: &str) -> Input {
    Input::Say { text: text.into(), me: false }
}

fn draft(room: &Room) -> Option<String> {
    storage::draft(&room.place())
}

#[wasm_bindgen_test]
async fn enter_says_what_is_written() {
    let room = Room::new();
    let desk = Desk::of(&room).await;
    desk.write("hello");
    assert!(desk.press("Enter"));
    assert_eq!(desk.said(), [say("hello")]);
    assert_eq!(desk.written(), "");
    assert_eq!(draft(&room), None);
}

#[wasm_bindgen_test]
async fn the_button_says_it_too() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("/me waves");
    desk.stage.click("#send").await;
    assert_eq!(desk.said(), [Input::Say { text: "waves".into(), me: true }]);
    let active = gloo_utils::document().active_element();
    assert_eq!(active.map(|element| element.id()).as_deref(), Some("composer"));
}

#[wasm_bindgen_test]
async fn enter_with_shift_is_left_to_the_text_area() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("hello");
    assert!(!press(&desk.area(), "Enter", |key| key.set_shift_key(true)));
    assert_eq!(desk.said(), []);
    assert_eq!(desk.written(), "hello");
}

#[wasm_bindgen_test]
async fn enter_that_ends_a_composition_is_left_to_the_input_method() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("你好");
    assert!(!press(&desk.area(), "Enter", |key| key.set_is_composing(true)));
    assert_eq!(desk.said(), []);
    assert_eq!(desk.written(), "你好");
}

/// Safari ends the composition first, and only the key's old code then tells whose it was.
#[wasm_bindgen_test]
async fn enter_of_code_229_is_left_to_the_input_method() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("你好");
    assert!(!press(&desk.area(), "Enter", |key| key.set_key_code(229)));
    assert_eq!(desk.said(), []);
    assert_eq!(desk.written(), "你好");
}

#[wasm_bindgen_test]
async fn tab_completes_a_name_and_goes_on_where_there_is_none() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("B");
    assert!(desk.press("Tab"));
    assert_eq!(desk.written(), "bob: ");
    desk.write("hello zed");
    assert!(!desk.press("Tab"));
    assert_eq!(desk.written(), "hello zed");
    desk.write("");
    assert!(!desk.press("Tab"));
    desk.write("b");
    assert!(!press(&desk.area(), "Tab", |key| key.set_shift_key(true)));
    assert_eq!(desk.written(), "b");
}

#[wasm_bindgen_test]
async fn tab_completes_what_stands_before_the_caret() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("ask b about it");
    let area = desk.area().unchecked_into::<HtmlTextAreaElement>();
    area.set_selection_range(5, 5).unwrap();
    assert!(desk.press("Tab"));
    assert_eq!(desk.written(), "ask bob  about it");
    assert_eq!(area.selection_start().unwrap(), Some(8));
}

#[wasm_bindgen_test]
async fn up_brings_back_what_one_said_last_where_nothing_is_written() {
    let desk = Desk::of(Room::new().say(ME, "mine").say("bob", "hers")).await;
    assert!(desk.press("ArrowUp"));
    assert_eq!(desk.written(), "mine");
    desk.write("new");
    assert!(!desk.press("ArrowUp"));
    assert_eq!(desk.written(), "new");
}

#[wasm_bindgen_test]
async fn up_has_nothing_to_bring_back_before_one_has_said_something() {
    let desk = Desk::of(Room::new().say("bob", "hers")).await;
    assert!(!desk.press("ArrowUp"));
    assert_eq!(desk.written(), "");
}

#[wasm_bindgen_test]
async fn up_brings_back_what_still_waits() {
    let mut outbox = Outbox::default();
    outbox.push("cid-x".into(), "waves".into(), true);
    let desk = Desk::of(Room::new().say(ME, "mine").outbox(&outbox)).await;
    assert!(desk.press("ArrowUp"));
    assert_eq!(desk.written(), "/me waves");
}

#[wasm_bindgen_test]
async fn a_mistake_is_told_and_what_is_written_stays() {
    let room = Room::new();
    let desk = Desk::of(&room).await;
    desk.write("/kcik bob");
    assert!(desk.press("Enter"));
    assert_eq!(desk.mistakes.take(), [Mistake::UnknownCommand { word: "/kcik".into(), meant: Some("/kick") }]);
    assert_eq!(desk.written(), "/kcik bob");
    assert_eq!(draft(&room).as_deref(), Some("/kcik bob"));
    assert_eq!(desk.said(), []);
}

#[wasm_bindgen_test]
async fn the_servers_limit_is_kept() {
    let desk = Desk::of(&Room::new()).await;
    desk.write(&"x".repeat(101));
    desk.press("Enter");
    assert_eq!(desk.mistakes.take(), [Mistake::TooLong(100)]);
}

#[wasm_bindgen_test]
async fn nothing_is_not_said_and_no_mistake_worth_a_word() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("  ");
    assert!(desk.press("Enter"));
    assert_eq!(desk.said(), []);
    assert_eq!(desk.mistakes.take(), []);
}

#[wasm_bindgen_test]
async fn a_draft_stays_over_a_reload_and_is_the_rooms_own() {
    let room = Room::new();
    let mut desk = Desk::of(&room).await;
    desk.write("half a sent");
    let kept = gloo_utils::window().session_storage().unwrap().unwrap().get_item("draft/ops").unwrap();
    assert_eq!(kept.as_deref(), Some("half a sent"));
    desk.show(&room, "reloaded").await;
    assert_eq!(desk.written(), "half a sent");
    let elsewhere = RoomName::from_path("/r/dev");
    assert_eq!(storage::draft(&elsewhere), None);
}

#[wasm_bindgen_test]
async fn what_happens_in_the_room_does_not_touch_what_is_being_written() {
    let mut room = Room::new();
    let mut desk = Desk::of(&room).await;
    let area = desk.area();
    desk.write("half a sent");
    desk.show(room.say("bob", "hello"), "first").await;
    assert!(desk.area().is_same_node(Some(&area)), "the text area is another one");
    assert_eq!(desk.written(), "half a sent");
}

#[wasm_bindgen_test]
async fn it_says_where_one_writes() {
    let desk = Desk::of(&Room::new()).await;
    assert_eq!(desk.area().get_attribute("aria-label").as_deref(), Some("Message ops"));
}

/// The way that one would choose by Enter.
fn chosen(desk: &Desk) -> Option<String> {
    let id = desk.area().get_attribute("aria-activedescendant")?;
    let option = desk.stage.find(&["#", &id].concat());
    assert_eq!(option.get_attribute("aria-selected").as_deref(), Some("true"));
    option.text_content()
}

fn shown(desk: &Desk) -> Vec<String> {
    desk.stage.texts("#suggestions:not([hidden]) [role=option]")
}

#[wasm_bindgen_test]
async fn the_ways_of_a_word_with_a_sign_are_shown_and_one_is_taken_by_keys() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("@");
    settle().await;
    assert_eq!((shown(&desk), chosen(&desk)), (vec!["@ana".to_owned(), "@bob".to_owned()], None));
    for (key, way) in [("ArrowDown", "@ana"), ("ArrowUp", "@bob"), ("ArrowDown", "@ana"), ("ArrowDown", "@bob")] {
        assert!(desk.press(key));
        settle().await;
        assert_eq!(chosen(&desk).as_deref(), Some(way));
    }
    assert!(desk.press("Enter"));
    settle().await;
    assert_eq!((desk.written().as_str(), shown(&desk).len(), chosen(&desk)), ("@bob ", 0, None));
    assert_eq!(desk.said(), []);
}

#[wasm_bindgen_test]
async fn enter_sends_where_no_way_was_chosen() {
    let desk = Desk::of(&Room::new()).await;
    desk.write("ask @b");
    settle().await;
    assert_eq!(shown(&desk), ["@bob"]);
    assert!(desk.press("Enter"));
    settle().await;
    assert_eq!((desk.said(), shown(&desk).len()), (vec![say("ask @b")], 0));
}

#[wasm_bindgen_test]
async fn escape_closes_the_list_for_this_word() {
    let desk = Desk::of(&Room::new()).await;
    assert!(!desk.press("Escape"));
    desk.write("/m");
    settle().await;
    assert_eq!(shown(&desk)[..2], ["/me", "/msg"]);
    assert!(desk.press("ArrowDown") && desk.press("Escape"));
    desk.write("/ms");
    settle().await;
    assert_eq!((shown(&desk).len(), chosen(&desk)), (0, None));
    assert!(desk.press("Tab"));
    assert_eq!(desk.written(), "/msg ");
    desk.write("@b");
    settle().await;
    assert_eq!(shown(&desk), ["@bob"]);
}

#[wasm_bindgen_test]
async fn a_tap_takes_a_way_and_leaves_the_caret_where_one_writes() {
    let desk = Desk::of(&Room::new()).await;
    desk.area().focus().unwrap();
    desk.write("hi @");
    settle().await;
    let option = desk.stage.find("#suggestion-1");
    assert!(point(&option), "the text area would lose the focus");
    desk.stage.click("#suggestion-1").await;
    assert_eq!((desk.written().as_str(), shown(&desk).len()), ("hi @bob ", 0));
    desk.write("@");
    settle().await;
    desk.area().blur().unwrap();
    settle().await;
    assert_eq!(shown(&desk).len(), 0);
}

#[wasm_bindgen_test]
async fn the_list_waits_for_the_input_method_and_goes_when_the_caret_does() {
    let desk = Desk::of(&Room::new()).await;
    compose(&desk.area(), "@b");
    settle().await;
    assert_eq!(shown(&desk).len(), 0);
    desk.write("@b");
    settle().await;
    assert_eq!(shown(&desk).len(), 1);
    assert!(!press(&desk.area(), "ArrowDown", |key| key.set_is_composing(true)));
    assert!(!desk.press("ArrowLeft"));
    settle().await;
    assert_eq!(shown(&desk).len(), 0);
}

#[wasm_bindgen_test]
async fn an_emoji_is_found_by_its_name_and_said_in_its_place() {
    serve("emoji", "# Names.\nsmile 😄\nsmirk 😏\n");
    let desk = Desk::of(&Room::new()).await;
    desk.write("ok :smi");
    settle().await;
    assert_eq!(shown(&desk), ["😄 :smile:", "😏 :smirk:"]);
    assert!(desk.press("Tab"));
    assert_eq!(desk.written(), "ok 😄 ");
    for (written, said) in [(":smirk: `:smile:`", "😏 `:smile:`"), ("ok :)", "ok :)"), ("10:30:smile:", "10:30:smile:")]
    {
        desk.write(written);
        assert!(desk.press("Enter"));
        assert_eq!(desk.said(), [say(said)]);
    }
    assert!(desk.press("ArrowUp"));
    assert_eq!(desk.written(), "10:30:smile:");
}

#[wasm_bindgen_test]
async fn what_too_many_messages_wait_before_stays_written() {
    let mut outbox = Outbox::default();
    while outbox.push("c".into(), "text".into(), false) {}
    let mut room = Room::new();
    let desk = Desk::of(room.outbox(&outbox)).await;
    desk.write("one more");
    desk.press("Enter");
    assert_eq!((desk.said(), desk.mistakes.take()), (vec![], vec![Mistake::OutboxFull]));
    assert_eq!(desk.written(), "one more");
    desk.write("/help");
    desk.press("Enter");
    assert_eq!(desk.said(), [Input::Help]);
}
