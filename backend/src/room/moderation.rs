//! What the operator does in a room: each step under the room's own locks, then told.

use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, Via};

use super::Room;
use super::roster::Known;
use super::segment::MemberId;
use crate::event::{Entry, Event};
use crate::moderation::Notice;
use crate::name::{By, Nick};
use crate::refusal::Refusal;

impl Room {
    /// The same room, in which the operator alone may speak.
    pub(crate) fn locked(self) -> Room {
        self.rules.lock().lock(true);
        self
    }

    /// Takes a message of this client, which then counts for slow mode.
    ///
    /// # Errors
    /// [`Refusal::Muted`], [`Refusal::Locked`] or [`Refusal::Slow`].
    pub(crate) fn may_say(&self, by: By, now: Instant) -> Result<(), Refusal> {
        self.rules.lock().say(by, now)
    }

    /// Whether this client may make itself heard at all.
    ///
    /// # Errors
    /// [`Refusal::Muted`].
    pub(crate) fn may_speak(&self, by: By, now: Instant) -> Result<(), Refusal> {
        self.rules.lock().speak(by, now)
    }

    /// Who has this name; also somebody who has only just gone.
    ///
    /// # Errors
    /// [`Refusal::NoSuchNick`]. The operator is nobody here: it does not moderate itself.
    pub(crate) fn known_as(&self, name: &str) -> Result<Known, Refusal> {
        let known = Nick::parse(name).ok().and_then(|nick| self.state.read().roster.known_as(&nick));
        let shown = || crate::text::clean(&name.chars().take(64).collect::<String>()).replace('\n', " ");
        known.ok_or_else(|| Refusal::NoSuchNick { nick: shown() })
    }

    /// Sends away whoever is meant, tells the others, and says who they were. `operator` is not told: it gets an answer.
    pub(crate) fn send_away(&self, meant: impl Fn(&Known) -> bool, why: ByeCode, operator: By) -> Vec<Known> {
        let mut gone = Vec::new();
        self.change(|state| {
            gone = state.roster.known().filter(|known| known.by != operator && meant(known)).collect();
            for Known { id, nick, .. } in &gone {
                state.roster.send_away(*id, why);
                let banned = why == ByeCode::Banned;
                let notice = if banned { Notice::Banned(nick.clone()) } else { Notice::Kicked(nick.clone()) };
                state.log.note(Entry { by: operator, event: Event::Notice(notice) }, None);
            }
            !gone.is_empty()
        });
        gone
    }

    /// Lets a member say nothing here, for this time or until further notice, and tells it.
    pub(crate) fn mute(&self, known: &Known, time: Option<Duration>, now: Instant, operator: By) {
        self.rules.lock().mute(known.by, time, now);
        self.tell(Notice::Muted(time), Some(known.id), operator);
    }

    /// Lets a member speak again, and tells it.
    pub(crate) fn unmute(&self, known: &Known, operator: By) {
        if self.rules.lock().unmute(known.by) {
            self.tell(Notice::Unmuted, Some(known.id), operator);
        }
    }

    /// Sets the time between two messages of one client, and tells everybody.
    pub(crate) fn slow(&self, pause: Duration, operator: By) {
        self.rules.lock().slow(pause);
        self.tell(Notice::Slow(pause), None, operator);
    }

    /// Locks or unlocks the room, and tells everybody.
    pub(crate) fn lock(&self, locked: bool, operator: By) {
        self.rules.lock().lock(locked);
        self.tell(if locked { Notice::Locked } else { Notice::Unlocked }, None, operator);
    }

    /// Tells the room something, or one member alone.
    pub(crate) fn tell(&self, notice: Notice, to: Option<MemberId>, operator: By) {
        self.change(|state| {
            let event = Event::Notice(notice);
            state.log.note(Entry { by: operator, event }, to.map(|id| [id, id]));
            true
        });
    }

    /// What those who are here came by.
    pub(crate) fn vias(&self) -> Vec<Via> {
        self.state.read().roster.known().filter(|known| !known.away).map(|known| known.via).collect()
    }
}
