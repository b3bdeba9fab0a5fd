//! The languages there are. index.html has their tags too, to load one before the program is there.

use super::file::check;

macro_rules! languages {
    ($($lang:literal $name:literal)*) => {
        /// Tag and name of each language, in the picker's order: the picker knows them without having loaded them.
        pub const LANGUAGES: &[(&str, &str)] = &[$(($lang, $name)),*];

        $(const _: () = check($lang, $name, include_str!(concat!("../../text/", $lang, ".txt")));)*

        /// The files, in the same order.
        #[cfg(test)]
        pub(crate) const FILES: &[&str] = &[$(include_str!(concat!("../../text/", $lang, ".txt"))),*];
    };
}

languages! {
    "en" "English"
    "zh-CN" "中文"
    "es" "Español"
    "fr" "Français"
    "de" "Deutsch"
    "pt-BR" "Português"
    "ru" "Русский"
    "ja" "日本語"
    "ko" "한국어"
    "ar" "العربية"
}

/// The tag of the language that somebody asks for, such as `zh` or `pt-PT`; none where there is no such language.
pub fn language_of(asked: &str) -> Option<&'static str> {
    let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let asked = language(asked);
    LANGUAGES.iter().map(|(tag, _)| *tag).find(|tag| language(tag) == asked)
}

/// The file of the language that the tests speak.
#[cfg(test)]
pub(super) const ENGLISH: &str = include_str!("../../text/en.txt");
