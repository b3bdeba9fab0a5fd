//! How one takes another name, and what one is told when it is refused.

use std::cell::RefCell;

use commonroom_protocol::Code;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlFormElement;

use super::*;
use crate::components::testing::{Stage, press, spy, words};

/// A field and the names it asks for.
struct Plate {
    stage: Stage,
    live: bool,
    on_rename: Callback<String>,
    asked: Rc<RefCell<Vec<String>>>,
}

impl Plate {
    async fn new(live: bool) -> Self {
        let (on_rename, asked) = spy();
        let stage = Stage::open(plate("ana", Naming::Idle, live, &on_rename)).await;
        Plate { stage, live, on_rename, asked }
    }

    async fn show(&mut self, you: &str, naming: Naming) {
        self.stage.show(plate(you, naming, self.live, &self.on_rename)).await;
    }

    fn field(&self) -> HtmlInputElement {
        self.stage.find("#nick").unchecked_into()
    }

    /// Writes this and presses Enter.
    async fn submit(&mut self, nick: &str) {
        self.field().set_value(nick);
        self.stage.find("form").unchecked_into::<HtmlFormElement>().request_submit().unwrap();
        self.show("ana", Naming::Idle).await;
    }
}

fn plate(you: &str, naming: Naming, live: bool, on_rename: &Callback<String>) -> Html {
    html! { <NameField you={Rc::from(you)} text={words()} {naming} {live} on_rename={on_rename.clone()} /> }
}

fn focused() -> Option<String> {
    gloo_utils::document().active_element().map(|element| element.id())
}

#[wasm_bindgen_test]
async fn the_name_opens_a_field_with_the_name_in_it() {
    let plate = Plate::new(true).await;
    assert_eq!(plate.stage.texts("#me"), ["ana"]);
    plate.stage.click("#me").await;
    let field = plate.field();
    assert_eq!(focused().as_deref(), Some("nick"));
    assert_eq!(field.value(), "ana");
    assert_eq!((field.selection_start().unwrap(), field.selection_end().unwrap()), (Some(0), Some(3)));
    assert!(!plate.stage.has("#me"));
}

#[wasm_bindgen_test]
async fn escape_leaves_the_name_as_it_was() {
    let mut plate = Plate::new(true).await;
    plate.stage.click("#me").await;
    plate.field().set_value("zed");
    press(&plate.field(), "Escape", |_| {});
    plate.show("ana", Naming::Idle).await;
    assert_eq!(plate.stage.texts("#me"), ["ana"]);
    assert_eq!(focused().as_deref(), Some("me"));
    assert_eq!(*plate.asked.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
async fn escape_that_ends_a_composition_does_not_close_the_field() {
    let mut plate = Plate::new(true).await;
    plate.stage.click("#me").await;
    press(&plate.field(), "Escape", |key| key.set_is_composing(true));
    plate.show("ana", Naming::Idle).await;
    assert!(plate.stage.has("#nick"));
}

#[wasm_bindgen_test]
async fn a_refusal_is_told_beside_the_field_which_stays_open() {
    let mut plate = Plate::new(true).await;
    plate.stage.click("#me").await;
    plate.submit(" bob ").await;
    assert_eq!(*plate.asked.borrow(), ["bob"]);
    assert_eq!(plate.stage.texts("#nick-error"), [""]);
    plate.show("ana", Naming::Refused(Code::NickTaken, "m".into())).await;
    assert_eq!(plate.stage.texts("#nick-error"), ["somebody here has that name"]);
    assert_eq!(plate.field().get_attribute("aria-invalid").as_deref(), Some("true"));
    assert_eq!(plate.field().value(), " bob ");
}

#[wasm_bindgen_test]
async fn an_old_refusal_is_not_told_again() {
    let mut plate = Plate::new(true).await;
    plate.stage.click("#me").await;
    plate.submit("bob").await;
    plate.show("ana", Naming::Refused(Code::NickTaken, "m".into())).await;
    press(&plate.field(), "Escape", |_| {});
    plate.show("ana", Naming::Refused(Code::NickTaken, "m".into())).await;
    plate.stage.click("#me").await;
    assert_eq!(plate.stage.texts("#nick-error"), [""]);
}

#[wasm_bindgen_test]
async fn the_field_closes_when_the_name_is_another() {
    let mut plate = Plate::new(true).await;
    plate.stage.click("#me").await;
    plate.submit("zed").await;
    assert!(plate.stage.has("#nick"));
    plate.show("zed", Naming::Idle).await;
    assert_eq!(plate.stage.texts("#me"), ["zed"]);
}

#[wasm_bindgen_test]
async fn the_same_name_or_none_is_not_asked_for() {
    let mut plate = Plate::new(true).await;
    for nick in ["ana", " "] {
        plate.stage.click("#me").await;
        plate.submit(nick).await;
        assert!(plate.stage.has("#me"), "{nick:?} leaves the field open");
    }
    assert_eq!(*plate.asked.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
async fn without_a_connection_the_wish_is_kept_and_the_field_closes() {
    let mut plate = Plate::new(false).await;
    plate.stage.click("#me").await;
    plate.submit("zed").await;
    assert_eq!(*plate.asked.borrow(), ["zed"]);
    assert!(plate.stage.has("#me"));
}
