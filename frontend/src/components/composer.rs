//! Where one writes.

use std::rc::Rc;

use yew::prelude::*;

use super::name_field::NameField;
use crate::address::RoomName;
use crate::browser;
use crate::command::{Input, Mistake, parse};
use crate::completion::Completions;
use crate::hooks::{Draft, View, use_draft};
use crate::state::{Link, RoomView};
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct ComposerProps {
    /// The room as the address has it: the draft's.
    pub(crate) place: RoomName,
    pub(crate) view: View,
    pub(crate) text: &'static Text,
    pub(crate) on_input: Callback<Input>,
    pub(crate) on_mistake: Callback<Mistake>,
    pub(crate) on_rename: Callback<String>,
}

#[component]
pub(crate) fn Composer(props: &ComposerProps) -> Html {
    let text = props.text;
    let draft = use_draft(&props.place);
    let tabs = use_mut_ref(Completions::default);
    let view = props.view.clone();
    let send = {
        let (draft, limit) = (draft.clone(), view.text_limit);
        let (on_input, on_mistake) = (props.on_input.clone(), props.on_mistake.clone());
        Callback::from(move |()| match take(&draft, limit) {
            Some(Ok(input)) => on_input.emit(input),
            Some(Err(mistake)) if mistake != Mistake::Nothing => on_mistake.emit(mistake),
            _ => {}
        })
    };
    let label = text.message(&view.name);
    let hint = text.say_something(&view.name);
    let (you, naming) = (Rc::clone(&view.you), view.naming.clone());
    let live = view.link == Link::Connected;
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let oninput = {
        let draft = draft.clone();
        move |_: InputEvent| draft.changed()
    };
    let node = draft.node.clone();
    let onkeydown = move |event: KeyboardEvent| {
        if browser::taken_by_input_method(&event) {
            return;
        }
        let plain = !(event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key());
        let done = match event.key().as_str() {
            "Enter" if !event.shift_key() => {
                send.emit(());
                true
            }
            "Tab" if plain => complete(&draft, &mut tabs.borrow_mut(), &view).is_some(),
            "ArrowUp" if plain => recall(&draft, &view).is_some(),
            _ => false,
        };
        if done {
            event.prevent_default();
        }
    };
    html! {
        <section class="compose" aria-label={label.clone()}>
            <div class="box">
                <NameField {you} {naming} {live} {text} on_rename={props.on_rename.clone()} />
                <form class="write" {onsubmit}>
                    <textarea id="composer" ref={node} rows="1" dir="auto" autofocus=true {oninput} {onkeydown} enterkeyhint="send"
                        aria-label={label} placeholder={hint} />
                    <button id="send" class="send">{text.send}</button>
                </form>
            </div>
            <div class="hint"><span>{text.hint_keys}</span><span>{text.hint_commands}</span></div>
        </section>
    }
}

/// Takes out what is written, if it asks for something; a mistake stays to be mended.
fn take(draft: &Draft, limit: usize) -> Option<Result<Input, Mistake>> {
    let input = parse(&draft.area()?.value(), limit);
    if input.is_ok() {
        draft.write("", "");
    }
    focus(draft);
    Some(input)
}

/// Completes the word before the caret. Where nothing is to be completed, Tab goes on to the next control.
fn complete(draft: &Draft, tabs: &mut Completions, view: &RoomView) -> Option<()> {
    let (before, after) = draft.around_caret()?;
    if !tabs.made(&before) {
        *tabs = Completions::of(&before, view.people.iter().map(|person| person.nick.as_str()), browser::small_letters);
    }
    draft.write(tabs.turn()?, &after);
    Some(())
}

/// Brings back what one last said, where nothing is written.
fn recall(draft: &Draft, view: &RoomView) -> Option<()> {
    draft.area().filter(|area| area.value().is_empty())?;
    draft.write(&view.last_own()?, "");
    Some(())
}

fn focus(draft: &Draft) {
    if let Some(area) = draft.area() {
        let _ = area.focus();
    }
}

#[cfg(test)]
mod tests;
