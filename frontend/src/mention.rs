//! Whether a text means somebody by name.

/// Whether the name stands in the text as a word of its own, with or without an `@` before it.
///
/// Small and capital letters of ASCII are the same. Scripts that write words without a space between them (from U+2E80
/// on: Han, Kana, Hangul, emoji) have no words of their own to tell apart: there the name may stand anywhere.
pub fn mentions(text: &str, name: &str) -> bool {
    let (Some(first), Some(last)) = (name.chars().next(), name.chars().next_back()) else { return false };
    let fits = |at: usize| {
        let (before, rest) = text.split_at(at);
        let Some((found, after)) = rest.split_at_checked(name.len()) else { return false };
        found.eq_ignore_ascii_case(name)
            && apart(before.chars().next_back(), first)
            && apart(after.chars().next(), last)
    };
    text.char_indices().any(|(at, _)| fits(at))
}

/// Whether a word ends between these two characters.
fn apart(beside: Option<char>, edge: char) -> bool {
    !(beside.is_some_and(of_word) && of_word(edge))
}

fn of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || ('\u{c0}'..'\u{2000}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[track_caller]
    fn meant(text: &str, name: &str, is: bool) {
        assert_eq!(mentions(text, name), is, "{name} in {text:?}");
    }

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for text in ["bob", "@bob", "hi bob!", "BOB: look", "(bob)", "ask bob, please", "bob's", "x bobby bob"] {
            meant(text, "bob", true);
        }
        for text in ["bobby", "kebob", "bob_", "bob2", "b ob", "", "bo"] {
            meant(text, "bob", false);
        }
    }

    #[test]
    fn scripts_without_spaces_need_none() {
        meant("老王你好", "老王", true);
        meant("请问老王", "老王", true);
        meant("老 王", "老王", false);
        meant("иванов", "иван", false);
        meant("привет, иван", "иван", true);
    }

    #[test]
    fn nobody_is_never_meant() {
        meant("hi", "", false);
    }
}
