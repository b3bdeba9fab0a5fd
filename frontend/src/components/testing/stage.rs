//! A place in the browser's page where components are drawn as they are in the real one.

use gloo_utils::{document, window};
use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, Storage};
use yew::prelude::*;

use crate::browser;
use crate::language;
use crate::text::ENGLISH;
use crate::theme::Theme;

/// The page's own styles, as far as tests ask what comes of them.
const STYLES: [&str; 6] = [
    include_str!("../../../styles/tokens.css"),
    include_str!("../../../styles/base.css"),
    include_str!("../../../styles/log.css"),
    include_str!("../../../styles/row.css"),
    include_str!("../../../styles/composer.css"),
    include_str!("../../../styles/qr.css"),
];
/// Of the root: a window for the log to scroll in, whatever the browser's is.
const WINDOW: &str = "display: flex; flex-direction: column; width: 800px; height: 600px";
/// A change is drawn before the first, a scroll that it causes is told of before the second, and a third is spare.
const FRAMES: usize = 3;
/// Longer than anything takes, in milliseconds.
const PATIENCE_MS: f64 = 10_000.0;

/// Components drawn in a place of their own. It goes when the test ends.
pub(crate) struct Stage {
    root: HtmlElement,
    app: Option<yew::AppHandle<Scene>>,
    turn: usize,
}

impl Stage {
    /// Draws this for somebody who is here for the first time: nothing is kept, and the page is in English.
    pub(crate) async fn open(html: Html) -> Self {
        forget();
        let root = document().create_element("div").unwrap().unchecked_into::<HtmlElement>();
        root.set_attribute("class", "stage").unwrap();
        root.set_attribute("style", WINDOW).unwrap();
        document().body().unwrap().append_child(&root).unwrap();
        let app =
            yew::Renderer::<Scene>::with_root_and_props(root.clone().into(), SceneProps { html, turn: 0 }).render();
        settle().await;
        Stage { root, app: Some(app), turn: 0 }
    }

    /// Draws this in the place of what was there: a component of the same kind and key stays and gets new props.
    pub(crate) async fn show(&mut self, html: Html) {
        self.turn += 1;
        if let Some(app) = &mut self.app {
            app.update(SceneProps { html, turn: self.turn });
        }
        settle().await;
    }

    /// All elements that fit.
    pub(crate) fn all(&self, selector: &str) -> Vec<HtmlElement> {
        let found = self.root.query_selector_all(selector).unwrap();
        (0..found.length()).filter_map(|at| found.get(at)).map(JsCast::unchecked_into).collect()
    }

    /// The only element that fits.
    #[track_caller]
    pub(crate) fn find(&self, selector: &str) -> HtmlElement {
        let mut found = self.all(selector);
        assert_eq!(found.len(), 1, "elements that are `{selector}`");
        found.remove(0)
    }

    /// Whether an element fits.
    pub(crate) fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    /// The text of each element that fits.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).iter().filter_map(|element| element.text_content()).collect()
    }

    /// An attribute of each element that fits.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<Option<String>> {
        self.all(selector).iter().map(|element| element.get_attribute(name)).collect()
    }

    /// Clicks on the only element that fits.
    pub(crate) async fn click(&self, selector: &str) {
        self.find(selector).click();
        settle().await;
    }

    /// Clicks on the only button of these words.
    pub(crate) async fn click_on(&self, words: &str) {
        let mut buttons = self.all("button");
        buttons.retain(|button| button.text_content().as_deref() == Some(words));
        assert_eq!(buttons.len(), 1, "buttons with the words {words:?}");
        buttons[0].click();
        settle().await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.root.remove();
    }
}

/// Takes away what an earlier test has left: one that failed does not tidy up.
fn forget() {
    for storage in [window().local_storage(), window().session_storage()] {
        storage.ok().flatten().as_ref().map(Storage::clear).unwrap().unwrap();
    }
    language::show(&ENGLISH);
    browser::show_theme(Theme::default());
    while let Some(left) = document().query_selector(".stage").unwrap() {
        left.remove();
    }
}

/// Waits until a change is drawn, and what follows from it: a browser tells of a scroll in the frame after its own.
pub(crate) async fn settle() {
    for _ in 0..FRAMES {
        frame().await;
    }
}

/// Waits for what takes its time.
pub(crate) async fn until(there: impl Fn() -> bool) {
    let before = js_sys::Date::now();
    while !there() {
        assert!(js_sys::Date::now() - before < PATIENCE_MS, "it has not come");
        frame().await;
    }
}

async fn frame() {
    let next = Promise::new(&mut |resolve, _| {
        window().request_animation_frame(&resolve).unwrap();
    });
    JsFuture::from(next).await.unwrap();
}

#[derive(Properties)]
struct SceneProps {
    html: Html,
    turn: usize,
}

impl PartialEq for SceneProps {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

/// What the page has around its components.
#[component]
fn Scene(props: &SceneProps) -> Html {
    html! {
        <>
            <style>{STYLES.concat()}</style>
            {props.html.clone()}
        </>
    }
}

/// Where an element's upper edge is in the window.
pub(crate) fn top(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// That these elements are those very ones, and not others that look the same.
#[track_caller]
pub(crate) fn assert_same_nodes(now: &[HtmlElement], before: &[HtmlElement]) {
    assert_eq!(now.len(), before.len());
    for (at, (one, other)) in now.iter().zip(before).enumerate() {
        assert!(one.is_same_node(Some(other)), "element {at} has been drawn anew");
    }
}
