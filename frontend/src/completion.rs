//! How a word that has been begun may go on: a command after a slash, an emoji after a colon, else the name of somebody
//! here. Tab goes through the ways; those of a word that has a sign are shown, too, to choose from.

use crate::command::commands;
use crate::emoji;

/// At most so many are shown: all of the page's own commands.
const MOST: usize = 9;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What is shown of it.
    pub label: String,
    /// What stands before the caret then.
    text: String,
}

/// The ways in which one beginning can go on.
#[derive(Clone, Debug, Default)]
pub struct Completions {
    before: String,
    /// Where the word begins.
    start: usize,
    ways: Vec<Way>,
    next: usize,
    /// What stands before the caret by the last turn.
    made: String,
    shown: Shown,
    chosen: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    No,
    Yes,
    /// Not any more, until another word is begun.
    Refused,
}

impl Completions {
    /// The ways of what stands before the caret; none where no word has been begun. `emoji` is the file of their names,
    /// or nothing. `fold` makes small letters: a browser has them, and Rust's own tables would be eight kilobytes of what
    /// it has to load.
    pub fn of<'a>(
        before: &str,
        names: impl Iterator<Item = &'a str>,
        emoji: &str,
        fold: impl Fn(&str) -> String,
    ) -> Self {
        let start = begin(before);
        let (kept, word) = before.split_at(start);
        let way = |label: &str, end: &str| Way { label: label.to_owned(), text: [kept, label, end].concat() };
        let ways = if word.is_empty() {
            Vec::new()
        } else if start == 0 && word.starts_with('/') {
            commands().filter(|command| command.starts_with(word)).map(|command| way(command, " ")).collect()
        } else if let Some(begun) = word.strip_prefix(':') {
            let emoji_way = |(name, emoji)| Way { label: [emoji, " :", name, ":"].concat(), ..way(emoji, " ") };
            emoji::completions(emoji, begun).into_iter().map(emoji_way).collect()
        } else {
            let (at, begun) = word.strip_prefix('@').map_or(("", word), |begun| ("@", begun));
            let end = if start == 0 && at.is_empty() { ": " } else { " " };
            let begun = fold(begun);
            let names = names.filter(|name| fold(name).starts_with(&begun));
            names.map(|name| way(&[at, name].concat(), end)).collect()
        };
        Completions { before: before.to_owned(), start, ways, ..Completions::default() }
    }

    /// The ways of a text that has become another: shown, unless they were refused for the same word, or there is none
    /// but the one that stands there.
    #[must_use]
    pub fn after(mut self, last: &Completions) -> Self {
        let refused = last.shown == Shown::Refused && last.start == self.start;
        self.shown = match self.ways.iter().any(|way| way.text.trim_end() != self.before) {
            false => Shown::No,
            true if refused => Shown::Refused,
            true => Shown::Yes,
        };
        self
    }

    /// The ways to choose from; none where they are not shown.
    pub fn shown(&self) -> &[Way] {
        if self.shown == Shown::Yes { self.ways.get(..MOST).unwrap_or(&self.ways) } else { &[] }
    }

    /// The place of the one that was chosen.
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// Chooses this one.
    pub fn choose(&mut self, at: usize) {
        self.chosen = Some(at);
    }

    /// Chooses the one below or above, and comes round.
    pub fn step(&mut self, down: bool) {
        let last = self.shown().len().saturating_sub(1);
        self.chosen = Some(match self.chosen {
            Some(at) if down && at < last => at + 1,
            Some(at) if !down && at > 0 => at - 1,
            _ if down => 0,
            _ => last,
        });
    }

    /// Shows them no more.
    pub fn refuse(&mut self) {
        (self.shown, self.chosen) = (Shown::Refused, None);
    }

    /// Whether these are the ways of what stands before the caret, or it stands there because of the last
    /// [`Completions::turn`]: the next one is another way of the same.
    pub fn fits(&self, before: &str) -> bool {
        !before.is_empty() && (self.before == before || self.made == before)
    }

    /// What is to stand before the caret now: what was chosen, else the next way; none where there is no other than the
    /// one that stands there.
    pub fn turn(&mut self) -> Option<&str> {
        self.shown = Shown::No;
        self.next = self.chosen.take().unwrap_or(self.next);
        let way = &self.ways.get(self.next)?.text;
        if *way == self.made {
            return None;
        }
        self.made.clone_from(way);
        self.next = (self.next + 1) % self.ways.len();
        Some(&self.made)
    }
}

/// Whether a word with a sign ends the text: `/`, `@` or `:`.
pub fn has_sign(before: &str) -> bool {
    let start = begin(before);
    before[start..].starts_with(['@', ':']) || start == 0 && before.starts_with('/')
}

/// Where the word that ends the text begins: after a space; or with its sign, where it follows one of the many characters
/// that have no spaces between their words.
fn begin(text: &str) -> usize {
    let mut begin = 0;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        if last.is_whitespace() || !last.is_ascii() && matches!(c, '@' | ':') {
            begin = at;
        }
        last = c;
    }
    if last.is_whitespace() { text.len() } else { begin }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMOJI: &str = "# The names.\nsmile 😄\nsmirk 😏\nsmiley 😃\n";

    fn completions(before: &str) -> Completions {
        Completions::of(before, ["ana", "Bob", "bo", "老王"].into_iter(), EMOJI, str::to_lowercase)
    }

    /// What is shown once one letter after the other has been written.
    fn typed(text: &str, last: &Completions) -> Completions {
        completions(text).after(last)
    }

    fn labels(found: &Completions) -> Vec<&str> {
        found.shown().iter().map(|way| way.label.as_str()).collect()
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
        becomes("请问@老", Some("请问@老王 "));
        becomes("mail a@b", None);
    }

    #[test]
    fn an_emoji_comes_of_its_name() {
        becomes(":smir", Some("😏 "));
        becomes("ok :SMILEY", Some("ok 😃 "));
        becomes("你好:smile", Some("你好😄 "));
        for none in [":s", ":)", "10:30", "a:smile", ":nobody"] {
            becomes(none, None);
        }
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
        assert!(bob.fits("Bob: ") && bob.fits("b") && !bob.fits("Bob: h"));
        assert_eq!(bob.turn(), Some("bo: "));
        assert_eq!(bob.turn(), Some("Bob: "));
    }

    #[test]
    fn the_only_way_is_gone_once() {
        let mut ana = completions("an");
        assert!(!ana.fits(""));
        ana.turn();
        assert_eq!(ana.turn(), None);
    }

    #[test]
    fn the_ways_of_a_word_with_a_sign_are_shown_until_one_is_taken() {
        let nothing = Completions::default();
        let mut found = typed("hi :smi", &nothing);
        assert_eq!(labels(&found), ["😄 :smile:", "😏 :smirk:", "😃 :smiley:"]);
        assert_eq!(labels(&typed("@bo", &nothing)), ["@Bob", "@bo"]);
        assert_eq!(labels(&typed("/me", &nothing)), [""; 0], "it is written already");
        assert_eq!(labels(&typed("/", &nothing)).len(), MOST);
        assert_eq!(found.turn(), Some("hi 😄 "));
        assert_eq!(labels(&found), [""; 0]);
        for (text, has) in [("/", true), ("x @", true), ("你:", true), ("x /", false), ("bo", false), ("", false)] {
            assert_eq!(has_sign(text), has, "{text:?}");
        }
    }

    #[test]
    fn one_is_chosen_by_steps_that_come_round_and_taken_by_a_turn() {
        let mut found = typed(":smi", &Completions::default());
        assert_eq!(found.chosen(), None);
        let mut steps = |downs: &[bool]| {
            downs.iter().for_each(|down| found.step(*down));
            found.chosen()
        };
        assert_eq!(steps(&[false]), Some(2));
        assert_eq!(steps(&[true]), Some(0));
        assert_eq!(steps(&[true, true, true, false]), Some(2));
        assert_eq!(steps(&[false]), Some(1));
        assert_eq!(found.turn(), Some("😏 "));
        assert_eq!(found.turn(), Some("😃 "));
        found.choose(0);
        assert_eq!(found.turn(), Some("😄 "));
    }

    #[test]
    fn what_was_refused_is_shown_again_with_another_word() {
        let mut found = typed("a :sm", &Completions::default());
        found.step(true);
        found.refuse();
        assert_eq!((labels(&found).len(), found.chosen()), (0, None));
        found = typed("a :smi", &found);
        assert_eq!(labels(&found).len(), 0);
        assert_eq!(labels(&typed("a :smi :sm", &found)).len(), 3);
        found = typed("a ", &found);
        assert_eq!(labels(&typed("a :sm", &found)).len(), 3);
    }
}
