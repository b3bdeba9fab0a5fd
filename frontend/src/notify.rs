//! Which messages a room calls its reader for, who does not look.

/// What one wants to be called for in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Nothing.
    Never,
    /// What means one: by name, or as a whisper.
    #[default]
    Mentions,
    /// Every message.
    All,
}

impl Notify {
    /// All of them.
    pub const ALL: [Notify; 3] = [Notify::Never, Notify::Mentions, Notify::All];

    /// For storage, and for the page's form.
    pub fn word(self) -> &'static str {
        match self {
            Notify::Never => "never",
            Notify::Mentions => "mentions",
            Notify::All => "all",
        }
    }

    /// The choice of a [`Notify::word`]; the usual one for any other.
    pub fn of(word: &str) -> Self {
        match word {
            "never" => Notify::Never,
            "all" => Notify::All,
            _ => Notify::Mentions,
        }
    }

    /// Whether a message calls the reader, which means them or does not.
    pub fn calls(self, mention: bool) -> bool {
        match self {
            Notify::Never => false,
            Notify::Mentions => mention,
            Notify::All => true,
        }
    }
}

/// As much of a message as a notification shows.
pub fn shortened(text: &str) -> &str {
    const CHARS: usize = 120;
    text.char_indices().nth(CHARS).map_or(text, |(at, _)| text.split_at(at).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_called_for_what_one_wants() {
        let calls = |mention| Notify::ALL.map(|notify| notify.calls(mention));
        assert_eq!(calls(true), [false, true, true]);
        assert_eq!(calls(false), [false, false, true]);
    }

    #[test]
    fn a_choice_is_known_by_its_word_and_nonsense_is_the_usual_one() {
        for notify in Notify::ALL {
            assert_eq!(Notify::of(notify.word()), notify);
        }
        assert_eq!(Notify::of(""), Notify::Mentions);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shortened("hello"), "hello");
        assert_eq!(shortened(&"é".repeat(200)), "é".repeat(120));
    }
}
