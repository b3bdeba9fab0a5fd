//! Where one writes.

use std::rc::Rc;

use yew::prelude::*;

use super::name_field::NameField;
use super::suggestions::suggestions;
use crate::address::RoomName;
use crate::browser;
use crate::command::{Input, Mistake, parse};
use crate::emoji;
use crate::hooks::{Draft, View, emoji_file, option_id, use_completions, use_draft, use_early};
use crate::outbox;
use crate::recall::Recall;
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
    let recall = use_mut_ref(Recall::default);
    let view = props.view.clone();
    let found = use_completions(&draft, &view);
    let live = view.link == Link::Connected;
    let send = {
        let (draft, recall, view) = (draft.clone(), Rc::clone(&recall), view.clone());
        let (on_input, on_mistake) = (props.on_input.clone(), props.on_mistake.clone());
        let found = Rc::clone(&found);
        Callback::from(move |()| {
            found.close();
            match take(&draft, &mut recall.borrow_mut(), &view) {
                Some(Ok(input)) => on_input.emit(input),
                Some(Err(mistake)) if mistake != Mistake::Nothing => on_mistake.emit(mistake),
                _ => {}
            }
        })
    };
    use_early(&draft, &view, &send);
    let label = text.message(&view.name);
    let hint = text.say_something(&view.name);
    let (you, naming) = (Rc::clone(&view.you), view.naming.clone());
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let oninput = {
        let (draft, found) = (draft.clone(), Rc::clone(&found));
        move |event: InputEvent| {
            draft.changed();
            found.look(event.is_composing());
        }
    };
    let onclick = {
        let found = Rc::clone(&found);
        move |_: MouseEvent| found.look(false)
    };
    let onblur = {
        let found = Rc::clone(&found);
        move |_: FocusEvent| found.close()
    };
    let node = draft.node.clone();
    let list = suggestions(&found, label.clone());
    let chosen = found.found().chosen().map(option_id);
    let onkeydown = move |event: KeyboardEvent| {
        if browser::taken_by_input_method(&event) {
            return;
        }
        let plain = !(event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key());
        let done = match event.key().as_str() {
            key if plain && found.press(key) => true,
            "Enter" if !event.shift_key() => {
                send.emit(());
                true
            }
            "ArrowUp" if plain => bring_back(&draft, Recall::up, &mut recall.borrow_mut(), &view).is_some(),
            "ArrowDown" if plain => bring_back(&draft, Recall::down, &mut recall.borrow_mut(), &view).is_some(),
            _ => false,
        };
        if done {
            event.prevent_default();
        }
    };
    html! {
        <section class="writing" aria-label={label.clone()}>
            {list}
            <div class="compose">
                <div class="box">
                    <NameField {you} {naming} {live} {text} on_rename={props.on_rename.clone()} />
                    <form class="write" {onsubmit}>
                        <textarea id="composer" ref={node} rows="1" dir="auto" {oninput} {onkeydown} {onclick} {onblur} enterkeyhint="send"
                            aria-label={label} placeholder={hint} aria-autocomplete="list" aria-controls="suggestions"
                            aria-activedescendant={chosen} />
                        <button id="send" class="send">{text.send}</button>
                    </form>
                </div>
                <div class="hint"><span>{text.hint_keys}</span><span>{text.hint_commands}</span></div>
            </div>
        </section>
    }
}

/// Takes out what is written, if it asks for something; a mistake stays to be mended, and so does what would be lost
/// without a connection, or because too much waits for one.
fn take(draft: &Draft, recall: &mut Recall, view: &RoomView) -> Option<Result<Input, Mistake>> {
    let written = draft.area()?.value();
    let input = match parse(&emoji::replaced(emoji_file(), &written), view.text_limit) {
        Ok(input) if view.link != Link::Connected && input.needs_connection() => Err(Mistake::NotConnected),
        Ok(Input::Say { .. }) if view.outbox.len() >= outbox::MOST => Err(Mistake::OutboxFull),
        input => input,
    };
    if input.is_ok() {
        recall.push(&written);
        draft.write("", "");
    }
    draft.focus();
    Some(input)
}

/// Brings back what one wrote before; after a reload, what one said last.
fn bring_back(
    draft: &Draft,
    turn: for<'a> fn(&'a mut Recall, &str) -> Option<&'a str>,
    recall: &mut Recall,
    view: &RoomView,
) -> Option<()> {
    let written = draft.area()?.value();
    if *recall == Recall::default() {
        recall.push(&view.last_own()?);
    }
    draft.write(turn(recall, &written)?, "");
    Some(())
}

#[cfg(test)]
mod tests;
