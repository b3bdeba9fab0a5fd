//! Every word the page says. One list of messages, and one file of words for each language: `frontend/text/`.
//!
//! Each language is a file beside the page, loaded by who wants it; English is loaded where that fails. A file that has other keys than the list, or in another order, does not compile.
//!
//! A line is `key = words`; empty lines and lines with `#` are skipped. `{name}` is a place for something that is filled
//! in. Where there is `{n}`, words may differ by number: then ` | ` stands between the forms, in the order of `plurals`.

mod count;
mod file;
mod languages;
mod words;

pub use count::Count;
#[cfg(test)]
pub(crate) use languages::FILES;
pub use languages::{LANGUAGES, language_of};

macro_rules! text {
    ($($(#[$doc:meta])* $key:ident)*) => {
        /// One language.
        #[expect(missing_docs, reason = "the English of each key says what it is")]
        #[derive(Debug)]
        pub struct Text {
            $($(#[$doc])* pub $key: &'static str,)*
        }

        /// The list of messages.
        const KEYS: &[&str] = &[$(stringify!($key)),*];

        impl Text {
            // Inlined, its copies go through as many variables, which is four times the code.
            #[inline(never)]
            const fn of(words: &[&'static str; KEYS.len()]) -> Self {
                let [$($key),*] = *words;
                Text { $($key),* }
            }
        }
    };
}

text! {
    /// BCP 47, for `<html lang>` and for `Intl`.
    lang
    /// The language's name in itself.
    name
    /// `ltr` or `rtl`.
    dir
    /// What `Intl.PluralRules` calls its forms, in the order in which a counted message has them.
    plurals

    connected
    connecting
    /// On the connection's pill: the seconds to the next attempt.
    reconnecting
    offline
    /// Read aloud when the connection is lost.
    lost
    retry_now
    stopped
    stop_kicked
    stop_banned
    stop_password
    stop_version
    stop_room

    rooms
    join_room
    leave
    leave_room
    join_by
    join_title
    join_scan
    join_waiting
    join_arrived
    join_nobody_listens
    close
    language
    theme_system
    theme_dark
    theme_light

    here
    people
    who_is_here
    whisper_to
    you
    via_web
    via_api
    via_tcp
    via_console
    via_other

    quiet
    older
    loading
    news
    to_end
    /// On the rule above what is unread.
    unread
    /// Of unread messages, those that mean the reader.
    mentions
    notify
    notify_in
    notify_never
    notify_mentions
    notify_all
    notify_blocked
    notify_insecure
    sound
    search
    search_in
    search_hint
    found
    today
    yesterday
    sending
    not_sent
    unsure
    retry
    copy
    copied
    discard

    joined
    left
    renamed
    crowd
    missed
    gap_limit
    gap_expired
    gap_other
    rewound
    of_old
    whispered
    not_done
    too_fast

    notice_kicked
    notice_banned
    notice_muted
    notice_muted_for
    notice_unmuted
    notice_slow
    notice_slow_over
    notice_locked
    notice_unlocked
    notice_announce

    refused_too_long
    refused_empty
    refused_bad_text
    refused_rate
    refused_store_full
    refused_store_down
    refused_cid_reuse
    refused_nick_taken
    refused_nick_bad
    refused_no_such_nick
    refused_room_bad
    refused_muted
    refused_locked
    refused_password
    refused_closing
    refused_not_joined
    refused_not_allowed
    refused_unknown
    refused_bad_frame

    say_something
    message
    send
    change_name
    your_name
    hint_keys
    hint_commands
    unknown_command
    did_you_mean
    missing
    not_connected
    rooms_open
    no_rooms_open
    help
    too_long
    outbox_full

    crashed
    reload
}

/// What the page says before it knows a language: nothing.
pub static WORDLESS: Text = Text::of(&[""; KEYS.len()]);

/// English, for tests: the page loads it as any other.
#[cfg(test)]
pub static ENGLISH: Text = match Text::read(languages::ENGLISH) {
    Some(text) => text,
    None => panic!("en.txt is not like the list of messages"),
};

impl Text {
    /// The language of a file; none where its keys are not ours, as those of another version may be.
    pub const fn read(file: &'static str) -> Option<Self> {
        match file::words(file) {
            Some(words) => Some(Self::of(&words)),
            None => None,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.lang == other.lang
    }
}

#[cfg(test)]
mod tests;
