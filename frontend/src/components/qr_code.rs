//! A text as a QR code.

use yew::prelude::*;

use crate::qr::Qr;

/// The modules that the standard wants free on each side.
const QUIET: usize = 4;

/// The code, or nothing where the text is too long for one. `label` is for those who do not see it.
pub(crate) fn qr_code(text: &str, label: String) -> Html {
    let Some(code) = Qr::of(text) else { return Html::default() };
    let side = (code.side + 2 * QUIET).to_string();
    let view_box = ["-4 -4 ", &side, " ", &side].concat();
    html! { <svg class="qr" viewBox={view_box} role="img" aria-label={label}><path d={code.path()} /></svg> }
}

#[cfg(test)]
mod tests;
