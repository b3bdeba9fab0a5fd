//! Moderation: what the operator may ask for, who may ask, and what is told of it. Pure: time is an argument.

mod bans;
mod verb;

use std::net::IpAddr;
use std::time::Duration;

use commonroom_protocol::{NoticeCode, Via};

pub use bans::{Ban, Bans};
pub use verb::{VERBS, Verb, Whom, span};

use crate::name::Nick;
use crate::text::Body;

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rights {
    /// What everybody may.
    #[default]
    Everyone,
    /// Moderation, too. What the room refuses to others, such as speaking while it is locked, is not refused.
    Operator,
}

/// Whose connection it is, as far as that is known before a word is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller {
    /// The address it comes from; the console has none. Behind a proxy it is the proxy's.
    pub ip: Option<IpAddr>,
    /// What it may ask for.
    pub rights: Rights,
    /// It has given the server's password.
    pub admitted: bool,
}

impl Caller {
    /// Anybody who comes from this address.
    pub fn from(ip: IpAddr) -> Caller {
        Caller { ip: Some(ip.to_canonical()), ..Caller::default() }
    }
}

/// What those concerned are told: a room, or one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// This member was sent away.
    Kicked(Nick),
    /// This member was sent away and is not let in again.
    Banned(Nick),
    /// You may not speak, for so long or until further notice.
    Muted(Option<Duration>),
    /// You may speak again.
    Unmuted,
    /// One message in so much time from each; zero for as many as they like.
    Slow(Duration),
    /// The operator alone may speak.
    Locked,
    /// Everybody may speak again.
    Unlocked,
    /// This.
    Announce(Body),
}

impl Notice {
    /// Its code in a frame.
    pub fn code(&self) -> NoticeCode {
        match self {
            Notice::Kicked(_) => NoticeCode::Kicked,
            Notice::Banned(_) => NoticeCode::Banned,
            Notice::Muted(_) => NoticeCode::Muted,
            Notice::Unmuted => NoticeCode::Unmuted,
            Notice::Slow(_) => NoticeCode::Slow,
            Notice::Locked => NoticeCode::Locked,
            Notice::Unlocked => NoticeCode::Unlocked,
            Notice::Announce(_) => NoticeCode::Announce,
        }
    }

    /// What it is about, for a page that says it in words of its own.
    pub fn about(&self) -> Option<String> {
        match self {
            Notice::Kicked(nick) | Notice::Banned(nick) => Some(nick.to_string()),
            Notice::Muted(time) => time.map(|time| time.as_secs().to_string()),
            Notice::Slow(pause) => Some(pause.as_secs().to_string()),
            Notice::Announce(text) => Some(text.as_str().to_owned()),
            Notice::Unmuted | Notice::Locked | Notice::Unlocked => None,
        }
    }

    /// The member who is gone, if that is what it tells.
    pub fn gone(&self) -> Option<&Nick> {
        if let Notice::Kicked(nick) | Notice::Banned(nick) = self { Some(nick) } else { None }
    }

    /// Whether it is for a line program, too, which is told nothing of others' coming and going.
    pub fn is_for_programs(&self) -> bool {
        matches!(self, Notice::Muted(_) | Notice::Unmuted | Notice::Announce(_))
    }
}

/// What became of a [`Verb`], for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// This member is gone.
    Kicked(Nick),
    /// This name or address is banned.
    Banned {
        /// As it was asked for, and as it can be lifted.
        whom: String,
        /// The address that is banned, and who else it may be.
        ip: Option<(IpAddr, Shared)>,
        /// For how long, if not for good.
        time: Option<Duration>,
        /// So many connections were ended.
        ended: usize,
    },
    /// So many bans of this name or address are lifted.
    Unbanned(String, usize),
    /// These are banned, and for how long still.
    Bans(Vec<(String, Option<Duration>)>),
    /// This member may not speak.
    Muted(Nick, Option<Duration>),
    /// This member may speak again.
    Unmuted(Nick),
    /// One message in so much time.
    Slow(Duration),
    /// The room is locked.
    Locked,
    /// The room is open again.
    Unlocked,
    /// Whoever asked may moderate from now on.
    Moderates,
    /// This link leads to the room, for so long if it opens it; and what a terminal says instead.
    Invited {
        /// The link.
        link: String,
        /// The invitation itself, and how long it is good; none where anybody may come in.
        word: Option<(String, Duration)>,
    },
    /// The room has been told.
    Announced,
    /// What the server does.
    Stats(Stats),
    /// The server ends.
    Ending,
}

/// Who else may come from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Nobody that we know of.
    No,
    /// A network of its own behind it: a private address.
    Private,
    /// Everybody who comes through a proxy on this machine, and whoever is at it: a loopback address.
    Loopback,
}

impl Shared {
    /// Who else may come from this one.
    pub fn of(ip: IpAddr) -> Shared {
        match ip {
            _ if ip.is_loopback() => Shared::Loopback,
            IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => Shared::Private,
            IpAddr::V6(ip) if ip.is_unique_local() || ip.is_unicast_link_local() => Shared::Private,
            _ => Shared::No,
        }
    }
}

/// What the server does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rooms that are open.
    pub rooms: usize,
    /// Members who are here, by what they came by. Somebody in two rooms counts twice, as two connections do.
    pub members: Vec<(Via, usize)>,
    /// Messages since the start.
    pub messages: u64,
    /// Time since the start.
    pub uptime: Duration,
    /// Memory in use, in bytes, where the system tells.
    pub memory: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_many_share_is_known() {
        let shared = |ip: &str| Shared::of(ip.parse().unwrap());
        assert_eq!(["127.0.0.1", "127.9.9.9", "::1"].map(shared), [Shared::Loopback; 3]);
        assert_eq!(["192.168.1.7", "10.0.0.1", "fd00::1", "fe80::1"].map(shared), [Shared::Private; 4]);
        assert_eq!(["203.0.113.9", "2001:db8::1"].map(shared), [Shared::No; 2]);
    }

    #[test]
    fn an_address_is_one_in_both_its_forms() {
        let mapped: IpAddr = "::ffff:203.0.113.9".parse().unwrap();
        assert_eq!(Caller::from(mapped).ip, "203.0.113.9".parse().ok());
    }
}
