//! Which words go with what: the same for every language.

use commonroom_protocol::{Code, GapWhy, NoticeCode, Via};

use super::count::{counted, fill, form};
use super::{Count, Text};
use crate::backoff::Stop;
use crate::theme::Theme;

#[expect(missing_docs, reason = "the English of the field of the same name says what it is")]
impl Text {
    fn fill(&self, words: &str, what: &[(&str, &str)]) -> String {
        fill(words, what, self.dir == "rtl")
    }

    pub fn reconnecting(&self, seconds: &Count) -> String {
        counted(self.reconnecting, seconds)
    }

    /// Why the page does not connect again.
    pub fn stop(&self, why: Stop) -> &'static str {
        match why {
            Stop::Kicked => self.stop_kicked,
            Stop::Banned => self.stop_banned,
            Stop::Password => self.stop_password,
            Stop::Version => self.stop_version,
            Stop::Room => self.stop_room,
        }
    }

    /// The theme switch's.
    pub fn theme(&self, theme: Theme) -> &'static str {
        match theme {
            Theme::System => self.theme_system,
            Theme::Dark => self.theme_dark,
            Theme::Light => self.theme_light,
        }
    }

    pub fn here(&self, count: &Count) -> String {
        counted(self.here, count)
    }

    pub fn people(&self, count: &Count) -> String {
        counted(self.people, count)
    }

    /// What somebody came by.
    pub fn via(&self, via: Via) -> &'static str {
        match via {
            Via::Web => self.via_web,
            Via::Api => self.via_api,
            Via::Tcp => self.via_tcp,
            Via::Console => self.via_console,
            Via::Other => self.via_other,
        }
    }

    pub fn news(&self, count: &Count) -> String {
        counted(self.news, count)
    }

    pub fn not_sent(&self, why: &str) -> String {
        self.fill(self.not_sent, &[("why", why)])
    }

    pub fn joined(&self, nick: &str, via: Via) -> String {
        self.fill(self.joined, &[("nick", nick), ("via", self.via(via))])
    }

    pub fn left(&self, nick: &str) -> String {
        self.fill(self.left, &[("nick", nick)])
    }

    pub fn renamed(&self, from: &str, to: &str) -> String {
        self.fill(self.renamed, &[("from", from), ("to", to)])
    }

    pub fn crowd(&self, joined: &Count, left: &Count) -> String {
        self.fill(self.crowd, &[("joined", &joined.digits), ("left", &left.digits)])
    }

    pub fn missed(&self, count: &Count, why: GapWhy) -> String {
        let why = match why {
            GapWhy::Limit => self.gap_limit,
            GapWhy::Expired => self.gap_expired,
            GapWhy::Rewound | GapWhy::Other => self.gap_other,
        };
        self.fill(form(self.missed, count), &[("n", &count.digits), ("why", why)])
    }

    pub fn whispered(&self, from: &str, to: &str, text: &str) -> String {
        self.fill(self.whispered, &[("from", from), ("to", to), ("text", text)])
    }

    pub fn not_done(&self, why: &str) -> String {
        self.fill(self.not_done, &[("why", why)])
    }

    /// The words for a notice and what it is about: ours, or the server's own where the code is new.
    pub fn notice(&self, code: NoticeCode, about: Option<&str>, message: &str) -> String {
        let mut about = about.unwrap_or_default();
        let words = match code {
            NoticeCode::Kicked => self.notice_kicked,
            NoticeCode::Banned => self.notice_banned,
            NoticeCode::Muted if about.is_empty() => self.notice_muted,
            NoticeCode::Muted => self.notice_muted_for,
            NoticeCode::Unmuted => self.notice_unmuted,
            NoticeCode::Slow if about == "0" => self.notice_slow_over,
            NoticeCode::Slow => self.notice_slow,
            NoticeCode::Locked => self.notice_locked,
            NoticeCode::Unlocked => self.notice_unlocked,
            NoticeCode::Announce => self.notice_announce,
            NoticeCode::Rate => self.too_fast,
            NoticeCode::Done | NoticeCode::Other => {
                about = message;
                "{about}"
            }
        };
        self.fill(words, &[("about", about)])
    }

    /// The words for a refusal: ours, or the server's own where the code is new.
    pub fn reason<'a>(&self, code: Code, message: &'a str) -> &'a str {
        match code {
            Code::TooLong => self.refused_too_long,
            Code::Empty => self.refused_empty,
            Code::BadText => self.refused_bad_text,
            Code::Rate => self.refused_rate,
            Code::StoreFull => self.refused_store_full,
            Code::StoreDown => self.refused_store_down,
            Code::CidReuse => self.refused_cid_reuse,
            Code::NickTaken => self.refused_nick_taken,
            Code::NickBad => self.refused_nick_bad,
            Code::NoSuchNick => self.refused_no_such_nick,
            Code::RoomBad => self.refused_room_bad,
            Code::Muted => self.refused_muted,
            Code::Locked => self.refused_locked,
            Code::Closing => self.refused_closing,
            Code::NotJoined => self.refused_not_joined,
            Code::NotAllowed => self.refused_not_allowed,
            Code::Password => self.refused_password,
            Code::Unknown => self.refused_unknown,
            Code::BadFrame => self.refused_bad_frame,
            // A page seldom makes rooms: the server's own words do.
            Code::Overloaded | Code::Other => message,
        }
    }

    pub fn say_something(&self, room: &str) -> String {
        self.fill(self.say_something, &[("room", room)])
    }

    pub fn message(&self, room: &str) -> String {
        self.fill(self.message, &[("room", room)])
    }

    /// `meant` is the command that comes closest to the word.
    pub fn unknown_command(&self, word: &str, meant: Option<&str>) -> String {
        match meant {
            Some(command) => self.fill(self.did_you_mean, &[("word", word), ("command", command)]),
            None => self.fill(self.unknown_command, &[("word", word)]),
        }
    }

    pub fn missing(&self, usage: &str) -> String {
        self.fill(self.missing, &[("usage", usage)])
    }

    pub fn rooms_open(&self, rooms: &str) -> String {
        self.fill(self.rooms_open, &[("rooms", rooms)])
    }

    pub fn leave_room(&self, room: &str) -> String {
        self.fill(self.leave_room, &[("room", room)])
    }

    pub fn whisper_to(&self, nick: &str) -> String {
        self.fill(self.whisper_to, &[("nick", nick)])
    }

    pub fn mentions(&self, count: &Count) -> String {
        counted(self.mentions, count)
    }

    pub fn search_in(&self, room: &str) -> String {
        self.fill(self.search_in, &[("room", room)])
    }

    pub fn notify_in(&self, room: &str) -> String {
        self.fill(self.notify_in, &[("room", room)])
    }

    pub fn notify_insecure(&self, origin: &str) -> String {
        self.fill(self.notify_insecure, &[("origin", origin)])
    }

    pub fn join_scan(&self, url: &str) -> String {
        self.fill(self.join_scan, &[("url", url)])
    }

    pub fn found(&self, count: &Count) -> String {
        counted(self.found, count)
    }

    pub fn too_long(&self, limit: &Count) -> String {
        counted(self.too_long, limit)
    }
}
