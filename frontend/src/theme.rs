//! Dark, light, or as the system has it.

/// What the page's colours follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's choice.
    #[default]
    System,
    /// Dark whatever the system says.
    Dark,
    /// Light whatever the system says.
    Light,
}

impl Theme {
    /// The one that the switch brings next.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Theme::System => Theme::Dark,
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::System,
        }
    }

    /// For `data-theme` and for storage; empty for the system's, which needs neither.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "",
            Theme::Dark => "dark",
            Theme::Light => "light",
        }
    }

    /// The theme of a [`Theme::word`]; the system's for any other.
    pub fn of(word: &str) -> Self {
        match word {
            "dark" => Theme::Dark,
            "light" => Theme::Light,
            _ => Theme::System,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_comes_round_to_where_it_began() {
        let round: Vec<_> = std::iter::successors(Some(Theme::System), |theme| Some(theme.next())).take(4).collect();
        assert_eq!(round, [Theme::System, Theme::Dark, Theme::Light, Theme::System]);
    }

    #[test]
    fn a_theme_is_known_by_its_word_and_nonsense_is_the_systems() {
        for theme in [Theme::System, Theme::Dark, Theme::Light] {
            assert_eq!(Theme::of(theme.word()), theme);
        }
        assert_eq!(Theme::of("purple"), Theme::System);
    }
}
