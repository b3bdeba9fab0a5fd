//! What the operator asks for, as it is typed: `/ban bob 10m`.

use std::net::IpAddr;
use std::time::Duration;

use crate::refusal::Refusal;
use crate::text::Body;

/// The longest time that can be typed.
const LONGEST: Duration = Duration::from_hours(24 * 365);
/// How long an invitation is good if nothing else is said.
const A_DAY: Duration = Duration::from_hours(24);
/// The longest pause of slow mode.
const SLOWEST: u64 = 3600;

/// What only the operator may type after a slash.
pub const VERBS: [&str; 12] =
    ["op", "kick", "ban", "unban", "mute", "unmute", "slow", "lock", "unlock", "invite", "announce", "stats"];

/// What only the operator may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Send this member away.
    Kick(String),
    /// Send this member or address away and let it in no more, for so long or until it is lifted.
    Ban(Whom, Option<Duration>),
    /// Lift the ban of this name or address.
    Unban(Whom),
    /// Tell what is banned.
    Bans,
    /// Let this member say nothing, for so long or until it is lifted.
    Mute(String, Option<Duration>),
    /// Let this member speak again.
    Unmute(String),
    /// Let each member say one message in this time; zero for as many as they like.
    Slow(Duration),
    /// Let nobody else say anything in the room.
    Lock,
    /// Let everybody speak again.
    Unlock,
    /// Make an invitation to the room, good for so long.
    Invite(Duration),
    /// Tell the room this.
    Announce(Body),
    /// Tell what the server does.
    Stats,
    /// End the server, which the console alone may.
    Quit,
}

/// Who is meant: a member of the room, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// By a name.
    Nick(String),
    /// By an address.
    Ip(IpAddr),
}

impl Whom {
    fn parse(word: &str) -> Whom {
        // What is no name either is told back and logged, so it must be harmless.
        word.parse().map_or_else(|_| Whom::Nick(shown(word)), |ip: IpAddr| Whom::Ip(ip.to_canonical()))
    }
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Whom::Nick(nick) => f.write_str(nick),
            Whom::Ip(ip) => ip.fmt(f),
        }
    }
}

impl Verb {
    /// Reads a line, with its slash or without.
    ///
    /// # Errors
    /// [`Refusal::UnknownCommand`], [`Refusal::Usage`], or what is wrong with an announcement's text.
    pub fn parse(line: &str) -> Result<Verb, Refusal> {
        let line = line.strip_prefix('/').unwrap_or(line);
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        match (word, &words[..]) {
            // The one verb that who may not moderate may type; read where it is obeyed.
            ("op", _) => Err(usage("/op TOKEN")),
            ("kick", [nick]) => Ok(Verb::Kick((*nick).to_owned())),
            ("kick", _) => Err(usage("/kick NICK")),
            ("ban", [whom, time @ ..]) => {
                until(time, "/ban NICK|IP [10m]").map(|time| Verb::Ban(Whom::parse(whom), time))
            }
            ("ban", _) => Err(usage("/ban NICK|IP [10m]")),
            ("unban", []) => Ok(Verb::Bans),
            ("unban", [whom]) => Ok(Verb::Unban(Whom::parse(whom))),
            ("unban", _) => Err(usage("/unban NICK|IP")),
            ("mute", [nick, time @ ..]) => {
                until(time, "/mute NICK [10m]").map(|time| Verb::Mute((*nick).to_owned(), time))
            }
            ("mute", _) => Err(usage("/mute NICK [10m]")),
            ("unmute", [nick]) => Ok(Verb::Unmute((*nick).to_owned())),
            ("unmute", _) => Err(usage("/unmute NICK")),
            ("slow", [seconds]) => slow(seconds).ok_or_else(|| usage("/slow SECONDS")),
            ("slow", _) => Err(usage("/slow SECONDS")),
            ("lock", _) => Ok(Verb::Lock),
            ("unlock", _) => Ok(Verb::Unlock),
            ("invite", time) => until(time, "/invite [1d]").map(|time| Verb::Invite(time.unwrap_or(A_DAY))),
            ("announce", []) => Err(usage("/announce TEXT")),
            ("announce", _) => Body::parse(rest.trim()).map(Verb::Announce),
            ("stats", _) => Ok(Verb::Stats),
            ("quit", _) => Ok(Verb::Quit),
            _ => Err(Refusal::UnknownCommand { word: shown(word), like: None }),
        }
    }
}

fn slow(seconds: &str) -> Option<Verb> {
    let seconds: u64 = seconds.parse().ok()?;
    (seconds <= SLOWEST).then(|| Verb::Slow(Duration::from_secs(seconds)))
}

/// The time after a name, where there is one.
fn until(words: &[&str], how: &'static str) -> Result<Option<Duration>, Refusal> {
    match words {
        [] => Ok(None),
        [time] => span(time).map(Some).ok_or_else(|| usage(how)),
        _ => Err(usage(how)),
    }
}

/// A time as it is typed: `45s`, `10m`, `2h` or `3d`, at most a year.
pub fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let span = Duration::from_secs(number.checked_mul(seconds)?);
    (!span.is_zero() && span <= LONGEST).then_some(span)
}

fn usage(usage: &'static str) -> Refusal {
    Refusal::Usage { usage }
}

fn shown(word: &str) -> String {
    crate::text::clean(&word.chars().take(64).collect::<String>()).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::fuzz::fuzz;

    use super::*;

    fn nick(name: &str) -> Whom {
        Whom::Nick(name.to_owned())
    }

    #[test]
    fn each_verb_is_read_as_its_help_says() {
        let minutes = |n: u64| Some(Duration::from_secs(60 * n));
        let ip = Whom::Ip([203, 0, 113, 9].into());
        let read = [
            ("/kick bob", Verb::Kick("bob".into())),
            ("kick  bob ", Verb::Kick("bob".into())),
            ("/ban bob", Verb::Ban(nick("bob"), None)),
            ("/ban bob 10m", Verb::Ban(nick("bob"), minutes(10))),
            ("/ban 203.0.113.9 2h", Verb::Ban(ip.clone(), minutes(120))),
            ("/ban ::ffff:203.0.113.9", Verb::Ban(ip.clone(), None)),
            ("/unban 203.0.113.9", Verb::Unban(ip)),
            ("/unban", Verb::Bans),
            ("/mute 老王 3d", Verb::Mute("老王".into(), minutes(3 * 24 * 60))),
            ("/unmute bob", Verb::Unmute("bob".into())),
            ("/slow 0", Verb::Slow(Duration::ZERO)),
            ("/slow 30", Verb::Slow(Duration::from_secs(30))),
            ("/lock", Verb::Lock),
            ("/unlock", Verb::Unlock),
            ("/announce  tea at five ", Verb::Announce(Body::parse("tea at five").unwrap())),
            ("/unban \u{1b}[31mbob", Verb::Unban(nick("^[[31mbob"))),
            ("/stats", Verb::Stats),
            ("/quit", Verb::Quit),
        ];
        for (line, verb) in read {
            assert_eq!(Verb::parse(line), Ok(verb), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_how_it_is_typed() {
        let wrong = [
            "/kick",
            "/kick a b",
            "/ban",
            "/ban bob ten",
            "/ban bob 10",
            "/ban bob 0m",
            "/ban bob 999d",
            "/ban bob 1m 2",
            "/mute",
            "/slow",
            "/slow -1",
            "/slow 99999",
            "/announce",
            "/unmute",
        ];
        for line in wrong {
            assert!(matches!(Verb::parse(line), Err(Refusal::Usage { .. })), "{line}: {:?}", Verb::parse(line));
        }
        assert_eq!(Verb::parse("/announce \u{200b}"), Err(Refusal::Empty));
        assert!(matches!(Verb::parse("/dance"), Err(Refusal::UnknownCommand { .. })));
    }

    #[test]
    fn every_name_is_a_verbs() {
        for word in VERBS {
            assert!(!matches!(Verb::parse(word), Err(Refusal::UnknownCommand { .. })), "{word}");
        }
    }

    /// The names of verbs, what stands behind them, and anything.
    fn any_line() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            prop::sample::select(VERBS.to_vec()).prop_map(str::to_owned),
            prop::sample::select(vec![
                "/say",
                "ana",
                "@",
                "#",
                "1",
                "10m",
                "99999999999999999999d",
                "-1",
                "10.0.0.0/8",
                "::/0"
            ])
            .prop_map(str::to_owned),
            ".{0,20}",
        ];
        prop::collection::vec(word, 0..6).prop_map(|words| words.join(" "))
    }

    #[test]
    fn fuzz_any_verb_is_read_without_harm() {
        fuzz(any_line(), |line| {
            // Whatever comes of it: no panic, and the same once more.
            prop_assert_eq!(format!("{:?}", Verb::parse(&line)), format!("{:?}", Verb::parse(&line)));
            Ok(())
        });
    }

    proptest! {
        #[test]
        fn any_time_is_within_bounds(number in any::<u64>(), unit in "[smhd]") {
            if let Some(span) = span(&format!("{number}{unit}")) {
                prop_assert!(span <= LONGEST);
            }
        }
    }
}
