//! What Tab makes of a word that has been begun: a command after a slash, else the name of somebody here.

use crate::command::commands;

/// The ways in which one beginning can go on.
#[derive(Clone, Debug, Default)]
pub struct Completions {
    ways: Vec<String>,
    next: usize,
    shown: String,
}

impl Completions {
    /// The ways of what stands before the caret; none where no word has been begun. `fold` makes small letters: a
    /// browser has them, and Rust's own tables would be eight kilobytes of what it has to load.
    pub fn of<'a>(before: &str, names: impl Iterator<Item = &'a str>, fold: impl Fn(&str) -> String) -> Self {
        let start = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let (kept, word) = before.split_at(start);
        let way = |word: &str, end: &str| [kept, word, end].concat();
        let ways = if word.is_empty() {
            Vec::new()
        } else if start == 0 && word.starts_with('/') {
            commands().filter(|command| command.starts_with(word)).map(|command| way(command, " ")).collect()
        } else {
            let (at, begun) = word.strip_prefix('@').map_or(("", word), |begun| ("@", begun));
            let end = if start == 0 && at.is_empty() { ": " } else { " " };
            let begun = fold(begun);
            let names = names.filter(|name| fold(name).starts_with(&begun));
            names.map(|name| way(&[at, name].concat(), end)).collect()
        };
        Completions { ways, next: 0, shown: String::new() }
    }

    /// Whether this stands there because of the last [`Completions::turn`]: the next one is another way of the same.
    pub fn made(&self, before: &str) -> bool {
        !before.is_empty() && self.shown == before
    }

    /// What is to stand before the caret now; none where there is no other way than the one that stands there.
    pub fn turn(&mut self) -> Option<&str> {
        let way = self.ways.get(self.next)?;
        if *way == self.shown {
            return None;
        }
        self.shown.clone_from(way);
        self.next = (self.next + 1) % self.ways.len();
        Some(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completions(before: &str) -> Completions {
        Completions::of(before, ["ana", "Bob", "bo", "老王"].into_iter(), str::to_lowercase)
    }

    #[track_caller]
    fn becomes(before: &str, after: Option<&str>) {
        assert_eq!(completions(before).turn(), after, "{before:?}");
    }

    #[test]
    fn a_name_at_the_beginning_is_addressed_and_elsewhere_named() {
        becomes("an", Some("ana: "));
        becomes("ask an", Some("ask ana "));
        becomes("@an", Some("@ana "));
        becomes("问\u{3000}老", Some("问\u{3000}老王 "));
    }

    #[test]
    fn a_command_is_completed_only_where_one_can_stand() {
        becomes("/n", Some("/nick "));
        becomes("/x", None);
        becomes("see /n", None);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        becomes("", None);
        becomes("ana ", None);
        becomes("zed", None);
    }

    #[test]
    fn each_tab_brings_another_way_of_the_same_beginning() {
        let mut bob = completions("b");
        assert_eq!(bob.turn(), Some("Bob: "));
        assert!(bob.made("Bob: ") && !bob.made("Bob: h"));
        assert_eq!(bob.turn(), Some("bo: "));
        assert_eq!(bob.turn(), Some("Bob: "));
    }

    #[test]
    fn the_only_way_is_gone_once() {
        let mut ana = completions("an");
        assert!(!ana.made(""));
        ana.turn();
        assert_eq!(ana.turn(), None);
    }
}
