//! Numbers as each language has them.

use js_sys::Intl::PluralRules;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::text::FILES;

fn text(lang: &str) -> Text {
    FILES.iter().filter_map(|file| Text::read(file)).find(|text| text.lang == lang).unwrap()
}

#[wasm_bindgen_test]
fn a_file_declares_the_forms_that_the_browser_knows() {
    for text in FILES.iter().filter_map(|file| Text::read(file)) {
        let rules = PluralRules::new(&Array::of1(&text.lang.into()), &Object::new());
        let known = Reflect::get(&rules.resolved_options(), &"pluralCategories".into()).unwrap();
        let mut known: Vec<_> = Array::from(&known).iter().filter_map(|name| name.as_string()).collect();
        let mut declared: Vec<_> = text.plurals.split(' ').collect();
        known.sort();
        declared.sort_unstable();
        assert_eq!(declared, known, "{}", text.lang);
    }
}

#[wasm_bindgen_test]
fn words_take_the_form_of_their_number() {
    let news = |lang: &str, number: u64| {
        let text = text(lang);
        text.news(&count(number, &text))
    };
    for (number, words) in [(1, "1 новое"), (3, "3 новых"), (21, "21 новое"), (1_000_000, "1\u{a0}000\u{a0}000 новых")]
    {
        assert_eq!(news("ru", number), words);
    }
    for (number, words) in [(0, "0 nouveau"), (1, "1 nouveau"), (2, "2 nouveaux")] {
        assert_eq!(news("fr", number), words);
    }
    assert_eq!(news("ar", 2), "رسالتان جديدتان");
    assert!(news("ar", 3).ends_with(" رسائل جديدة") && news("ar", 11).ends_with(" رسالة جديدة"));
    assert_eq!((news("ja", 1), news("ja", 5)), ("新着1件".to_owned(), "新着5件".to_owned()));
}

/// What is written without `Intl` is what it would write.
#[wasm_bindgen_test]
#[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^53")]
fn small_numbers_and_times_are_alike_in_all_languages() {
    let at = Date::new_with_year_month_day_hr_min(2026, 10, 23, 7, 5).get_time() as i64;
    let options = options(&[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]);
    for text in FILES.iter().filter_map(|file| Text::read(file)) {
        let written = String::from(date(at).to_locale_time_string_with_options(text.lang, &options));
        assert_eq!((written.as_str(), clock(at)), ("07:05", "07:05".to_owned()), "{}", text.lang);
        let number = String::from(Number::from(999).to_locale_string(text.lang));
        assert_eq!((number.as_str(), count(999, &text).digits), ("999", "999".to_owned()), "{}", text.lang);
    }
}
