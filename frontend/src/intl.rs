//! Numbers, times and days as the language writes them, by the browser's `Intl`.

use js_sys::{Array, Date, Intl, Number, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::text::{Count, Text};

/// Smaller numbers are written alike in all languages of the page. The browser's first number takes it 25 ms, 100 on a
/// phone, and most pages need no larger one.
const PLAIN: u64 = 1000;
const MINUTE_MS: f64 = 60_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// A number of things.
#[expect(clippy::cast_precision_loss, reason = "nothing here is counted to 2^53")]
pub(crate) fn count(number: u64, text: &Text) -> Count {
    let digits = if number < PLAIN {
        number.to_string()
    } else {
        Number::from(number as f64).to_locale_string(text.lang).into()
    };
    let rules = Intl::PluralRules::new(&Array::of1(&text.lang.into()), &Object::new());
    let name = rules.select(number as f64);
    let form = text.plurals.split(' ').position(|form| name == *form).unwrap_or_default();
    Count { digits, form }
}

/// Milliseconds since the epoch by this machine's clock.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^53")]
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// Hours and minutes here. In 24 hours, as the terminals have them, and alike in all languages of the page.
pub(crate) fn clock(at: i64) -> String {
    date(at).to_time_string().slice(0, 5).into()
}

/// The same as a machine reads it, for `<time>`.
pub(crate) fn iso(at: i64) -> String {
    date(at).to_iso_string().into()
}

/// The day here, counted from the epoch.
pub(crate) fn day(at: i64) -> f64 {
    let date = date(at);
    ((date.get_time() - date.get_timezone_offset() * MINUTE_MS) / DAY_MS).floor()
}

/// The day here in words: today, yesterday, or its date, with the year where it is another.
pub(crate) fn day_words(at: i64, text: &Text) -> String {
    match days_ago(at) {
        0 => return text.today.to_owned(),
        1 => return text.yesterday.to_owned(),
        _ => {}
    }
    let parts = [("weekday", "long"), ("day", "numeric"), ("month", "long"), ("year", "numeric")];
    let same_year = date(at).get_full_year() == Date::new_0().get_full_year();
    let options = options(&parts[..parts.len() - usize::from(same_year)]);
    date(at).to_locale_date_string(text.lang, &options).into()
}

#[expect(clippy::cast_possible_truncation, reason = "days since the epoch are few")]
fn days_ago(at: i64) -> i32 {
    (day(now()) - day(at)) as i32
}

fn options(parts: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (part, form) in parts {
        let _ = Reflect::set(&options, &(*part).into(), &(*form).into());
    }
    options
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
fn date(at: i64) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}

#[cfg(test)]
mod tests;
