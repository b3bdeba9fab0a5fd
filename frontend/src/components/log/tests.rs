//! What the transcript draws, and where one's eyes stay while it grows.

use commonroom_protocol::{Code, GapWhy, NoticeCode, PageOf, Seq, ServerFrame};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::*;
use crate::components::testing::{
    ME, MINUTE_MS, Room, Stage, assert_same_nodes, clipboard, date, press, said, settle, spy, top, until, words,
};
use crate::outbox::Outbox;
use crate::state::{Event, Local};

const ROW: &str = "[data-row=said]";

fn log(room: &Room) -> Html {
    with(room, Callback::noop())
}

fn with(room: &Room, command: Callback<Command>) -> Html {
    html! { <Log view={room.view()} text={words()} focus=true {command} tell={Callback::noop()} /> }
}

async fn drawn(room: &Room) -> Stage {
    Stage::open(log(room)).await
}

fn to_end(scroller: &HtmlElement) -> i32 {
    scroller.scroll_height() - scroller.client_height() - scroller.scroll_top()
}

/// Scrolls to so many pixels from the end, as a wheel would.
async fn scroll_away(stage: &Stage, pixels: i32) {
    let scroller = stage.find("main");
    scroller.set_scroll_top(scroller.scroll_height() - scroller.client_height() - pixels);
    settle().await;
}

#[wasm_bindgen_test]
async fn one_persons_messages_within_five_minutes_share_a_name() {
    let mut room = Room::new();
    room.say("bob", "one").later(4).say("bob", "two").later(5).say("bob", "three").say("cy", "four").say("bob", "five");
    let stage = drawn(&room).await;
    assert_eq!(stage.texts(&[ROW, " .what"].concat()), ["one", "two", "three", "four", "five"]);
    assert_eq!(stage.texts("[data-is~=lead] .what"), ["one", "three", "four", "five"]);
    assert_eq!(stage.texts(".who .n"), ["bob", "bob", "cy", "bob"]);
}

#[wasm_bindgen_test]
async fn just_under_five_minutes_is_still_within() {
    let mut room = Room::new();
    let start = date(22, 12, 3);
    room.at(start).say("bob", "one").at(start + 5 * MINUTE_MS - 1).say("bob", "two");
    assert_eq!(drawn(&room).await.texts(".who .n"), ["bob"]);
}

#[wasm_bindgen_test]
async fn a_name_comes_again_after_a_line_that_is_no_message() {
    let mut room = Room::new();
    room.say("bob", "one").frame(ServerFrame::Left { nick: "cy".into() }).say("bob", "two");
    assert_eq!(drawn(&room).await.texts(".who .n"), ["bob", "bob"]);
}

#[wasm_bindgen_test]
async fn each_day_has_a_rule_and_its_first_message_a_name() {
    let mut room = Room::new();
    room.at(date(20, 23, 58)).say("bob", "late").later(3).say("bob", "early").later(1).say("bob", "and on");
    let stage = drawn(&room).await;
    assert_eq!(
        stage.texts("[role=log] > *"),
        [
            "Wednesday, November 20, 2024",
            "bobnclate23:58",
            "Thursday, November 21, 2024",
            "bobncearly00:01",
            "and on00:02"
        ]
    );
}

#[wasm_bindgen_test]
async fn today_and_yesterday_are_called_so() {
    let noon = |days_ago: u32| {
        let now = js_sys::Date::new_0();
        now.set_hours(12);
        now.set_date(now.get_date() - days_ago)
    };
    let mut room = Room::new();
    room.at(as_ms(noon(1))).say("bob", "one").at(as_ms(noon(0))).say("bob", "two");
    assert_eq!(drawn(&room).await.texts(".day"), ["Yesterday", "Today"]);
}

#[wasm_bindgen_test]
async fn a_row_that_stays_keeps_its_node() {
    let mut room = Room::after(300);
    room.say("bob", "old").frame(ServerFrame::Left { nick: "cy".into() });
    let mut stage = drawn(&room).await;
    let old = stage.all("[data-row]");
    stage.show(log(room.say("bob", "new"))).await;
    assert_same_nodes(&stage.all("[data-row]")[..2], &old);
    stage.show(log(room.event(Event::Asked(1, older(301))).frame(page(1, 299..=300)))).await;
    assert_eq!(stage.texts(".what"), ["message 299", "message 300", "old", "new"]);
    assert_same_nodes(&stage.all("[data-row]")[2..4], &old);
}

#[wasm_bindgen_test]
async fn what_is_missing_is_told_in_its_place() {
    let mut room = Room::new();
    let (from, to) = (Seq(1), Seq(42));
    room.frame(ServerFrame::Gap { from, to, why: GapWhy::Limit }).say("bob", "hello");
    let stage = drawn(&room).await;
    assert_eq!(stage.texts("[data-row=gap]"), ["42 messages are not shown: too much was said at once"]);
    assert_eq!(stage.attributes("[data-row]", "data-row"), [Some("gap".into()), Some("said".into())]);
}

#[wasm_bindgen_test]
async fn what_waits_and_what_failed_stand_below_with_what_can_be_done() {
    let (command, asked) = spy();
    let mut outbox = Outbox::default();
    outbox.push("cid-a".into(), "bad".into(), false);
    outbox.send_waiting();
    outbox.refuse("cid-a", Code::Locked, "locked");
    outbox.push("cid-b".into(), "good".into(), false);
    let mut room = Room::new();
    room.say("bob", "hello").outbox(&outbox);
    let stage = Stage::open(with(&room, command)).await;

    assert_eq!(stage.texts(".outbox .what"), ["bad", "good"]);
    assert_eq!(stage.texts("[data-row=failed] .fix span"), ["not sent: the room is locked"]);
    assert_eq!(stage.texts("[data-row=pending] .when"), ["sending"]);
    assert!(!stage.has("[data-row=pending] button"));

    let copied = clipboard();
    stage.click_on("Retry").await;
    stage.click_on("Copy").await;
    stage.click_on("Remove").await;
    assert_eq!(*asked.borrow(), [Command::Retry("cid-a".into()), Command::Discard("cid-a".into())]);
    assert_eq!(String::from(copied.join(",")), "bad");
}

#[wasm_bindgen_test]
async fn a_message_that_is_said_is_no_longer_below() {
    let mut outbox = Outbox::default();
    outbox.push("cid-1".into(), "mine".into(), false);
    let mut room = Room::new();
    room.outbox(&outbox);
    let mut stage = drawn(&room).await;
    assert_eq!(stage.attributes("[data-row]", "data-row"), [Some("pending".into())]);
    stage.show(log(room.say(ME, "mine").outbox(&Outbox::default()))).await;
    assert_eq!(stage.attributes("[data-row]", "data-row"), [Some("said".into())]);
    assert_eq!(stage.attributes("[data-row]", "data-cid"), [Some("cid-1".into())]);
}

#[wasm_bindgen_test]
async fn what_waits_longer_keeps_its_node() {
    let mut outbox = Outbox::default();
    for cid in ["cid-a", "cid-b", "cid-c"] {
        outbox.push(cid.into(), "text".into(), false);
    }
    let mut room = Room::new();
    let mut stage = drawn(room.outbox(&outbox)).await;
    let mut rows = stage.all("[data-row]");
    outbox.remove("cid-b");
    stage.show(log(room.outbox(&outbox))).await;
    rows.remove(1);
    assert_same_nodes(&stage.all("[data-row]"), &rows);
}

#[wasm_bindgen_test]
async fn near_the_end_one_stays_at_the_end() {
    let mut room = Room::new();
    room.chatter(50);
    let mut stage = drawn(&room).await;
    let scroller = stage.find("main");
    assert!(scroller.scroll_top() > 0, "there is nothing to scroll");
    assert_eq!(to_end(&scroller), 0);
    scroll_away(&stage, 90).await;
    stage.show(log(room.chatter(2))).await;
    assert_eq!(to_end(&scroller), 0);
    assert!(!stage.has("#news"));
}

#[wasm_bindgen_test]
async fn further_up_one_stays_there_and_is_told_what_is_new() {
    let mut room = Room::new();
    room.chatter(50);
    let mut stage = drawn(&room).await;
    scroll_away(&stage, 110).await;
    assert!(!stage.has("#news"));
    room.event(Event::Attended(Look::Away));
    let place = top(&stage.all(ROW)[40]);
    // One's own words of another page are no news, and neither is who comes and goes.
    stage.show(log(room.chatter(2).say(ME, "mine").frame(ServerFrame::Left { nick: "cy".into() }))).await;
    assert_eq!(stage.texts("#news"), ["2 new"]);
    assert_same(top(&stage.all(ROW)[40]), place);
    stage.click("#news").await;
    assert_eq!(to_end(&stage.find("main")), 0);
    assert!(!stage.has("#news"));
}

/// A browser may tell of a scroll when rows have grown and nothing has followed them yet.
#[wasm_bindgen_test]
async fn only_who_goes_up_leaves_the_end() {
    let mut room = Room::new();
    let mut stage = drawn(room.chatter(50)).await;
    let scroller = stage.find("main");
    stage.all(ROW)[0].set_attribute("style", "padding-bottom: 500px").unwrap();
    scroller.set_scroll_top(scroller.scroll_top() + 1);
    settle().await;
    assert!(to_end(&scroller) > 400);
    stage.show(log(room.chatter(1))).await;
    assert_eq!(to_end(&scroller), 0);
}

#[wasm_bindgen_test]
async fn who_scrolls_back_to_the_end_has_seen_what_is_new() {
    let mut room = Room::new();
    room.chatter(50);
    let mut stage = drawn(&room).await;
    scroll_away(&stage, 500).await;
    stage.show(log(room.event(Event::Attended(Look::Away)).chatter(1))).await;
    assert!(stage.has("#news"));
    scroll_away(&stage, 0).await;
    assert!(!stage.has("#news"));
}

#[wasm_bindgen_test]
async fn who_writes_sees_it_from_wherever_they_were() {
    let mut room = Room::new();
    room.chatter(50);
    let mut stage = drawn(&room).await;
    scroll_away(&stage, 500).await;
    let mut outbox = Outbox::default();
    outbox.push("cid-x".into(), "mine".into(), false);
    stage.show(log(room.outbox(&outbox))).await;
    assert_eq!(to_end(&stage.find("main")), 0);
    scroll_away(&stage, 500).await;
    stage.show(log(room.event(Event::Local(Local::Help)))).await;
    assert_eq!(to_end(&stage.find("main")), 0);
}

#[wasm_bindgen_test]
async fn what_one_has_written_too_long_leaves_the_answer_in_sight() {
    let mut outbox = Outbox::default();
    outbox.push("cid-a".into(), "line\n".repeat(150), false);
    outbox.send_waiting();
    outbox.refuse("cid-a", Code::BadText, "too many lines");
    let mut room = Room::new();
    let stage = drawn(room.chatter(50).outbox(&outbox).event(Event::Local(Local::Help))).await;
    let edge = top(&stage.find("main"));
    let note = top(&stage.find("[data-row=notice]"));
    assert!(edge < note && note < edge + 500.0, "{note} in a window from {edge} on");
}

#[wasm_bindgen_test]
async fn a_smaller_window_still_shows_the_end() {
    let stage = drawn(Room::new().chatter(50)).await;
    let scroller = stage.find("main");
    scroller.set_attribute("style", "max-height: 300px").unwrap();
    settle().await;
    assert_eq!(scroller.client_height(), 300);
    assert_eq!(to_end(&scroller), 0);
}

/// Scrolls until the row in sight is one that was not drawn before, and says how far rows have jumped at most.
async fn go_up(stage: &Stage) -> f64 {
    let scroller = stage.find("main");
    let (first, mut jump) = (seqs(stage)[0], 0_f64);
    for _ in 0..100 {
        if seqs(stage)[0] != first {
            break;
        }
        let rows = stage.all(ROW);
        let seen: Vec<f64> = rows.iter().map(|row| top(row)).collect();
        let was = scroller.scroll_top();
        scroller.set_scroll_top(was - 400);
        settle().await;
        let stays = rows.iter().zip(&seen).filter(|(row, _)| row.is_connected()).map(|(row, seen)| top(row) - seen);
        jump = stays.map(|moved| (moved - f64::from(was.min(400))).abs()).fold(jump, f64::max);
    }
    jump
}

fn seqs(stage: &Stage) -> Vec<u64> {
    stage.attributes(ROW, "data-seq").into_iter().flatten().filter_map(|seq| seq.parse().ok()).collect()
}

#[wasm_bindgen_test]
async fn of_many_rows_a_few_are_drawn_and_more_come_into_sight_without_a_jump() {
    let mut room = Room::new();
    room.chatter(2_000);
    let mut stage = drawn(&room).await;
    assert_eq!((stage.all(ROW).len(), seqs(&stage)[0]), (DRAWN, 1_701));
    let jump = go_up(&stage).await;
    assert_eq!((stage.all(ROW).len(), seqs(&stage)[0]), (DRAWN, 1_601));
    assert!(jump < 1.0, "rows jumped by {jump} pixels");
    // What is new is not drawn where one reads; at the end the newest are.
    stage.show(log(room.event(Event::Attended(Look::Away)).chatter(1))).await;
    assert_eq!(seqs(&stage).last(), Some(&1_900));
    stage.click("#news").await;
    assert_eq!((stage.all(ROW).len(), seqs(&stage).last()), (DRAWN, Some(&2_001)));
    assert_eq!(to_end(&stage.find("main")), 0);
}

#[wasm_bindgen_test]
async fn who_goes_down_again_comes_to_the_end() {
    let mut room = Room::new();
    let stage = drawn(room.chatter(600)).await;
    go_up(&stage).await;
    let scroller = stage.find("main");
    for _ in 0..200 {
        if seqs(&stage).last() == Some(&600) && to_end(&scroller) == 0 {
            break;
        }
        scroller.set_scroll_top(scroller.scroll_top() + 400);
        settle().await;
        assert_eq!(stage.all(ROW).len(), DRAWN);
    }
    assert_eq!((seqs(&stage).last(), stage.has("#news")), (Some(&600), false));
}

#[wasm_bindgen_test]
async fn a_message_that_was_asked_for_is_brought_into_sight_and_has_the_focus() {
    let mut room = Room::new();
    room.chatter(1_000);
    let mut stage = drawn(&room).await;
    stage.show(log(room.event(Event::Target(Some(Seq(100)))))).await;
    let target = stage.find("[data-is~=target]");
    assert_eq!(target.get_attribute("data-seq").as_deref(), Some("100"));
    let scroller = stage.find("main");
    let in_window = top(&target) - top(&scroller);
    assert!((200.0..400.0).contains(&in_window), "{in_window}");
    assert!(gloo_utils::document().active_element().is_some_and(|active| active.is_same_node(Some(&target))));
    assert_eq!(stage.texts("#news"), ["To the end"]);
    scroll_away(&stage, 100).await;
    stage.show(log(room.event(Event::Target(Some(Seq(100)))))).await;
    let in_window = top(&stage.find("[data-is~=target]")) - top(&scroller);
    assert!((200.0..400.0).contains(&in_window), "{in_window}");
    stage.click("#news").await;
    assert_eq!(to_end(&scroller), 0);
}

#[wasm_bindgen_test]
async fn at_the_lower_edge_of_old_messages_newer_ones_are_asked_for() {
    let (command, asked) = spy();
    let mut room = Room::after(5_000);
    room.chatter(50);
    let around = Question::History(Reach::Around(Seq(100)));
    room.event(Event::Asked(1, around)).frame(page(1, 50..=150)).event(Event::Target(Some(Seq(100))));
    let stage = Stage::open(with(&room, command)).await;
    assert_eq!((seqs(&stage)[0], seqs(&stage).last()), (50, Some(&150)));
    scroll_away(&stage, 100).await;
    assert_eq!(*asked.borrow(), [Command::Ask(Question::History(Reach::Newer(Seq(150))))]);
    stage.click("#news").await;
    let latest = Command::Ask(Question::History(Reach::Latest(Seq(5_050))));
    assert!(asked.borrow().contains(&latest), "{:?}", asked.borrow());
}

#[wasm_bindgen_test]
async fn who_reads_further_up_keeps_the_place_in_a_full_log() {
    let (tell, told) = spy();
    let mut room = Room::new();
    room.chatter(2_000);
    let log = |room: &Room| {
        html! { <Log view={room.view()} text={words()} focus=true command={Callback::noop()} tell={tell.clone()} /> }
    };
    let mut stage = Stage::open(log(&room)).await;
    scroll_away(&stage, 5_000).await;
    assert_eq!(told.borrow().last(), Some(&Event::Attended(Look::Above)));
    let row = stage.all(ROW).swap_remove(150);
    let place = top(&row);
    stage.show(log(room.event(Event::Attended(Look::Above)).chatter(2_000))).await;
    assert_same(top(&row), place);
    assert!(row.is_connected());
    assert_eq!(stage.texts("#news"), ["2,000 new"]);
    scroll_away(&stage, 0).await;
    assert_eq!(told.borrow().last(), Some(&Event::Attended(Look::Above)), "the end of the rows is not the room's");
}

#[wasm_bindgen_test]
async fn who_goes_elsewhere_just_when_words_come_is_not_taken_back() {
    let mut room = Room::new();
    room.chatter(1_000);
    let mut stage = drawn(&room).await;
    scroll_away(&stage, 5_000).await;
    let row = stage.all(ROW).swap_remove(120);
    let place = top(&row);
    // Before the browser tells of the scroll, as a search in the page goes to what it has found.
    let scroller = stage.find("main");
    scroller.set_scroll_top(scroller.scroll_top() - 1_000);
    stage.show(log(room.event(Event::Attended(Look::Above)).chatter(1))).await;
    assert_same(top(&row), place + 1_000.0);
    assert_eq!(stage.texts("#news"), ["1 new"]);
}

#[wasm_bindgen_test]
async fn what_was_sought_before_is_not_gone_to_again() {
    let mut room = Room::new();
    room.chatter(1_000).event(Event::Target(Some(Seq(100))));
    let mut stage = drawn(&room).await;
    assert_eq!(to_end(&stage.find("main")), 0, "one has come back to the room");
    stage.show(log(room.event(Event::Target(Some(Seq(200)))))).await;
    assert_eq!(stage.attributes("[data-is~=target]", "data-seq"), [Some("200".to_owned())]);
    assert!(to_end(&stage.find("main")) > 1_000);
}

#[wasm_bindgen_test]
async fn where_one_looks_is_told_again_once_the_room_is_known() {
    let (tell, told) = spy();
    let mut room = Room::new();
    let log = |view: View| {
        html! { <Log {view} text={words()} focus=true command={Callback::noop()} tell={tell.clone()} /> }
    };
    let unknown = crate::state::ChatState::default().room(&room.place());
    let mut stage = Stage::open(log(unknown.into())).await;
    assert_eq!(*told.borrow(), [Event::Attended(Look::End)]);
    for _ in 0..2 {
        stage.show(log(room.chatter(1).view())).await;
        assert_eq!(*told.borrow(), [Event::Attended(Look::End), Event::Attended(Look::End)]);
    }
}

#[wasm_bindgen_test]
async fn what_happens_in_an_empty_room_is_in_sight() {
    let mut room = Room::new();
    let mut stage = drawn(&room).await;
    let scroller = stage.find("main");
    scroller.set_attribute("style", "max-height: 70px").unwrap();
    settle().await;
    for number in 1..=30 {
        let (code, message) = (NoticeCode::Done, format!("this is done: {number}"));
        room.frame(ServerFrame::Notice { code, message, about: None });
        stage.show(log(&room)).await;
        let last = stage.all("[data-row]").pop().unwrap();
        let (edge, row) = (top(&scroller), top(&last));
        assert!(edge <= row && row + f64::from(last.offset_height()) <= edge + 70.0, "{number}: {row} from {edge} on");
    }
}

#[wasm_bindgen_test]
async fn keys_lead_to_the_very_first_message_and_to_the_last() {
    let (command, asked) = spy();
    let mut room = Room::after(5_000);
    let log = |room: &Room| with(room, command.clone());
    let mut stage = Stage::open(log(room.chatter(400))).await;
    let scroller = stage.find("main");
    assert!(press(&scroller, "Home", |_| ()));
    settle().await;
    assert_eq!((seqs(&stage)[0], scroller.scroll_top()), (5_001, 0));
    let first = Question::History(Reach::Around(Seq(1)));
    assert_eq!(asked.borrow()[0], Command::Ask(first.clone()));
    stage.show(log(room.event(Event::Asked(1, first)).frame(page(1, 1..=100)))).await;
    assert_eq!((seqs(&stage)[0], scroller.scroll_top()), (1, 0));
    assert!(press(&scroller, "End", |_| ()));
    settle().await;
    let latest = Question::History(Reach::Latest(Seq(5_400)));
    assert_eq!(asked.borrow().last(), Some(&Command::Ask(latest.clone())));
    stage.show(log(room.event(Event::Asked(2, latest)).frame(page(2, 5_301..=5_400)))).await;
    assert_eq!((seqs(&stage).last(), to_end(&scroller)), (Some(&5_400), 0));
    assert!(!press(&scroller, "Home", |key| key.set_alt_key(true)), "it is the browser's");
}

#[wasm_bindgen_test]
async fn a_rule_stands_above_what_is_unread() {
    let mut room = Room::new();
    room.chatter(2).event(Event::Attended(Look::Away)).chatter(2);
    let stage = drawn(&room).await;
    let rows = stage.all("[role=log] > *");
    let classes: Vec<_> = rows.iter().map(|row| row.class_name()).collect();
    assert_eq!(classes, ["day", "row", "row", "new", "row", "row"]);
    assert_eq!(stage.all("[role=log] > [data-is~=lead]").len(), 2);
    assert_eq!(stage.texts(".new"), ["New"]);
}

#[wasm_bindgen_test]
async fn few_messages_are_read_aloud_and_of_many_the_number() {
    let mut room = Room::new();
    let mut stage = drawn(&room).await;
    let live = |stage: &Stage| stage.attributes("[role=log]", "aria-live").remove(0).unwrap();
    stage.show(log(room.chatter(3))).await;
    assert_eq!(live(&stage), "polite");
    stage.show(log(room.chatter(40))).await;
    assert_eq!(live(&stage), "off");
    until(|| stage.texts("[role=status]") == ["43 new"]).await;
    assert_eq!(live(&stage), "polite");
}

#[wasm_bindgen_test]
async fn who_reads_elsewhere_hears_the_number() {
    let mut room = Room::new();
    let mut stage = drawn(room.chatter(50)).await;
    scroll_away(&stage, 500).await;
    stage.show(log(room.chatter(1))).await;
    assert_eq!(stage.attributes("[role=log]", "aria-live"), [Some("off".into())]);
    until(|| stage.texts("[role=status]") == ["1 new"]).await;
}

#[wasm_bindgen_test]
async fn what_the_server_still_has_is_asked_for_and_comes_without_a_jump() {
    let (command, asked) = spy();
    let mut room = Room::after(1_000);
    room.chatter(50);
    let log = |room: &Room| with(room, command.clone());
    let mut stage = Stage::open(log(&room)).await;
    stage.find("main").set_scroll_top(0);
    settle().await;
    assert_eq!(*asked.borrow(), [Command::Ask(older(1_001))]);
    stage.click("#older").await;
    assert_eq!(asked.borrow().len(), 2);

    stage.show(log(room.event(Event::Asked(1, older(1_001))))).await;
    assert_eq!(stage.texts("#older"), ["Loading"]);
    assert_eq!(stage.attributes("[role=log]", "aria-busy"), [Some("true".into())]);
    let (first, place) = (stage.all(ROW).remove(0), top(&stage.all(ROW)[0]));
    stage.show(log(room.frame(page(1, 901..=1_000)))).await;
    assert_eq!(stage.all(ROW).len(), 150);
    assert_same(top(&first), place);
    assert_eq!(stage.texts("#older"), ["Older messages"]);
    assert_eq!(stage.attributes("[role=log]", "aria-busy"), [Some("false".into())]);
}

#[wasm_bindgen_test]
async fn a_log_too_short_to_scroll_is_always_at_its_end() {
    let mut room = Room::after(1_000);
    let mut stage = drawn(room.chatter(1)).await;
    stage.click("#older").await;
    stage.show(log(room.event(Event::Asked(1, older(1_001))).frame(page(1, 1_000..=1_000)))).await;
    stage.show(log(room.chatter(1))).await;
    assert_eq!(stage.all(ROW).len(), 3);
    assert!(!stage.has("#news"));
}

#[wasm_bindgen_test]
async fn where_all_is_shown_nothing_older_is_offered() {
    let mut room = Room::new();
    assert!(!drawn(room.chatter(3)).await.has("#older"));
}

#[expect(clippy::cast_possible_truncation, reason = "times are below 2^53")]
fn as_ms(at: f64) -> i64 {
    at as i64
}

fn older(before: u64) -> Question {
    Question::History(Reach::Older(Seq(before)))
}

/// Pages of history hold what Bob said at noon.
fn page(n: u64, seqs: std::ops::RangeInclusive<u64>) -> ServerFrame {
    let one = |seq| said(Seq(seq), Seq(seq - 1), date(22, 12, 0), "bob", &format!("message {seq}"));
    ServerFrame::Page { n: Some(n), of: PageOf::History, said: seqs.map(one).collect(), more: true, hits: None }
}

/// Pixels on the screen, in which a fraction is no jump.
#[track_caller]
fn assert_same(one: f64, other: f64) {
    assert!((one - other).abs() < 1.0, "{one} is not {other}");
}

#[wasm_bindgen_test]
async fn an_empty_room_shows_how_to_join_until_something_is_said() {
    let mut room = Room::new();
    let mut stage = drawn(room.frame(ServerFrame::Left { nick: "cy".into() })).await;
    assert_eq!(stage.texts(".empty > p"), ["Nobody has said anything here yet."]);
    assert!(stage.has("#join[data-is]"));
    stage.show(log(room.say("bob", "hello"))).await;
    assert!(!stage.has(".empty > p") && !stage.has("#join[data-is]"));
}
