//! What is searched for, and whether a text has it: one reading of words for the index on disk, for what is not in the
//! index yet, and for the history in memory. Pure.
//!
//! What a word is, [`words`] says. The index's tokenizer, SQLite's `ascii`, makes words of ASCII's letters and digits and
//! of all that is not ASCII; so it reads back just the words that [`indexed`] has put down.

mod words;

use std::collections::BTreeSet;

pub use words::indexed;

/// Phrases of a query that are looked for at most; what comes after is passed over.
const PHRASES: usize = 16;
/// Words of a query that are looked for at most, all phrases together; what comes after is passed over.
const WORDS: usize = 32;

/// What somebody searches for: every phrase must be in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Phrase>,
}

/// Words that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    /// A space before each word, and one at the end where the last word ends there.
    needle: String,
}

impl Query {
    /// Reads what somebody has typed. There is nothing that it refuses: what is no word is passed over.
    ///
    /// White space parts phrases, but not in quotes. A quote without another one is none.
    pub fn parse(typed: &str) -> Query {
        let mut query = Query::default();
        let mut left = WORDS;
        let parts: Vec<&str> = typed.split(is_quote).collect();
        for (i, part) in parts.iter().enumerate() {
            if i % 2 == 1 && i + 1 < parts.len() {
                query.add(part, &mut left);
            } else {
                part.split_whitespace().for_each(|word| query.add(word, &mut left));
            }
        }
        query
    }

    fn add(&mut self, part: &str, left: &mut usize) {
        if self.phrases.len() < PHRASES {
            self.phrases.extend(Phrase::read(part, left));
        }
    }

    /// Whether there is no word in it: nothing is found.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Whether a text has all of it.
    pub fn matches(&self, text: &str) -> bool {
        let words = words::spaced(text);
        !self.is_empty() && self.phrases.iter().all(|phrase| words.contains(&phrase.needle))
    }

    /// The same as an expression for the index (SQLite's FTS5): quoted words alone, so that nothing in it is an operator.
    pub fn expression(&self) -> String {
        if self.is_empty() {
            // A phrase without a word: the index knows none that has it.
            return "\"\"".to_owned();
        }
        self.phrases.iter().map(Phrase::expression).collect::<Vec<_>>().join(" AND ")
    }
}

impl Phrase {
    /// Reads what stands together, of which at most `left` words. A star at its end says that the last word may go on;
    /// after a single letter it says nothing, since half of all words would be meant.
    fn read(part: &str, left: &mut usize) -> Option<Phrase> {
        let mut needle = words::spaced(part);
        let (count, last) = (needle.split_whitespace().count(), needle.split_whitespace().next_back()?);
        let long = last.chars().nth(1).is_some();
        let goes_on = part.ends_with(['*', '＊']) && long && !words::stands_alone(last);
        if let Some((end, _)) = needle.match_indices(' ').nth(*left).filter(|_| count > *left) {
            needle.truncate(end + 1);
        } else if goes_on {
            needle.pop();
        }
        *left = left.saturating_sub(count);
        (needle.len() > 1).then_some(Phrase { needle })
    }

    fn expression(&self) -> String {
        let goes_on = if self.needle.ends_with(' ') { "" } else { "*" };
        let phrase = format!("\"{}\"{goes_on}", self.needle.trim());
        // The rare ones spare the index the frequent ones; each once, since each is looked up.
        let pairs: BTreeSet<String> = words::pairs(&self.needle).map(|pair| format!("\"{pair}\"")).collect();
        pairs.into_iter().chain([phrase]).collect::<Vec<_>>().join(" AND ")
    }
}

/// `"` in its forms; single quotes are apostrophes more often.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '＂' | '“' | '”' | '„' | '‟')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    /// An index as the journal on disk has it, with one text in it.
    fn index(text: &str) -> Connection {
        let index = Connection::open_in_memory().unwrap();
        index.execute_batch("CREATE VIRTUAL TABLE said USING fts5(words, content='', tokenize='ascii')").unwrap();
        index.execute("INSERT INTO said(rowid, words) VALUES (1, ?)", [indexed(text)]).unwrap();
        index
    }

    /// Whether the index finds it; an error if the expression is none.
    fn finds(index: &Connection, query: &Query) -> rusqlite::Result<bool> {
        let mut asked = index.prepare("SELECT rowid FROM said WHERE said MATCH ?")?;
        asked.exists([query.expression()])
    }

    /// What the two sides, which must agree, say.
    fn found(text: &str, typed: &str) -> bool {
        let query = Query::parse(typed);
        let matches = query.matches(text);
        assert_eq!(finds(&index(text), &query), Ok(matches), "{typed:?} in {text:?}: {}", query.expression());
        matches
    }

    #[test]
    fn every_word_must_be_there() {
        let text = "The Weather in Café-Bar №5: 今天天气真好！token消耗";
        for typed in
            ["weather cafe", "BAR café", "天气 today*s the", "天气 weather", "token消耗", "cafe-bar", "今天 no5"]
        {
            let today = typed.contains("today");
            assert_eq!(found(text, typed), !today, "{typed}");
        }
        assert!(!found(text, "weather 气天"));
        assert!(!found(text, "bar-cafe"));
        assert!(!found(text, "weathe"));
        assert!(found(text, "bar cafe"));
    }

    #[test]
    fn quotes_of_all_kinds_hold_a_phrase_together() {
        let text = "say foo bar now";
        for typed in
            ["\"foo bar\"", "“foo bar”", "＂FOO　bar＂ say", "\"foo bar\"now", "„foo bar“", "\"bar foo", "bar foo\""]
        {
            assert!(found(text, typed), "{typed}");
        }
        for typed in ["\"bar foo\"", "“foo now”", "\"\"", "\"", "\"foo bar*\"x"] {
            assert!(!found(text, typed), "{typed}");
        }
    }

    #[test]
    fn a_star_lets_a_word_go_on() {
        assert!(found("cold weather", "weath*"));
        assert!(found("cold weather", "WEATH＊ co*"));
        assert!(found("cold weather", "cold-we*"));
        assert!(!found("cold weather", "eather*"));
        assert!(!found("cold weather", "col*weather"));
        assert!(!found("cold weather", "* *"));
        // After a character that is a word of its own there is nothing to go on.
        assert!(found("天气好", "天气*"));
        assert!(!found("天気", "天气*"));
        assert!(found("天a", "天*a"), "a star between parts words as a full stop does");
        assert_eq!(Query::parse("天气*"), Query::parse("天气"));
        assert_eq!(Query::parse("กิ*"), Query::parse("กิ"));
    }

    #[test]
    fn operators_are_words_or_nothing() {
        assert!(found("cats AND dogs", "and"));
        assert!(!found("cats dogs", "cats AND dogs"));
        assert!(!found("cats", "cats OR dogs"));
        assert!(found("not near", "NOT NEAR"));
        assert!(found("cats dogs", "-cats ^dogs (cats)"));
        assert!(!found("cats", "words:cats"));
        assert!(found("near dogs cats 5", "NEAR(dogs cats, 5)"));
        for typed in ["", " ", "!!!", "-", "()", "^*", "\u{200d}", "\u{fe0f}", "\u{301}"] {
            assert!(Query::parse(typed).is_empty(), "{typed:?}");
            assert!(!found("anything", typed));
        }
    }

    #[test]
    fn what_is_looked_for_is_bounded() {
        let typed = (0..100).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ");
        assert_eq!(Query::parse(&typed).phrases.len(), PHRASES);
        let long = "天".repeat(WORDS + 10);
        assert_eq!(Query::parse(&long), Query::parse(&"天".repeat(WORDS)));
        assert_eq!(Query::parse(&format!("{long} more")), Query::parse(&long));
        assert!(found(&long, &format!("{long}气")));
        let cut = format!("{}-abc*", vec!["w"; WORDS - 1].join("-"));
        assert!(Query::parse(&cut).expression().ends_with("abc\"*"));
        assert_eq!(Query::parse(&format!("w-{cut}")), Query::parse(&vec!["w"; WORDS].join("-")));
    }

    /// Texts in which the same few characters come again and again, so that queries find something.
    fn text() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            "b",
            "ab",
            "É",
            "e\u{301}",
            "e",
            "ς",
            "Σ",
            "Ё",
            "е",
            "й",
            "и",
            "ß",
            "İ",
            "天",
            "气",
            "が",
            "か\u{3099}",
            "か",
            "コー",
            "ヒ",
            "ｶﾞ",
            "한",
            "국",
            "\u{1112}\u{1161}",
            "ㄅ",
            "กิ",
            "ก",
            "ி",
            "த",
            "क्ष",
            "م",
            "\u{200c}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{20e3}",
            "👍",
            "\u{1f3fd}",
            "❤",
            "🇨",
            "🇳",
            "€",
            "½",
            "1",
            "２",
            "Ａ",
            "，",
            "。",
            " ",
            "\u{3000}",
            "\n",
            "\t",
            "-",
            "_",
            ".",
            "'",
            "\"",
            "“",
            "”",
            "*",
            "＊",
            "^",
            ":",
            "(",
            ")",
            "+",
            "{",
            "\\",
            " AND ",
            " OR ",
            " NOT ",
            " NEAR",
            "\0",
            "\u{1b}",
            "\u{ffff}",
            "\u{e000}",
            "ﷺ",
            "㍿",
            "º",
            "\u{345}",
        ]);
        prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
    }

    /// A text and a query, which often is a part of it.
    fn both() -> impl Strategy<Value = (String, String)> {
        let part = |text: String, from: prop::sample::Index, to: prop::sample::Index| {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) = (from.index(chars.len() + 1), to.index(chars.len() + 1));
            chars[from.min(to)..from.max(to)].iter().collect::<String>()
        };
        let some = (text(), text(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4);
        some.prop_map(move |(text, other, from, to, kind)| {
            let part = part(text.clone(), from, to);
            let typed = match kind {
                0 => other,
                1 => part,
                2 => format!("{part}*"),
                _ => format!("\"{part}\" {other}"),
            };
            (text, typed)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn the_index_and_the_matcher_agree((text, typed) in both()) {
            found(&text, &typed);
        }

        #[test]
        fn they_agree_on_any_text_at_all(text in any::<String>(), from in any::<prop::sample::Index>(), other in ".*") {
            let part: String = text.chars().skip(from.index(text.chars().count() + 1)).collect();
            found(&text, &part);
            found(&text, &format!("{part}*"));
            found(&text, &other);
        }

        #[test]
        fn a_text_has_each_of_its_words((text, _) in both()) {
            for word in indexed(&text).split_whitespace().take(PHRASES) {
                prop_assert!(Query::parse(word).matches(&text), "{word:?} in {text:?}");
            }
        }
    }
}
