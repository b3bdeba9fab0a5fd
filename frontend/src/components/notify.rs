//! What one wants to be called for in the room that one looks at, and whether with a sound.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::address::RoomName;
use crate::attention;
use crate::notify::Notify;
use crate::storage;
use crate::text::Text;

/// The panel. `redraw`: the browser has decided about notifications.
pub(crate) fn notify(place: &RoomName, text: &Text, redraw: Callback<()>) -> Html {
    let chosen = storage::notify(place);
    let words = [text.notify_never, text.notify_mentions, text.notify_all];
    let onclick = {
        let place = place.clone();
        move |event: MouseEvent| choose(&event, &place, &redraw)
    };
    html! {
        <section id="notify" key={place.as_str()} class="panel" popover="auto" role="dialog" aria-label={text.notify} {onclick}>
            <fieldset>
                <legend>{text.notify_in(place.as_str())}</legend>
                {for Notify::ALL.iter().zip(words).map(|(notify, words)| html! {
                    <label>
                        <input type="radio" name="notify" value={notify.word()} ~defaultChecked={*notify == chosen} />
                        {words}
                    </label>
                })}
            </fieldset>
            <label><input type="checkbox" ~defaultChecked={storage::sound()} />{text.sound}</label>
            <div>{for attention::hindrance(text).map(|why| html! { <p>{why}</p> })}</div>
        </section>
    }
}

/// Keeps what was clicked on; a key that chooses is a click as well.
fn choose(event: &MouseEvent, place: &RoomName, redraw: &Callback<()>) {
    let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
    if field.name().is_empty() {
        storage::keep_sound(field.checked());
        if field.checked() {
            attention::ring();
        }
        return;
    }
    let notify = Notify::of(&field.value());
    storage::keep_notify(place, notify);
    if notify != Notify::Never {
        let redraw = redraw.clone();
        attention::ask(move || redraw.emit(()));
    }
}

#[cfg(test)]
mod tests;
