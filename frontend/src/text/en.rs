//! English.

use commonroom_protocol::{Code, GapWhy, NoticeCode, Via};

use super::Text;
use crate::backoff::Stop;
use crate::theme::Theme;

pub(super) const EN: Text = Text {
    lang: "en",
    name: "English",

    connected: "connected",
    connecting: "connecting",
    reconnecting: |seconds| format!("reconnecting in {seconds} s"),
    offline: "offline, your messages wait",
    lost: "connection lost, your messages wait",
    retry_now: "Retry now",
    stopped: "disconnected",
    stop: |why| match why {
        Stop::Kicked => "The operator has sent you away. Reload the page to come back.",
        Stop::Banned => "The operator does not let you in.",
        Stop::Password => "This server wants a password.",
        Stop::Version => "This page is of another version than the server. Reload it.",
        Stop::Room => "The address is not a room's name: 1 to 32 letters, digits and - _ . are.",
    },

    rooms: "Rooms",
    join_by: "Join from a terminal",
    language: "Language",
    theme: |theme| match theme {
        Theme::System => "Colours: as the system has them",
        Theme::Dark => "Colours: dark",
        Theme::Light => "Colours: light",
    },

    here: |count| format!("{count} here"),
    people: |count| format!("Here, {count}"),
    who_is_here: "Who is here",
    you: "you",
    via: |via| match via {
        Via::Web => "web",
        Via::Api => "bot",
        Via::Tcp => "nc",
        Via::Console => "console",
        Via::Other => "other",
    },

    quiet: "Nobody has said anything here yet.",
    older: "Older messages",
    loading: "Loading",
    news: |count| format!("{count} new"),
    today: "Today",
    yesterday: "Yesterday",
    sending: "sending",
    not_sent: |why| format!("not sent: {why}"),
    unsure: "perhaps sent: another tab goes on with this one's place",
    retry: "Retry",
    copy: "Copy",
    copied: "Copied",
    discard: "Remove",

    joined: |nick, via| format!("{nick} joined ({via})"),
    left: |nick| format!("{nick} left"),
    renamed: |from, to| format!("{from} is now {to}"),
    crowd: |joined, left| format!("{joined} joined, {left} left"),
    missed: |count, why| {
        let why = match why {
            GapWhy::Limit => "too much was said at once",
            GapWhy::Expired => "they are no longer kept",
            GapWhy::Rewound | GapWhy::Other => "the server does not say why",
        };
        if count.one {
            format!("1 message is not shown: {why}")
        } else {
            format!("{count} messages are not shown: {why}")
        }
    },
    rewound: "The server's history was reset. What stands above it no longer has.",
    of_old: "from before the server's history was reset",
    whispered: |from, to| format!("{from} to {to}, in private:"),
    not_done: |why| format!("Not done: {why}"),
    too_fast: "You are faster than this server allows. Nothing is lost, it only takes a while.",
    notice: |code, about| {
        Some(match code {
            NoticeCode::Kicked => format!("{about} was sent away by the operator"),
            NoticeCode::Banned => format!("{about} was banned by the operator"),
            NoticeCode::Muted if about.is_empty() => "The operator has muted you.".to_owned(),
            NoticeCode::Muted => format!("The operator has muted you for {about} s."),
            NoticeCode::Unmuted => "You may speak again.".to_owned(),
            NoticeCode::Slow if about == "0" => "Slow mode is over.".to_owned(),
            NoticeCode::Slow => format!("Slow mode: everybody may say one message in {about} s."),
            NoticeCode::Locked => "The operator has locked the room: nobody else can say anything now.".to_owned(),
            NoticeCode::Unlocked => "The operator has unlocked the room.".to_owned(),
            NoticeCode::Announce => format!("The operator announces: {about}"),
            NoticeCode::Rate | NoticeCode::Done | NoticeCode::Other => return None,
        })
    },
    refusal: |code| {
        Some(match code {
            Code::TooLong => "it is too long",
            Code::Empty => "there is nothing in it",
            Code::BadText => "it has too many lines",
            Code::Rate => "that is too soon after the last time",
            Code::StoreFull => "the server has no room left for it",
            Code::StoreDown => "the server cannot save it now",
            Code::CidReuse => "it was mistaken for another message",
            Code::NickTaken => "somebody here has that name",
            Code::NickBad => "that cannot be a name",
            Code::NoSuchNick => "nobody here has that name",
            Code::RoomBad => "that is not a room's name",
            Code::Muted => "the operator has muted you",
            Code::Locked => "the room is locked",
            Code::Closing => "the server is shutting down",
            Code::NotJoined => "the room is not joined yet",
            Code::NotAllowed => "only the operator may do that",
            Code::Unknown => "the server does not know how",
            Code::BadFrame => "the server did not understand the page",
            Code::Other => return None,
        })
    },

    say_something: |room| format!("Say something to {room}"),
    message: |room| format!("Message {room}"),
    send: "Send",
    change_name: "Change your name",
    your_name: "Your name",
    hint_keys: "Enter sends, Shift+Enter breaks",
    hint_commands: "/nick, /me, // for a slash",
    unknown_command: |word| format!("There is no {word}. There are /nick NAME and /me TEXT; // says a slash."),
    nick_missing: "Say which name: /nick NAME",
    too_long: |limit| format!("That is longer than the {limit} bytes that a message may have."),
    outbox_full: "Too many messages wait already. This one was not kept.",

    crashed: "Something went wrong in this page. What you sent is kept.",
    reload: "Reload",
};
