//! A button that copies a text, and says that it has.

use yew::prelude::*;

use crate::browser;
use crate::text::Text;

#[derive(Properties, PartialEq)]
pub(crate) struct CopyButtonProps {
    pub(crate) what: AttrValue,
    pub(crate) text: &'static Text,
}

#[component]
pub(crate) fn CopyButton(props: &CopyButtonProps) -> Html {
    let copied = use_state(|| false);
    let onclick = {
        let (copied, what) = (copied.setter(), props.what.clone());
        move |_: MouseEvent| copied.set(browser::copy(&what))
    };
    let text = props.text;
    html! {
        <button type="button" {onclick}>
            {if *copied { text.copied } else { text.copy }}
        </button>
    }
}
