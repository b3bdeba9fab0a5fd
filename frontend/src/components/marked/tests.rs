//! That a message's text is drawn as its markup says, and never becomes HTML.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Stage, clipboard};
use crate::text::ENGLISH;

async fn drawn(message: &str) -> Stage {
    let text = &ENGLISH;
    Stage::open(html! { <div class="what">{marked(message, text)}</div> }).await
}

#[wasm_bindgen_test]
async fn hostile_text_is_text() {
    for hostile in ["<img src=x onerror=hurt()>", "<script>hurt()</script>", "&lt;b&gt;", "</p><h1>"] {
        for message in
            [hostile.to_owned(), format!("**{hostile}**"), format!("> {hostile}"), format!("```\n{hostile}\n```")]
        {
            let stage = drawn(&message).await;
            assert!(!stage.has(".what img, .what script, .what h1"), "{message:?}");
            assert!(stage.texts(".what")[0].contains(hostile), "{message:?} is {:?}", stage.texts(".what"));
        }
    }
}

#[wasm_bindgen_test]
async fn a_link_shows_its_address_and_tells_it_nothing_of_us() {
    let stage = drawn("see https://example.org/a?b=c, now").await;
    assert_eq!(stage.texts("a"), ["https://example.org/a?b=c"]);
    assert_eq!(stage.attributes("a", "href"), [Some("https://example.org/a?b=c".into())]);
    assert_eq!(stage.attributes("a", "target"), [Some("_blank".into())]);
    assert_eq!(stage.attributes("a", "rel"), [Some("noopener noreferrer nofollow ugc".into())]);
}

#[wasm_bindgen_test]
async fn an_address_that_would_run_is_no_link() {
    let stage = drawn("javascript:alert(1) data:text/html,x https:\"onclick=alert(1)").await;
    assert!(!stage.has("a"));
}

#[wasm_bindgen_test]
async fn a_quote_in_an_address_does_not_end_its_attribute() {
    let stage = drawn("https://example.org/'onclick='alert(1)'x").await;
    assert_eq!(stage.find("a").get_attribute_names().length(), 4);
}

#[wasm_bindgen_test]
async fn each_mark_has_its_element() {
    let stage = drawn("a **b** *c* `d`\n> e\n```\nf\ng\n```").await;
    let texts = |selector: &str| stage.texts(&[".what ", selector].concat());
    assert_eq!(texts("> p"), ["a b c d"]);
    assert_eq!((texts("b"), texts("i"), texts("p code")), (vec!["b".into()], vec!["c".into()], vec!["d".into()]));
    assert_eq!(texts("blockquote"), ["e"]);
    assert_eq!(texts("pre"), ["f\ng"]);
}

#[wasm_bindgen_test]
async fn code_can_be_copied_as_it_was_written() {
    let stage = drawn("```rust\nfn main() {\n\tprintln!(\"<hello>\");\n}\n```").await;
    let copied = clipboard();
    assert_eq!(stage.texts("button"), ["Copy"]);
    stage.click_on("Copy").await;
    assert_eq!(String::from(copied.join("|")), "fn main() {\n\tprintln!(\"<hello>\");\n}");
    assert_eq!(stage.texts("button"), ["Copied"]);
}
