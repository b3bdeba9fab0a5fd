//! Where one writes. The text area keeps its own text: writing it back would break an input method's composition.

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::command::{Input, Mistake, parse};
use crate::hooks::use_text;

/// What a browser says instead of a key that an input method takes.
const KEY_OF_COMPOSITION: u32 = 229;

#[derive(Properties, PartialEq)]
pub(crate) struct ComposerProps {
    pub(crate) room: Rc<str>,
    pub(crate) you: Rc<str>,
    /// Bytes in one text.
    pub(crate) limit: usize,
    pub(crate) on_input: Callback<Input>,
    pub(crate) on_mistake: Callback<Mistake>,
}

#[component]
pub(crate) fn Composer(props: &ComposerProps) -> Html {
    let text = use_text();
    let area = use_node_ref();
    let send = {
        let (area, limit) = (area.clone(), props.limit);
        let (on_input, on_mistake) = (props.on_input.clone(), props.on_mistake.clone());
        Callback::from(move |()| match area.cast().map(|area| take(&area, limit)) {
            Some(Ok(input)) => on_input.emit(input),
            Some(Err(mistake)) if mistake != Mistake::Nothing => on_mistake.emit(mistake),
            _ => {}
        })
    };
    let rename = {
        let area = area.clone();
        move |_: MouseEvent| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.set_value("/nick ");
                let _ = area.focus();
            }
        }
    };
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let onkeydown = move |event: KeyboardEvent| {
        if sends(&event) {
            event.prevent_default();
            send.emit(());
        }
    };
    html! {
        <form class="compose" aria-label={(text.message)(&props.room)} {onsubmit}>
            <div class="box">
                <button type="button" class="me" title={text.change_name} dir="auto" onclick={rename}>{&*props.you}</button>
                <textarea id="composer" ref={area} rows="1" dir="auto" autofocus=true {onkeydown} enterkeyhint="send"
                    aria-label={(text.message)(&props.room)} placeholder={(text.say_something)(&props.room)} />
                <button id="send" class="send">{text.send}</button>
            </div>
            <div class="hint"><span>{text.hint_keys}</span><span>{text.hint_commands}</span></div>
        </form>
    }
}

/// Takes out what is written, if it asks for something; a mistake stays to be mended.
fn take(area: &HtmlTextAreaElement, limit: usize) -> Result<Input, Mistake> {
    let input = parse(&area.value(), limit);
    if input.is_ok() {
        area.set_value("");
    }
    let _ = area.focus();
    input
}

fn sends(event: &KeyboardEvent) -> bool {
    let composing = event.is_composing() || event.key_code() == KEY_OF_COMPOSITION;
    event.key() == "Enter" && !event.shift_key() && !composing
}
