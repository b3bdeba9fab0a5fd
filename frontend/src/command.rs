//! What the composer's text asks for.

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
}

/// Why what was written cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is nothing in it.
    Nothing,
    /// No such command; the word with its slash.
    UnknownCommand(String),
    /// `/nick` without a name.
    NickMissing,
    /// More bytes than the server takes; that limit.
    TooLong(usize),
}

/// Reads what was written: `/nick NAME`, `/me TEXT`, `//text` for a text that begins with a slash, or a text.
///
/// `limit` is the server's limit for one text, in bytes of UTF-8.
pub fn parse(written: &str, limit: usize) -> Result<Input, Mistake> {
    let written = speakable(written);
    let (text, me) = match written.strip_prefix('/') {
        None => (written.as_str(), false),
        Some(text) if text.starts_with('/') => (text, false),
        Some(command) => match split_word(command) {
            ("me", text) => (text, true),
            ("nick", "") => return Err(Mistake::NickMissing),
            ("nick", name) => return Ok(Input::Nick(name.to_owned())),
            (word, _) => return Err(Mistake::UnknownCommand(["/", word].concat())),
        },
    };
    if text.trim().is_empty() {
        return Err(Mistake::Nothing);
    }
    if text.len() > limit {
        return Err(Mistake::TooLong(limit));
    }
    Ok(Input::Say { text: text.to_owned(), me })
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
        assert_eq!(read("/me"), Err(Mistake::Nothing));
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
        assert_eq!(read("/nick"), Err(Mistake::NickMissing));
    }

    #[test]
    fn an_unknown_command_is_never_said() {
        assert_eq!(read("/kcik bob"), Err(Mistake::UnknownCommand("/kcik".into())));
        assert_eq!(read("/"), Err(Mistake::UnknownCommand("/".into())));
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
