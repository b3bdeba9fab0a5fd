//! One's own name, changed where it stands.

use std::rc::Rc;

use commonroom_protocol::limits;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use crate::browser::taken_by_input_method;
use crate::hooks::use_on;
use crate::state::Naming;
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct NameFieldProps {
    pub(crate) you: Rc<str>,
    pub(crate) naming: Naming,
    /// Connected: the server answers. If not, the name is asked for when it is there again.
    pub(crate) live: bool,
    pub(crate) on_rename: Callback<String>,
    pub(crate) text: &'static Text,
}

#[component]
pub(crate) fn NameField(props: &NameFieldProps) -> Html {
    let text = props.text;
    let (node, was) = (use_node_ref(), use_mut_ref(|| false));
    // The name that is being changed. Once it is another, as was wished or not, nothing is left to edit.
    let (edited, tried) = (use_state_eq(|| None::<Rc<str>>), use_state_eq(|| false));
    let editing = edited.as_ref() == Some(&props.you);
    use_on(editing.to_string(), {
        let (node, you) = (node.clone(), Rc::clone(&props.you));
        Box::new(move || {
            let changed = was.replace(editing) != editing;
            if let Some(place) = node.cast::<HtmlElement>().filter(|_| changed) {
                let _ = place.focus();
            }
            // Not by the attribute: that would write over what is being typed whenever this is drawn again.
            if let Some(field) = node.cast::<HtmlInputElement>().filter(|_| editing) {
                field.set_value(&you);
                field.select();
            }
            None
        })
    });
    if !editing {
        let you = Rc::clone(&props.you);
        let onclick = move |_: MouseEvent| {
            tried.set(false);
            edited.set(Some(Rc::clone(&you)));
        };
        return html! {
            <button key="me" id="me" type="button" class="me" ref={node} title={text.change_name} dir="auto" {onclick}>
                {&*props.you}
            </button>
        };
    }
    let onkeydown = {
        let edited = edited.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && !taken_by_input_method(&event) {
                edited.set(None);
            }
        }
    };
    let onsubmit = {
        let (node, tried, you) = (node.clone(), tried.clone(), Rc::clone(&props.you));
        let (live, on_rename) = (props.live, props.on_rename.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let nick = node.cast::<HtmlInputElement>().map(|field| field.value().trim().to_owned()).unwrap_or_default();
            tried.set(true);
            let another = !nick.is_empty() && nick != *you;
            if another {
                on_rename.emit(nick);
            }
            edited.set((another && live).then(|| Rc::clone(&you)));
        }
    };
    let refused = match &props.naming {
        Naming::Refused(code, message) if *tried => text.reason(*code, message),
        _ => "",
    };
    html! {
        <form key="naming" class="naming" aria-label={text.change_name} {onsubmit} {onkeydown}>
            <input id="nick" ref={node} aria-label={text.your_name} dir="auto" autocomplete="nickname"
                maxlength={limits::NICK_COLUMNS.to_string()} aria-describedby="nick-error" aria-invalid={(!refused.is_empty()).to_string()} />
            <span id="nick-error" role="alert">{refused.to_owned()}</span>
        </form>
    }
}

#[cfg(test)]
mod tests;
