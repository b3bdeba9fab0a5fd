//! What a session does with the operator's verbs, and what the rules of its room let it do.

use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, Code, Via};
use jiff::Timestamp;
use tracing::Span;

use super::Session;
use super::peer::End;
use crate::dialect::{Dialect, Refused, Reply};
use crate::moderation::{Ban, Done, Notice, Rights, Shared, Stats, Verb, Whom};
use crate::name::By;
use crate::process;
use crate::refusal::Refusal;
use crate::room::Known;
use crate::transport::Transport;

impl<T: Transport> Session<T> {
    /// Whether this connection may moderate. The one place that decides it.
    pub(super) fn is_operator(&self) -> bool {
        self.peer.caller.rights == Rights::Operator
    }

    /// Whether it is the server's own terminal.
    pub(super) fn is_console(&self) -> bool {
        self.peer.via == Via::Console
    }

    /// Whether something may be said in the room now; it then counts for slow mode.
    pub(super) fn may_say(&self, now: Instant) -> Result<(), Refusal> {
        if self.is_operator() { Ok(()) } else { self.member.room().may_say(self.member.by(), now) }
    }

    /// Whether this member may make itself heard at all.
    pub(super) fn may_speak(&self, now: Instant) -> Result<(), Refusal> {
        if self.is_operator() { Ok(()) } else { self.member.room().may_speak(self.member.by(), now) }
    }

    /// Whether this member may take another name: everybody hears of it, and the console keeps its own.
    pub(super) fn may_rename(&self, now: Instant) -> Result<(), Refusal> {
        if self.is_console() { Err(Refusal::StaysOperator) } else { self.may_speak(now) }
    }

    /// Obeys a verb of the operator's; anybody else is refused before it is read, but for the one that makes an operator.
    pub(super) async fn moderate(&mut self, n: Option<u64>, line: &str) -> Result<(), End> {
        if let Some(token) = line.strip_prefix('/').unwrap_or(line).strip_prefix("op ") {
            return self.become_operator(n, token.trim()).await;
        }
        // Whoever reads on sees what was said before the verb before what it does.
        self.settle().await?;
        let allowed = if self.is_operator() { Ok(()) } else { Err(Refusal::NotAllowed) };
        let done =
            self.author().in_scope(|| allowed.and_then(|()| Verb::parse(line)).and_then(|verb| self.do_it(verb)));
        let reply = match done {
            Ok(done) => Reply::Done(done),
            Err(why) => Reply::Refused(Refused { cid: None, n, why, unsent: false }),
        };
        self.peer.reply(reply).await
    }

    /// Who it is that moderates, for the log: nothing of the server's own terminal, which is nobody else's.
    fn author(&self) -> Span {
        if self.is_console() {
            return Span::none();
        }
        let (nick, by, ip) = (self.member.nick(), self.member.by(), self.peer.caller.ip.map(tracing::field::display));
        tracing::info_span!(target: "audit", "operator", %nick, client = %by, ip)
    }

    fn do_it(&self, verb: Verb) -> Result<Done, Refusal> {
        let (room, me, now) = (self.member.room(), self.member.by(), Instant::now());
        match verb {
            Verb::Kick(nick) => self.kick(&nick),
            Verb::Ban(Whom::Nick(nick), time) => self.ban_nick(&nick, time),
            Verb::Ban(Whom::Ip(ip), time) => {
                let ended = self.ban(Ban::new(&ip.to_string(), None, Some(ip), time, Timestamp::now()), time);
                Ok(Done::Banned { whom: ip.to_string(), ip: Some((ip, Shared::of(ip))), time, ended })
            }
            Verb::Unban(whom) => {
                let lifted = self.site.hub.unban(&whom);
                tracing::info!(target: "audit", %whom, lifted, "unban");
                Ok(Done::Unbanned(whom.to_string(), lifted))
            }
            Verb::Bans => Ok(Done::Bans(self.site.hub.bans())),
            Verb::Mute(nick, time) => {
                let known = self.known("mute", &nick, time)?;
                room.mute(&known, time, now, me);
                Ok(Done::Muted(known.nick, time))
            }
            Verb::Unmute(nick) => {
                let known = self.known("unmute", &nick, None)?;
                room.unmute(&known, me);
                Ok(Done::Unmuted(known.nick))
            }
            Verb::Slow(pause) => {
                tracing::info!(target: "audit", room = %room.name(), seconds = pause.as_secs(), "slow");
                room.slow(pause, me);
                Ok(Done::Slow(pause))
            }
            Verb::Lock => Ok(self.lock(true, me)),
            Verb::Unlock => Ok(self.lock(false, me)),
            Verb::Invite(time) => Ok(self.invite(time)),
            Verb::Announce(text) => {
                // Without the text: no message's words are in the log.
                tracing::info!(target: "audit", room = %room.name(), bytes = text.as_str().len(), "announce");
                room.tell(Notice::Announce(text), None, me);
                Ok(Done::Announced)
            }
            Verb::Stats => Ok(Done::Stats(self.stats())),
            // A token is for moderating: who has one does not end the server.
            Verb::Quit if !self.is_console() => Err(Refusal::NotAllowed),
            Verb::Quit => {
                tracing::info!(target: "audit", "quit");
                self.site.quit.cancel();
                Ok(Done::Ending)
            }
        }
    }

    /// Somebody in the room whom a verb is about, which is written to the log.
    fn known(&self, verb: &'static str, nick: &str, time: Option<Duration>) -> Result<Known, Refusal> {
        let room = self.member.room();
        let known = room.known_as(nick)?;
        let seconds = time.map(|time| time.as_secs());
        tracing::info!(
            target: "audit", room = %room.name(), nick = %known.nick, client = %known.by, ip = known.ip.map(tracing::field::display), seconds, "{verb}"
        );
        Ok(known)
    }

    /// Gives this connection an operator's rights, if the token is one.
    async fn become_operator(&mut self, n: Option<u64>, token: &str) -> Result<(), End> {
        self.settle().await?;
        let (nick, by, ip) = (self.member.nick(), self.member.by(), self.peer.caller.ip.map(tracing::field::display));
        let reply = match self.site.access.moderate(token, self.peer.caller.ip).await {
            Ok(()) => {
                tracing::info!(target: "audit", %nick, client = %by, ip, "op");
                self.peer.caller.rights = Rights::Operator;
                if let Dialect::Line(line) = &mut self.peer.dialect {
                    line.moderate();
                }
                Reply::Done(Done::Moderates)
            }
            Err(why) => {
                // Those that were not even looked at are as many as somebody likes.
                if why.code() == Code::Password {
                    tracing::info!(target: "audit", %nick, client = %by, ip, "op refused");
                }
                Reply::Refused(Refused { cid: None, n, why, unsent: false })
            }
        };
        self.peer.reply(reply).await
    }

    /// A link to the room, which opens it for a time where it asks for a password.
    fn invite(&self, time: Duration) -> Done {
        let room = self.member.room().name();
        tracing::info!(target: "audit", room = %room, seconds = time.as_secs(), "invite");
        let page = self.site.join.http.first().map_or("", String::as_str);
        let invite = self.site.access.invite(room, time, Timestamp::now());
        let word = invite.map(|invite| invite.to_string());
        let end = word.as_ref().map_or_else(String::new, |word| format!("#{word}"));
        Done::Invited { link: format!("{page}/r/{room}{end}"), word: word.map(|word| (word, time)) }
    }

    fn kick(&self, nick: &str) -> Result<Done, Refusal> {
        let known = self.known("kick", nick, None)?;
        self.member.room().send_away(|one| one.id == known.id, ByeCode::Kicked, self.member.by());
        Ok(Done::Kicked(known.nick))
    }

    /// Bans a member's client. A terminal's client is new with every connection, so its address is banned, too.
    fn ban_nick(&self, nick: &str, time: Option<Duration>) -> Result<Done, Refusal> {
        let known = self.known("ban", nick, time)?;
        let ip = known.ip.filter(|_| known.via == Via::Tcp);
        let whom = known.nick.to_string();
        let ended = self.site.hub.ban(Ban::new(&whom, Some(known.by), ip, time, Timestamp::now()), self.member.by());
        Ok(Done::Banned { whom, ip: ip.map(|ip| (ip, Shared::of(ip))), time, ended })
    }

    fn ban(&self, ban: Ban, time: Option<Duration>) -> usize {
        let seconds = time.map(|time| time.as_secs());
        tracing::info!(target: "audit", ip = %ban.label, seconds, "ban");
        self.site.hub.ban(ban, self.member.by())
    }

    fn lock(&self, locked: bool, me: By) -> Done {
        let room = self.member.room();
        tracing::info!(target: "audit", room = %room.name(), "{}", if locked { "lock" } else { "unlock" });
        room.lock(locked, me);
        if locked { Done::Locked } else { Done::Unlocked }
    }

    fn stats(&self) -> Stats {
        Stats { uptime: self.site.started.elapsed(), memory: process::memory(), ..self.site.hub.stats() }
    }
}
