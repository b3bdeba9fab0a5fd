//! What holds for every language. That none misses a message is no test: it would not compile.

use std::collections::BTreeSet;

use commonroom_protocol::{Code, GapWhy, NoticeCode, Via};

use super::*;

/// The messages of a file, by key.
fn messages(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().copied().zip(file::words(file).unwrap())
}

/// What is filled in.
fn places(words: &str) -> BTreeSet<&str> {
    words.split('{').skip(1).map(|piece| piece.split('}').next().unwrap()).collect()
}

/// The forms by number, each with what `Intl.PluralRules` calls it; one that serves every number is in each place.
fn forms<'a>(plurals: &'a str, words: &'a str) -> Vec<(&'a str, &'a str)> {
    let forms: Vec<_> = words.split(" | ").collect();
    plurals.split(' ').enumerate().map(|(at, name)| (name, forms[at % forms.len()])).collect()
}

/// Whether a form serves one number alone, which it may then say in words.
fn is_one_number(lang: &str, form: &str) -> bool {
    match lang {
        "en" | "es" | "de" => form == "one",
        "ar" => ["zero", "one", "two"].contains(&form),
        _ => false,
    }
}

#[test]
fn each_place_of_the_english_is_in_every_form_of_every_language_and_no_other() {
    for file in FILES {
        let text = Text::read(file).unwrap();
        for ((key, words), (_, english)) in messages(file).zip(messages(FILES[0])) {
            for (form, words) in forms(text.plurals, words) {
                let (mut places, mut wanted) = (places(words), places(english));
                if is_one_number(text.lang, form) {
                    wanted.remove("n");
                    places.remove("n");
                }
                assert_eq!(places, wanted, "{} {key}, {form}: {words}", text.lang);
            }
        }
    }
}

#[test]
fn what_differs_by_number_in_english_does_where_there_are_several_forms() {
    for file in FILES {
        let plurals = Text::read(file).unwrap().plurals.split(' ').count();
        for ((key, words), (_, english)) in messages(file).zip(messages(FILES[0])) {
            let (has, counted) = (words.split(" | ").count(), places(english).contains("n"));
            let as_english = has == 1 && !english.contains(" | ");
            assert!(counted && has == plurals || as_english, "{key}: {words}");
        }
    }
}

/// French has a narrow space before these, at which no line is broken.
#[test]
fn french_marks_stay_with_their_words() {
    let french = FILES.iter().find(|file| file.starts_with("lang = fr\n")).unwrap();
    for (key, words) in messages(french) {
        let all = words.char_indices().filter(|(_, c)| ":;?!".contains(*c));
        for (at, mark) in all.filter(|(at, _)| !words[*at..].starts_with("://")) {
            assert!(words[..at].ends_with('\u{202f}'), "{key}: {words}: {mark}");
        }
    }
}

#[test]
fn a_language_is_written_to_the_left_or_to_the_right() {
    for file in FILES {
        let text = Text::read(file).unwrap();
        assert!(["ltr", "rtl"].contains(&text.dir), "{}", text.name);
    }
}

#[test]
fn the_page_that_loads_a_language_has_the_same_list() {
    let tags: Vec<_> = LANGUAGES.iter().map(|(tag, _)| *tag).collect();
    assert!(include_str!("../../../index.html").contains(&format!("\"{}\"", tags.join(" "))));
}

#[test]
fn the_page_begins_in_its_languages_direction() {
    let leftward = FILES.iter().filter_map(|file| Text::read(file)).filter(|text| text.dir == "rtl");
    let tags: Vec<_> = leftward.map(|text| format!("tag==\"{}\"", text.lang)).collect();
    let script = format!("root.dir={}?\"rtl\":\"ltr\"", tags.join("||"));
    assert!(include_str!("../../../index.html").contains(&script), "{script}");
}

#[test]
fn a_file_of_another_version_is_refused() {
    let read = |file: String| Text::read(file.leak());
    let english = FILES[0].to_owned();
    assert!(read(english.clone()).is_some());
    assert!(read(english.replace('\n', "\r\n")).is_some_and(|text| text == ENGLISH && text.quiet == ENGLISH.quiet));
    assert!(read(english.replace("quiet = ", "calm = ")).is_none());
    assert!(read(english.clone() + "more = words\n").is_none());
    assert!(read(english.replace("reload = Reload\n", "")).is_none());
    assert!(read("nothing is here; the rooms are at /r/NAME\n".to_owned()).is_none());
}

#[test]
fn nothing_is_left_to_be_filled_in() {
    let n = &Count { digits: "3".into(), form: 0 };
    for file in FILES {
        let text = Text::read(file).unwrap();
        let filled = [
            text.reconnecting(n),
            text.here(n),
            text.people(n),
            text.news(n),
            text.not_sent("x"),
            text.joined("x", Via::Tcp),
            text.left("x"),
            text.renamed("x", "y"),
            text.crowd(n, n),
            text.missed(n, GapWhy::Limit),
            text.whispered("x", "y", "z"),
            text.not_done("x"),
            text.notice(NoticeCode::Slow, Some("5"), ""),
            text.say_something("x"),
            text.message("x"),
            text.unknown_command("x", None),
            text.unknown_command("x", Some("y")),
            text.missing("x"),
            text.rooms_open("x"),
            text.leave_room("x"),
            text.whisper_to("x"),
            text.mentions(n),
            text.search_in("x"),
            text.notify_in("x"),
            text.notify_insecure("x"),
            text.join_scan("x"),
            text.found(n),
            text.too_long(n),
        ];
        for words in filled {
            assert!(!words.contains(['{', '|', '}']) && !words.contains("  "), "{}: {words}", text.name);
        }
    }
}

#[test]
fn a_count_of_one_is_not_a_plural() {
    let count = |digits: &str, form| Count { digits: digits.to_owned(), form };
    let missed = |count, why| ENGLISH.missed(&count, why);
    assert_eq!(missed(count("1", 0), GapWhy::Limit), "1 message is not shown: too much was said at once");
    assert_eq!(missed(count("42", 1), GapWhy::Expired), "42 messages are not shown: they are no longer kept");
}

#[test]
fn a_code_of_a_newer_server_keeps_the_servers_words() {
    assert_eq!(ENGLISH.reason(Code::Other, "the moon is full"), "the moon is full");
    assert_eq!(ENGLISH.reason(Code::Locked, "m"), "the room is locked");
    assert_eq!(ENGLISH.notice(NoticeCode::Other, None, "the moon is full"), "the moon is full");
    assert_eq!(ENGLISH.notice(NoticeCode::Kicked, Some("bob"), "m"), "bob was sent away by the operator");
}

#[test]
fn a_language_is_found_by_its_own_tag_and_by_what_comes_close() {
    assert!(LANGUAGES.iter().all(|(tag, _)| language_of(tag) == Some(*tag)));
    assert_eq!((language_of("ZH_tw"), language_of("en-GB")), (Some("zh-CN"), Some("en")));
    assert_eq!((language_of("tlh"), language_of("")), (None, None));
}
