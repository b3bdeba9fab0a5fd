//! Words with something filled in, and their form by number.

use super::file::split;

/// A number of things in a language: how it writes the number, and which form of words goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub digits: String,
    /// The form's place among the language's. `Intl.PluralRules` knows it.
    pub form: usize,
}

/// The words in the form that the count wants, where they have several, with its number in the place of `{n}`.
pub(super) fn counted(words: &str, n: &Count) -> String {
    fill(form(words, n), &[("n", &n.digits)], false)
}

/// The form alone.
pub(super) fn form<'a>(words: &'a str, n: &Count) -> &'a str {
    let mut from = words;
    for _ in 0..n.form {
        match split(from, b'|') {
            (_, "") => break,
            (_, next) => from = next,
        }
    }
    split(from, b'|').0.trim_ascii()
}

/// The words with each `{name}` replaced by what goes by that name. What is filled in is not looked at again.
///
/// Where it goes to the left, or the words do, it stands between marks that nobody sees: both keep their direction.
pub(super) fn fill(mut words: &str, what: &[(&str, &str)], leftward: bool) -> String {
    let mut filled = String::new();
    while !words.is_empty() {
        let (before, behind) = split(words, b'{');
        let (name, rest) = split(behind, b'}');
        filled.push_str(before);
        for (_, value) in what.iter().filter(|one| one.0 == name) {
            let apart = leftward || goes_left(value);
            filled.push_str(if apart { "\u{2068}" } else { "" });
            filled.push_str(value);
            filled.push_str(if apart { "\u{2069}" } else { "" });
        }
        words = rest;
    }
    filled
}

/// Whether there are letters of Hebrew, Arabic or their kin in it.
fn goes_left(value: &str) -> bool {
    value.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(digits: &str, form: usize) -> Count {
        Count { digits: digits.to_owned(), form }
    }

    #[test]
    fn a_language_may_turn_the_places_round() {
        let names = [("a", "ana"), ("b", "bob")];
        assert_eq!(fill("{a}, {b}", &names, false), "ana, bob");
        assert_eq!(fill("({b}) {a} {b}", &names, false), "(bob) ana bob");
        assert_eq!(fill("nothing", &names, false), "nothing");
    }

    #[test]
    fn what_is_filled_in_keeps_its_own_direction() {
        assert_eq!(fill("{a} left", &[("a", "عمر")], false), "\u{2068}عمر\u{2069} left");
        assert_eq!(
            fill("انضم {a} ({b})", &[("a", "ana"), ("b", "nc")], true),
            "انضم \u{2068}ana\u{2069} (\u{2068}nc\u{2069})"
        );
    }

    #[test]
    fn braces_in_a_name_are_a_names() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "}{")], false), "{b} and }{");
    }

    #[test]
    fn a_count_takes_its_form_or_the_only_one() {
        assert_eq!(counted("a thing | {n} things", &count("1", 0)), "a thing");
        assert_eq!(counted("a thing | {n} things", &count("2", 1)), "2 things");
        assert_eq!(counted("{n} 个", &count("2", 0)), "2 个");
        assert_eq!(counted("{n} here", &count("2", 1)), "2 here");
    }
}
