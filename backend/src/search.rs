//! What is searched for, and whether a text has it: one reading of words for the index on disk, for what is not in the
//! index yet, and for the history in memory. Pure.

/// What somebody searches for: every phrase must be in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Phrase>,
}

/// Words that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    words: Vec<String>,
    /// The last word may go on.
    prefix: bool,
}

impl Query {
    /// Reads what somebody has typed. There is nothing that it refuses: what is no word is passed over.
    pub fn parse(typed: &str) -> Query {
        let phrase = |word: &str| Phrase { words: words(word), prefix: word.ends_with('*') };
        let phrases = typed.split_whitespace().map(phrase).filter(|phrase| !phrase.words.is_empty());
        Query { phrases: phrases.collect() }
    }

    /// Whether there is no word in it: nothing is found.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Whether a text has all of it.
    pub fn matches(&self, text: &str) -> bool {
        let words = words(text);
        !self.is_empty() && self.phrases.iter().all(|phrase| phrase.is_in(&words))
    }

    /// The same as an expression for the index (SQLite's FTS5): quoted words alone, so that nothing in it is an operator.
    pub fn expression(&self) -> String {
        let quoted =
            |phrase: &Phrase| format!("\"{}\"{}", phrase.words.join(" "), if phrase.prefix { "*" } else { "" });
        self.phrases.iter().map(quoted).collect::<Vec<_>>().join(" AND ")
    }
}

impl Phrase {
    fn is_in(&self, words: &[String]) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        words.windows(self.words.len()).any(|stretch| {
            let fits = |word: &String| if self.prefix { word.starts_with(last) } else { word == last };
            stretch.starts_with(before) && stretch.last().is_some_and(fits)
        })
    }
}

/// A text as the index keeps it: its words, each folded, with one space between them.
pub fn indexed(text: &str) -> String {
    words(text).join(" ")
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
