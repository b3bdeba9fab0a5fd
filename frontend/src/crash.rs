//! The last word of a page that has failed: never a dead page without one.

use crate::language;

/// Shows a box with a way to reload when the program panics. What waits to be sent is in the tab's storage already.
pub(crate) fn watch() {
    yew::set_custom_panic_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        let _ = show();
    }));
}

/// A link and not a button: after a panic nothing of ours listens.
fn show() -> Option<()> {
    let document = gloo_utils::document();
    let text = language::current();
    let element = |tag, words| {
        let element = document.create_element(tag).ok()?;
        element.set_text_content(Some(words));
        Some(element)
    };
    let crash = element("div", text.crashed)?;
    crash.set_class_name("crash");
    crash.set_attribute("role", "alert").ok()?;
    let reload = element("a", text.reload)?;
    reload.set_attribute("href", "").ok()?;
    crash.append_child(&reload).ok()?;
    document.body()?.append_child(&crash).ok()?;
    Some(())
}
