//! What the composer's text asks for.

use crate::address::RoomName;

/// Commands of the page, as in a terminal.
const OURS: [&str; 9] = ["/nick", "/me", "/msg", "/join", "/search", "/who", "/rooms", "/lang", "/help"];
/// Commands that the server understands, and lets only operators use; by `/op` one becomes one.
const OPERATORS: [&str; 12] = [
    "/kick",
    "/ban",
    "/unban",
    "/mute",
    "/unmute",
    "/slow",
    "/lock",
    "/unlock",
    "/announce",
    "/op",
    "/invite",
    "/stats",
];

/// What somebody has written, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Say it. It has something in it and fits the server's limit.
    Say {
        /// What to say: visible characters, tabs and line feeds.
        text: String,
        /// As an action.
        me: bool,
    },
    /// Take this name.
    Nick(String),
    /// Say this to one person alone. As what is said, it has something in it and fits.
    Whisper {
        /// Who is meant.
        to: String,
        /// What to say.
        text: String,
    },
    /// Go to this room.
    Join(RoomName),
    /// Look for these words; nothing yet where there are none.
    Search(String),
    /// Show who is here.
    Who,
    /// Show which rooms there are.
    Rooms,
    /// Go on in this language.
    Language(String),
    /// Show what can be written.
    Help,
    /// Moderate: the whole line.
    Moderate(String),
}

impl Input {
    /// Whether it is lost without a connection: the server answers it, and keeps it not.
    pub fn needs_connection(&self) -> bool {
        matches!(self, Input::Whisper { .. } | Input::Rooms | Input::Moderate(_))
    }
}

/// Why what was written cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is nothing in it.
    Nothing,
    /// No such command.
    UnknownCommand {
        /// The word with its slash.
        word: String,
        /// The command that was meant, perhaps.
        meant: Option<&'static str>,
    },
    /// The command wants more; how it is written.
    Missing(&'static str),
    /// More bytes than the server takes; that limit.
    TooLong(usize),
    /// It would be lost without a connection.
    NotConnected,
    /// Too many messages wait already.
    OutboxFull,
}

/// All commands there are.
pub fn commands() -> impl Iterator<Item = &'static str> {
    OURS.into_iter().chain(OPERATORS)
}

/// Reads what was written: a command, `//text` for a text that begins with a slash, or a text.
///
/// `limit` is the server's limit for one text, in bytes of UTF-8.
pub fn parse(written: &str, limit: usize) -> Result<Input, Mistake> {
    let written = speakable(written);
    let say = |text: &str, me| Ok(Input::Say { text: checked(text, limit)?, me });
    let Some(command) = written.strip_prefix('/') else { return say(&written, false) };
    if command.starts_with('/') {
        return say(command, false);
    }
    let (word, rest) = split_word(command);
    match (word, rest) {
        ("me", "") => Err(Mistake::Missing("/me TEXT")),
        ("me", text) => say(text, true),
        ("nick", "") => Err(Mistake::Missing("/nick NAME")),
        ("nick", name) => Ok(Input::Nick(name.to_owned())),
        ("msg", rest) => match split_word(rest) {
            ("", _) | (_, "") => Err(Mistake::Missing("/msg NAME TEXT")),
            (to, text) => Ok(Input::Whisper { to: to.to_owned(), text: checked(text, limit)? }),
        },
        ("join", room) => RoomName::typed(room).map(Input::Join).ok_or(Mistake::Missing("/join ROOM")),
        ("search", words) => Ok(Input::Search(words.to_owned())),
        ("who", _) => Ok(Input::Who),
        ("rooms", _) => Ok(Input::Rooms),
        ("lang", "") => Err(Mistake::Missing("/lang CODE")),
        ("lang", code) => Ok(Input::Language(code.to_owned())),
        ("help", _) => Ok(Input::Help),
        _ => other(&["/", word].concat(), &written),
    }
}

/// A command that is not the page's own.
fn other(word: &str, line: &str) -> Result<Input, Mistake> {
    if OPERATORS.contains(&word) {
        return Ok(Input::Moderate(line.to_owned()));
    }
    let meant = commands().map(|command| (edits(word, command), command)).min();
    // Most of a short word changed is another word.
    let meant = meant.filter(|(edits, _)| *edits <= 2 && edits * 2 < word.len());
    Err(Mistake::UnknownCommand { word: word.to_owned(), meant: meant.map(|(_, command)| command) })
}

/// How many letters must be changed, put in or left out to make one word of another (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, b) in other.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn checked(text: &str, limit: usize) -> Result<String, Mistake> {
    if text.trim().is_empty() {
        return Err(Mistake::Nothing);
    }
    if text.len() > limit {
        return Err(Mistake::TooLong(limit));
    }
    Ok(text.to_owned())
}

/// What one would write to say this: what [`parse`] reads as it.
pub fn written(text: &str, me: bool) -> String {
    let before = match text {
        _ if me => "/me ",
        _ if text.starts_with('/') => "/",
        _ => "",
    };
    [before, text].concat()
}

/// Without trailing space, and without control characters: each would be six bytes in JSON and could burst the frame.
fn speakable(written: &str) -> String {
    written.trim_end().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<Input, Mistake> {
        parse(written, 20)
    }

    #[track_caller]
    fn says(written: &str, text: &str) {
        assert_eq!(read(written), Ok(Input::Say { text: text.into(), me: false }));
    }

    #[test]
    fn a_text_is_said_as_it_is() {
        says("hello", "hello");
        says("  two\n  lines\n", "  two\n  lines");
    }

    #[test]
    fn two_slashes_say_one() {
        says("//nick bob", "/nick bob");
        says("//", "/");
    }

    #[test]
    fn an_action_is_said_as_one() {
        assert_eq!(read("/me waves"), Ok(Input::Say { text: "waves".into(), me: true }));
        assert_eq!(read("/me "), Err(Mistake::Missing("/me TEXT")));
    }

    #[test]
    fn what_was_said_is_written_again_as_it_is_read() {
        for (text, me) in [("hello", false), ("/nick bob", false), ("//", false), ("waves", true)] {
            assert_eq!(read(&written(text, me)), Ok(Input::Say { text: text.into(), me }));
        }
    }

    #[test]
    fn a_name_is_asked_for() {
        assert_eq!(read("/nick  老王 "), Ok(Input::Nick("老王".into())));
        assert_eq!(read("/nick"), Err(Mistake::Missing("/nick NAME")));
    }

    #[test]
    fn a_whisper_names_one_person_and_has_words() {
        let whisper = Input::Whisper { to: "bob".into(), text: "psst  there".into() };
        assert_eq!(read("/msg bob  psst  there"), Ok(whisper));
        assert_eq!(read("/msg bob"), Err(Mistake::Missing("/msg NAME TEXT")));
        assert_eq!(read("/msg bob 一二三四五六七"), Err(Mistake::TooLong(20)));
    }

    #[test]
    fn the_pages_own_commands_are_understood() {
        assert_eq!(read("/join #ops"), Ok(Input::Join(RoomName::from_path("/r/ops"))));
        assert_eq!(read("/join"), Err(Mistake::Missing("/join ROOM")));
        assert_eq!(read("/search two words"), Ok(Input::Search("two words".into())));
        assert_eq!(read("/search"), Ok(Input::Search(String::new())));
        assert_eq!((read("/who"), read("/rooms"), read("/help")), (Ok(Input::Who), Ok(Input::Rooms), Ok(Input::Help)));
        assert_eq!(read("/lang zh"), Ok(Input::Language("zh".into())));
    }

    #[test]
    fn moderation_goes_to_the_server_as_it_is() {
        assert_eq!(read("/ban bob 10m "), Ok(Input::Moderate("/ban bob 10m".into())));
        assert!(commands().all(|command| !matches!(read(command), Err(Mistake::UnknownCommand { .. }))));
    }

    #[test]
    fn an_unknown_command_is_never_said() {
        let unknown = |word: &str, meant| Err(Mistake::UnknownCommand { word: word.into(), meant });
        assert_eq!(read("/kcik bob"), unknown("/kcik", Some("/kick")));
        assert_eq!(read("/serch x"), unknown("/serch", Some("/search")));
        assert_eq!(read("/frobnicate"), unknown("/frobnicate", None));
        assert_eq!(read("/say x"), unknown("/say", None));
        assert_eq!(read("/帮助"), unknown("/帮助", None));
    }

    #[test]
    fn nothing_is_not_said() {
        assert_eq!(read(" \n "), Err(Mistake::Nothing));
        assert_eq!(read("\u{1}\u{2}"), Err(Mistake::Nothing));
    }

    #[test]
    fn the_limit_counts_bytes_of_what_is_said() {
        says("12345678901234567890", "12345678901234567890");
        assert_eq!(read("一二三四五六七"), Err(Mistake::TooLong(20)));
        says("//2345678901234567890", "/2345678901234567890");
    }

    #[test]
    fn control_characters_are_left_out() {
        says("a\u{7}b\tc\r\nd", "ab\tc\nd");
    }
}
