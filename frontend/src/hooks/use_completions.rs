//! The ways in which the word before the caret can go on: what Tab does, and a list to choose from.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::Element;
use yew::prelude::*;

use super::{Draft, View};
use crate::browser;
use crate::completion::{Completions, has_sign};
use crate::emoji;
use crate::language;

thread_local! {
    /// The names of emoji: nobody has asked for them, they do not come, or they are here.
    static EMOJI: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The names of emoji; nothing as long as they are not here.
pub(crate) fn emoji_file() -> &'static str {
    EMOJI.get().unwrap_or_default()
}

/// What a draft's last word may become.
pub(crate) struct Suggestions {
    draft: Draft,
    view: View,
    found: Rc<RefCell<Completions>>,
    redraw: UseForceUpdateHandle,
}

impl Suggestions {
    /// As they are now.
    pub(crate) fn found(&self) -> std::cell::Ref<'_, Completions> {
        self.found.borrow()
    }

    /// The text or the caret is another. While an input method composes nothing is shown, but on phones, where it composes
    /// every word.
    pub(crate) fn look(self: &Rc<Self>, composing: bool) {
        let written = self.draft.around_caret().filter(|_| !(composing && browser::has_keyboard()));
        let (before, after) = written.unwrap_or_default();
        let found = if has_sign(&before) { self.of(&before) } else { Completions::default() };
        let found = found.after(&self.found.borrow());
        self.set(found);
        if EMOJI.get().is_none() && (emoji::is_begun(&before) || emoji::is_begun(&after)) {
            self.load();
        }
    }

    /// Shows nothing any more.
    pub(crate) fn close(&self) {
        self.set(Completions::default());
    }

    /// Takes this one.
    pub(crate) fn take(&self, at: usize) {
        self.found.borrow_mut().choose(at);
        self.complete();
        self.draft.focus();
    }

    /// Whether it does something with this key. Where nothing is to be completed, Tab goes on to the next control, and
    /// Enter sends where nothing was chosen.
    pub(crate) fn press(&self, key: &str) -> bool {
        let (shown, chosen) = (!self.found().shown().is_empty(), self.found().chosen().is_some());
        match key {
            "Tab" => return self.complete().is_some(),
            "Enter" if chosen => return self.complete().is_some(),
            "ArrowDown" | "ArrowUp" if shown => {
                let mut found = self.found.borrow_mut();
                found.step(key == "ArrowDown");
                show(found.chosen());
            }
            "Escape" if shown => self.found.borrow_mut().refuse(),
            "ArrowLeft" | "ArrowRight" | "Home" | "End" => {
                self.close();
                return false;
            }
            _ => return false,
        }
        self.redraw.force_update();
        true
    }

    fn complete(&self) -> Option<()> {
        let (before, after) = self.draft.around_caret()?;
        let mut found = self.found.borrow_mut();
        if !found.fits(&before) {
            *found = self.of(&before);
        }
        self.draft.write(found.turn()?, &after);
        self.redraw.force_update();
        Some(())
    }

    fn of(&self, before: &str) -> Completions {
        let names = self.view.people.iter().map(|person| person.nick.as_str());
        Completions::of(before, names, emoji_file(), browser::small_letters)
    }

    fn set(&self, found: Completions) {
        let last = self.found.replace(found);
        if !(last.shown().is_empty() && self.found().shown().is_empty()) {
            self.redraw.force_update();
        }
    }

    /// Fetches the names of emoji, and looks again.
    fn load(self: &Rc<Self>) {
        EMOJI.set(Some(""));
        let suggestions = Rc::clone(self);
        spawn_local(async move {
            EMOJI.set(language::file("emoji").await.filter(|file| file.starts_with('#')));
            if EMOJI.get().is_some() {
                suggestions.look(false);
            }
        });
    }
}

/// For the text area's `aria-activedescendant`.
pub(crate) fn option_id(at: usize) -> String {
    ["suggestion-", &at.to_string()].concat()
}

/// In a low window the list scrolls.
fn show(chosen: Option<usize>) {
    let option = chosen.and_then(|at| browser::by_id::<Element>(&option_id(at)));
    if let Some(option) = option {
        option.scroll_into_view_with_bool(false);
    }
}

/// Those of a draft.
#[hook]
pub(crate) fn use_completions(draft: &Draft, view: &View) -> Rc<Suggestions> {
    let (found, redraw) = (use_mut_ref(Completions::default), use_force_update());
    Rc::new(Suggestions { draft: draft.clone(), view: view.clone(), found, redraw })
}
