//! Emoji by name: `:smile:`. `emoji.txt` has a name and its emoji on each line, the shorter names first.

use crate::markup::verbatim;

/// At most so many completions.
const MOST: usize = 8;

/// A name and its emoji.
pub type Entry<'a> = (&'a str, &'a str);

/// Whether a text has the beginning of a name anywhere: a colon and a letter where a word may begin.
pub fn is_begun(text: &str) -> bool {
    text.match_indices(':').any(|(at, _)| may_begin(text[..at].chars().next_back()) && begins(&text[at + 1..]))
}

/// Whether what stands behind a colon may be a name. Most names of other characters are faces: `:-)`, `:3`.
pub fn begins(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '+')
}

/// Whether a name may begin after this character: not in `10:30`, `a:b` or `std::io`.
pub fn may_begin(before: Option<char>) -> bool {
    !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == ':')
}

/// The emoji that somebody may mean who has begun a name: those whose names begin so, then those that have it in them.
pub fn completions<'a>(file: &'a str, begun: &str) -> Vec<Entry<'a>> {
    let mut found = Vec::new();
    if begins(begun) && begun.len() > 1 {
        let mut others = Vec::new();
        for entry in entries(file) {
            match place(entry.0, begun) {
                Some(0) => found.push(entry),
                Some(_) => others.push(entry),
                None => {}
            }
        }
        found.extend(others);
        found.truncate(MOST);
    }
    found
}

/// Where a name has this in it.
fn place(name: &str, begun: &str) -> Option<usize> {
    let parts = name.as_bytes().windows(begun.len());
    parts.into_iter().position(|part| part.eq_ignore_ascii_case(begun.as_bytes()))
}

/// The text with each emoji in the place of its name, but in code and addresses, where names stay.
pub fn replaced(file: &str, text: &str) -> String {
    let mut replaced = String::new();
    let (mut at, mut may) = (0, true);
    while let Some(c) = text[at..].chars().next() {
        let len = if let Some((name, emoji)) = may.then(|| named(file, &text[at..])).flatten() {
            replaced.push_str(emoji);
            name.len() + 2
        } else {
            let len = verbatim(text, at).unwrap_or(c.len_utf8());
            replaced.push_str(&text[at..at + len]);
            may = may_begin(Some(c));
            len
        };
        at += len;
    }
    replaced
}

/// The entry of the name that a text begins with, between colons.
fn named<'a>(file: &'a str, text: &str) -> Option<Entry<'a>> {
    let (name, after) = text.strip_prefix(':')?.split_once(':')?;
    let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
    entries(file).find(|(entry, _)| ends && entry.eq_ignore_ascii_case(name))
}

fn entries(file: &str) -> impl Iterator<Item = Entry<'_>> {
    file.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| *name != "#")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../emoji.txt");

    fn names(begun: &str) -> Vec<&'static str> {
        completions(FILE, begun).into_iter().map(|(name, _)| name).collect()
    }

    #[track_caller]
    fn becomes(text: &str, expected: &str) {
        assert_eq!(replaced(FILE, text), expected, "{text:?}");
    }

    #[track_caller]
    fn stays(text: &str) {
        becomes(text, text);
    }

    #[test]
    fn every_line_of_the_file_is_a_name_and_an_emoji() {
        for line in FILE.lines().filter(|line| !line.starts_with("# ")) {
            let (name, emoji) = line.split_once(' ').unwrap();
            assert!(
                name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_+-".contains(&c)),
                "{line}"
            );
            assert!(!emoji.is_ascii() && !emoji.contains(' '), "{line}");
        }
        assert!(entries(FILE).count() > 1900);
    }

    #[test]
    fn names_that_begin_so_come_before_those_that_have_it_in_them() {
        assert_eq!(names("smil")[..4], ["smile", "smiley", "smile_cat", "smiley_cat"]);
        assert_eq!(names("smil").last(), Some(&"sweat_smile"));
        assert_eq!(names("Thumbs"), ["thumbsup", "thumbsdown"]);
        assert_eq!(names("+1"), ["+1"]);
    }

    #[test]
    fn nothing_is_found_for_one_letter_or_a_face() {
        for begun in ["s", "", "-p", "3", ")", "nosuchname", "-1"] {
            assert_eq!(names(begun), [""; 0], "{begun:?}");
        }
        assert_eq!(names("ma").len(), MOST);
        assert_eq!(completions("", "smile"), []);
    }

    #[test]
    fn a_name_between_colons_becomes_its_emoji() {
        becomes(":smile:", "😄");
        becomes("ok :Smile:, (:+1:)", "ok 😄, (👍)");
        becomes(":heart::heart: x", "❤️❤️ x");
        becomes("你好:smile:吗", "你好😄吗");
        becomes(":nosuchname: :x:", ":nosuchname: ❌");
        becomes("a\n:-1:\n", "a\n👎\n");
    }

    #[test]
    fn what_only_looks_like_a_name_stays() {
        for text in
            ["ok :)", "10:30:45", "key:x:value", "std::v::x", ":x:y", ":x :", "::", ":", "", ":#:", "/msg bob :x"]
        {
            stays(text);
        }
    }

    #[test]
    fn code_and_addresses_stay() {
        stays("`:smile:` and `a :x: b`");
        stays("```\n:smile:\n```");
        stays("```yaml\nkey: :x:\n\n:ok:\n```");
        stays("http://host/a/:x:/b");
        becomes("`a` :x: `b`", "`a` ❌ `b`");
        becomes("```\n:x:\n```\n:x:", "```\n:x:\n```\n❌");
        becomes("a ` :x: b", "a ` ❌ b");
        becomes("```\n:x:", "```\n❌");
    }

    #[test]
    fn a_name_is_begun_by_a_colon_and_a_letter() {
        for text in [":s", "a :s", "你:s", "(:+1", "x: y :z"] {
            assert!(is_begun(text), "{text:?}");
        }
        for text in ["", ":", ":)", "a:b", "12:30", "http://x", "x: y", "std::io"] {
            assert!(!is_begun(text), "{text:?}");
        }
    }
}
