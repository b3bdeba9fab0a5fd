//! What a search shows, and where it leads.

use commonroom_protocol::{Code, PageOf, ServerFrame};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::components::testing::{Room, Stage, date, said, spy, until, words, write};

fn panel(room: &Room, command: Callback<Command>, tell: Callback<Happened>) -> Html {
    html! { <Search view={room.view()} text={words()} {command} {tell} /> }
}

/// The room after a search for "rain", which has found these among messages of all of these seqs.
fn found(room: &mut Room, said_seqs: &[u64], hits: &[u64], more: bool) {
    let one =
        |seq: &u64| said(Seq(*seq), Seq(seq - 1), date(22, 12, 3), "bob", &["message ", &seq.to_string()].concat());
    room.event(Happened::Asked(1, Question::Search { query: "rain".into(), before: None }));
    room.frame(ServerFrame::Page {
        n: Some(1),
        of: PageOf::Search,
        said: said_seqs.iter().map(one).collect(),
        more,
        hits: Some(hits.iter().map(|hit| Seq(*hit)).collect()),
    });
}

#[wasm_bindgen_test]
async fn what_is_typed_is_asked_for_once_one_pauses() {
    let (command, asked) = spy();
    let stage = Stage::open(panel(&Room::new(), command, Callback::noop())).await;
    let field = stage.find("#query");
    for text in ["r", "ra", " rain "] {
        write(&field, text);
    }
    until(|| !asked.borrow().is_empty()).await;
    assert_eq!(*asked.borrow(), [Command::Ask(Question::Search { query: "rain".into(), before: None })]);
}

#[wasm_bindgen_test]
async fn each_result_stands_among_what_was_said_beside_it_newest_first() {
    let mut room = Room::after(100);
    found(&mut room, &[38, 39, 40, 41, 42, 7, 8], &[40, 8], false);
    let stage = Stage::open(panel(&room, Callback::noop(), Callback::noop())).await;
    assert_eq!(stage.attributes(".hit", "data-seq"), [Some("40".into()), Some("8".into())]);
    assert_eq!(stage.texts("[data-is=found]"), ["bob\u{2002}message 40", "bob\u{2002}message 8"]);
    assert_eq!(stage.all(".hit:first-child > span").len(), 7);
    assert_eq!(stage.texts("[role=status]"), ["2 found"]);
    assert!(!stage.has("#more"));
}

#[wasm_bindgen_test]
async fn a_click_leads_to_the_place_which_is_fetched_if_it_is_not_there() {
    let mut room = Room::after(100);
    room.say("bob", "here");
    found(&mut room, &[40], &[101, 40], false);
    let (command, asked) = spy();
    let (tell, told) = spy();
    let stage = Stage::open(panel(&room, command, tell)).await;
    stage.all(".hit")[0].click();
    stage.all(".hit")[1].click();
    assert_eq!(*told.borrow(), [Happened::Target(Some(Seq(101))), Happened::Target(Some(Seq(40)))]);
    assert_eq!(*asked.borrow(), [Command::Ask(Question::History(Reach::Around(Seq(40))))]);
}

#[wasm_bindgen_test]
async fn older_results_are_asked_for_before_the_oldest_one() {
    let mut room = Room::after(100);
    found(&mut room, &[40, 8], &[40, 8], true);
    let (command, asked) = spy();
    let stage = Stage::open(panel(&room, command, Callback::noop())).await;
    assert_eq!(stage.texts("[role=status]"), ["2+ found"]);
    write(&stage.find("#query"), "rain");
    until(|| asked.borrow().len() == 1).await;
    stage.click("#more").await;
    let older = Command::Ask(Question::Search { query: "rain".into(), before: Some(Seq(8)) });
    assert_eq!(asked.borrow().last(), Some(&older));
}

#[wasm_bindgen_test]
async fn a_refusal_takes_the_place_of_what_was_found_before_and_no_words_that_of_all() {
    let mut room = Room::after(100);
    found(&mut room, &[40, 8], &[40, 8], true);
    let refuse = |room: &mut Room, query: &str| {
        room.event(Happened::Asked(1, Question::Search { query: query.into(), before: None }));
        let (code, message) = (Code::Rate, String::new());
        room.frame(ServerFrame::Refused { cid: None, n: Some(1), code, message, retry_ms: None });
        panel(room, Callback::noop(), Callback::noop())
    };
    let mut stage = Stage::open(refuse(&mut room, "snow")).await;
    assert_eq!(stage.texts("[role=status]"), ["Not done: that is too soon after the last time"]);
    assert!(!stage.has(".hit") && !stage.has("#more"));
    stage.show(refuse(&mut room, "")).await;
    assert_eq!(stage.texts("[role=status]"), [words().search_hint]);
}

#[wasm_bindgen_test]
async fn without_a_connection_it_says_so() {
    let mut room = Room::new();
    room.event(Happened::Link(Link::Offline));
    let stage = Stage::open(panel(&room, Callback::noop(), Callback::noop())).await;
    assert_eq!(stage.texts("[role=status]"), [words().not_connected]);
}
