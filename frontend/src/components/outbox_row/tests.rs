//! What a message says that is not in the log. What its buttons do is in the log's tests.

use commonroom_protocol::Code;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::Stage;
use crate::text::ENGLISH;

async fn drawn(fate: Fate) -> Stage {
    let entry = Entry { cid: "cid-1".into(), text: "hello".into(), me: false, fate };
    Stage::open(outbox_row(&entry, "ana", &ENGLISH, &Callback::noop())).await
}

#[wasm_bindgen_test]
async fn one_that_was_sent_still_waits() {
    for fate in [Fate::Waiting, Fate::Sent] {
        let stage = drawn(fate).await;
        assert_eq!(stage.attributes("[data-row]", "data-row"), [Some("pending".into())]);
        assert_eq!(stage.attributes("[data-row]", "data-cid"), [Some("cid-1".into())]);
        assert_eq!(stage.texts(".n, .what, .when"), ["ana", "hello", "sending"]);
        assert!(!stage.has("button"));
    }
}

#[wasm_bindgen_test]
async fn a_reason_that_is_new_is_told_in_the_servers_words() {
    let stage = drawn(Fate::Refused { code: Code::Other, message: "the moon is full".into() }).await;
    assert_eq!(stage.texts(".fix span"), ["not sent: the moon is full"]);
    assert_eq!(stage.texts("button"), ["Retry", "Copy", "Remove"]);
}

#[wasm_bindgen_test]
async fn one_that_was_perhaps_sent_is_not_sent_again_by_itself() {
    let stage = drawn(Fate::Unsure).await;
    assert_eq!(stage.attributes("[data-row]", "data-row"), [Some("failed".into())]);
    assert!(stage.find(".fix span").text_content().is_some_and(|words| words.starts_with("perhaps sent")));
}
