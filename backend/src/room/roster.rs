//! Who is in a room. Pure: time is an argument, and what must be told to the others comes back as events.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, Present, Via, limits};

use super::segment::MemberId;
use crate::ending::Ending;
use crate::event::{Entry, Event};
use crate::name::{By, Folded, Nick};
use crate::refusal::Refusal;

/// A dropped connection is told to the others after this time, unless the same client is back.
const LEAVE_GRACE: Duration = Duration::from_secs(15);
/// A program is told to the others once it has stayed this long.
const PROGRAM_STAY: Duration = Duration::from_secs(2);
/// A name changes once in this time; the first change is free.
const RENAME_PAUSE: Duration = Duration::from_secs(5);

/// Whoever comes in.
pub struct Arrival {
    /// Their client's public id.
    pub by: By,
    /// The name they wish for, or why they can't have it.
    pub nick: Option<Result<Nick, Refusal>>,
    /// What they come by.
    pub via: Via,
    /// The address they come from; the console has none.
    pub ip: Option<IpAddr>,
    /// A program: told to the others only if it stays.
    pub quiet: bool,
    /// How their connection is told to end.
    pub ending: Ending,
}

/// A place in the roster, given to an arrival.
pub struct Placed {
    pub id: MemberId,
    /// Tells this connection from an older one of the same client in the same place.
    pub connection: u64,
    pub nick: Nick,
    /// Why the name is not the one wished for.
    pub refused: Option<Refusal>,
    /// What the others are told.
    pub told: Option<Event>,
}

struct Seat {
    nick: Nick,
    by: By,
    via: Via,
    ip: Option<IpAddr>,
    presence: Presence,
    connection: u64,
    ending: Ending,
    renamed: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Here, and not told to the others yet.
    Quiet { since: Instant },
    /// Here, as everybody knows.
    Here,
    /// Gone, and not told yet; since when is known from the next tick on.
    Away { since: Option<Instant> },
}

/// What moderation knows of a member.
#[derive(Clone, Debug)]
pub struct Known {
    /// The place in the room.
    pub id: MemberId,
    /// The name.
    pub nick: Nick,
    /// The client's public id.
    pub by: By,
    /// What they came by.
    pub via: Via,
    /// The address they came from.
    pub ip: Option<IpAddr>,
    /// The connection is gone, which is not told yet.
    pub away: bool,
}

/// Who is in a room, in the order in which they came.
#[derive(Default)]
pub struct Roster {
    seats: BTreeMap<MemberId, Seat>,
    clients: HashMap<By, MemberId>,
    names: HashMap<Folded, MemberId>,
    /// Those a tick has to look at: quiet or away.
    unsettled: BTreeSet<MemberId>,
    quiet: usize,
    next: u64,
}

impl Roster {
    /// Gives an arrival its place: its old one if the same client is here or only just gone, whose older connection ends.
    pub fn join(&mut self, arrival: Arrival, now: Instant) -> Placed {
        self.next += 1;
        match self.clients.get(&arrival.by).copied() {
            Some(id) => self.take_over(id, arrival),
            None => self.seat(arrival, now),
        }
    }

    fn seat(&mut self, arrival: Arrival, now: Instant) -> Placed {
        let id = MemberId(self.next);
        let (nick, refused) = match arrival.nick.map(|wish| wish.and_then(|nick| self.free(nick, id))) {
            Some(Ok(nick)) => (nick, None),
            Some(Err(refusal)) => (self.guest(arrival.by), Some(refusal)),
            None => (self.guest(arrival.by), None),
        };
        let told = (!arrival.quiet).then(|| Event::Joined { nick: nick.clone(), via: arrival.via });
        let seat = Seat {
            nick: nick.clone(),
            by: arrival.by,
            via: arrival.via,
            ip: arrival.ip,
            presence: Presence::Here,
            connection: self.next,
            ending: arrival.ending,
            renamed: None,
        };
        self.seats.insert(id, seat);
        self.clients.insert(arrival.by, id);
        self.names.insert(nick.folded(), id);
        if arrival.quiet {
            self.set(id, Presence::Quiet { since: now });
        }
        Placed { id, connection: self.next, nick, refused, told }
    }

    fn take_over(&mut self, id: MemberId, arrival: Arrival) -> Placed {
        let connection = self.next;
        let wish = arrival.nick.map(|wish| wish.and_then(|nick| self.free(nick, id)));
        if let Some(Seat { presence: Presence::Away { .. }, .. }) = self.seats.get(&id) {
            self.set(id, Presence::Here);
        }
        let Some(seat) = self.seats.get_mut(&id) else { unreachable!("a client's id is a seat's") };
        std::mem::replace(&mut seat.ending, arrival.ending).end(ByeCode::Replaced);
        seat.connection = connection;
        seat.via = arrival.via;
        seat.ip = arrival.ip;
        let (told, refused) = match wish {
            Some(Ok(nick)) => (self.set_nick(id, nick), None),
            Some(Err(refusal)) => (None, Some(refusal)),
            None => (None, None),
        };
        let nick = self.nick(id).cloned().unwrap_or_else(|| Nick::guest(0, 0));
        Placed { id, connection, nick, refused, told }
    }

    /// A connection is gone: the member is away, if no newer connection has its place.
    pub fn leave(&mut self, id: MemberId, connection: u64) {
        match self.seats.get(&id) {
            Some(seat) if seat.connection != connection => {}
            Some(Seat { presence: Presence::Quiet { .. }, .. }) => drop(self.remove(id)),
            Some(_) => self.set(id, Presence::Away { since: None }),
            None => {}
        }
    }

    /// A member leaves at once, on purpose.
    pub fn quit(&mut self, id: MemberId, connection: u64) -> Option<Entry> {
        let seat = self.seats.get(&id).filter(|seat| seat.connection == connection)?;
        let known = !matches!(seat.presence, Presence::Quiet { .. });
        self.remove(id).filter(|_| known)
    }

    /// Gives a member another name.
    ///
    /// # Errors
    /// [`Refusal::NickTaken`], or [`Refusal::TooSoon`] after another change.
    pub fn rename(&mut self, id: MemberId, nick: Nick, now: Instant) -> Result<Option<Entry>, Refusal> {
        let nick = self.free(nick, id)?;
        let Some(seat) = self.seats.get_mut(&id).filter(|seat| seat.nick != nick) else { return Ok(None) };
        if let Some(wait) = seat.renamed.and_then(|at| (at + RENAME_PAUSE).checked_duration_since(now)) {
            return Err(Refusal::TooSoon { wait });
        }
        seat.renamed = Some(now);
        let by = seat.by;
        Ok(self.set_nick(id, nick).map(|event| Entry { by, event }))
    }

    /// What time has brought: programs that stay are told, and members that did not come back.
    pub fn tick(&mut self, now: Instant) -> Vec<Entry> {
        let unsettled: Vec<MemberId> = self.unsettled.iter().copied().collect();
        unsettled.into_iter().filter_map(|id| self.settle(id, now)).collect()
    }

    fn settle(&mut self, id: MemberId, now: Instant) -> Option<Entry> {
        let seat = self.seats.get(&id)?;
        match seat.presence {
            Presence::Quiet { since } if now >= since + PROGRAM_STAY => {
                let entry = Entry { by: seat.by, event: Event::Joined { nick: seat.nick.clone(), via: seat.via } };
                self.set(id, Presence::Here);
                Some(entry)
            }
            Presence::Away { since: None } => {
                self.set(id, Presence::Away { since: Some(now) });
                None
            }
            Presence::Away { since: Some(since) } if now >= since + LEAVE_GRACE => self.remove(id),
            _ => None,
        }
    }

    /// Ends every connection.
    pub fn endings(&self) -> impl Iterator<Item = &Ending> {
        self.seats.values().filter(|seat| !matches!(seat.presence, Presence::Away { .. })).map(|seat| &seat.ending)
    }

    /// A member's name.
    pub fn nick(&self, id: MemberId) -> Option<&Nick> {
        self.seats.get(&id).map(|seat| &seat.nick)
    }

    /// The member who has this name and is not away.
    pub fn find(&self, nick: &Nick) -> Option<MemberId> {
        let id = self.names.get(&nick.folded())?;
        let seat = self.seats.get(id)?;
        (!matches!(seat.presence, Presence::Away { .. })).then_some(*id)
    }

    /// Everybody who has a place, be it that they are away or have not been told of yet.
    pub fn known(&self) -> impl Iterator<Item = Known> {
        let away = |seat: &Seat| matches!(seat.presence, Presence::Away { .. });
        self.seats.iter().map(move |(id, seat)| Known {
            id: *id,
            nick: seat.nick.clone(),
            by: seat.by,
            via: seat.via,
            ip: seat.ip,
            away: away(seat),
        })
    }

    /// The member who has this name, also one who is away.
    pub fn known_as(&self, nick: &Nick) -> Option<Known> {
        let id = *self.names.get(&nick.folded())?;
        self.known().find(|known| known.id == id)
    }

    /// Takes a member's place away and ends the connection.
    pub fn send_away(&mut self, id: MemberId, why: ByeCode) {
        if let Some(seat) = self.seats.get(&id) {
            seat.ending.end(why);
            self.remove(id);
        }
    }

    /// Nobody is here, nor expected back.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// How many are here, as this member sees it, and the first of them.
    pub fn present(&self, me: MemberId) -> (usize, Vec<Present>) {
        let quiet = |seat: &Seat| matches!(seat.presence, Presence::Quiet { .. });
        let own = usize::from(self.seats.get(&me).is_some_and(quiet));
        let here = self.seats.len() - self.quiet + own;
        let seen = self.seats.iter().filter(|(id, seat)| **id == me || !quiet(seat));
        let roster = seen.take(limits::ROSTER).map(|(_, seat)| Present { nick: seat.nick.to_string(), via: seat.via });
        (here, roster.collect())
    }

    fn free(&self, nick: Nick, id: MemberId) -> Result<Nick, Refusal> {
        match self.names.get(&nick.folded()) {
            Some(owner) if *owner != id => Err(Refusal::NickTaken { nick: nick.to_string() }),
            _ => Ok(nick),
        }
    }

    fn guest(&self, by: By) -> Nick {
        let animals = (0..8).map(|i| Nick::guest(by.0.wrapping_add(i), 0));
        let numbered = (1..).map(|number| Nick::guest(by.0, number));
        let free = animals.chain(numbered).find(|nick| !self.names.contains_key(&nick.folded()));
        free.unwrap_or_else(|| Nick::guest(by.0, u32::MAX))
    }

    fn set_nick(&mut self, id: MemberId, nick: Nick) -> Option<Event> {
        let seat = self.seats.get_mut(&id)?;
        if seat.nick == nick {
            return None;
        }
        let from = std::mem::replace(&mut seat.nick, nick.clone());
        let known = !matches!(seat.presence, Presence::Quiet { .. });
        self.names.remove(&from.folded());
        self.names.insert(nick.folded(), id);
        known.then_some(Event::Renamed { from, to: nick })
    }

    fn set(&mut self, id: MemberId, presence: Presence) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let before = std::mem::replace(&mut seat.presence, presence);
        self.quiet -= usize::from(matches!(before, Presence::Quiet { .. }));
        self.quiet += usize::from(matches!(presence, Presence::Quiet { .. }));
        if presence == Presence::Here {
            self.unsettled.remove(&id);
        } else {
            self.unsettled.insert(id);
        }
    }

    fn remove(&mut self, id: MemberId) -> Option<Entry> {
        self.set(id, Presence::Here);
        let seat = self.seats.remove(&id)?;
        self.clients.remove(&seat.by);
        self.names.remove(&seat.nick.folded());
        Some(Entry { by: seat.by, event: Event::Left { nick: seat.nick } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(by: u64, nick: &str) -> Arrival {
        Arrival {
            by: By(by),
            nick: Some(Nick::parse(nick)),
            via: Via::Tcp,
            ip: None,
            quiet: false,
            ending: Ending::default(),
        }
    }

    fn names(roster: &Roster) -> Vec<String> {
        roster.present(MemberId(0)).1.into_iter().map(|present| present.nick).collect()
    }

    fn told(entries: &[Entry]) -> Vec<String> {
        let words = |entry: &Entry| match &entry.event {
            Event::Joined { nick, .. } => format!("joined {nick}"),
            Event::Left { nick } => format!("left {nick}"),
            Event::Renamed { from, to } => format!("{from} is {to}"),
            _ => String::new(),
        };
        entries.iter().map(words).collect()
    }

    #[test]
    fn a_taken_name_gives_a_guests_name_and_says_why() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        roster.join(arrival(1, "Bob"), now);
        let second = roster.join(arrival(2, "bob"), now);
        assert_eq!(second.refused, Some(Refusal::NickTaken { nick: "bob".into() }));
        assert!(second.nick.as_str().starts_with("guest-"));
    }

    #[test]
    fn guests_names_never_collide() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        for by in 0..300 {
            roster.join(Arrival { nick: None, ..arrival(by, "x") }, now);
        }
        assert_eq!(roster.names.len(), 300);
    }

    #[test]
    fn a_dropped_member_leaves_after_the_grace_alone() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        roster.leave(bob.id, bob.connection);
        assert!(roster.tick(start).is_empty());
        assert!(roster.tick(start + LEAVE_GRACE.saturating_sub(Duration::from_millis(1))).is_empty());
        assert_eq!(names(&roster), ["bob"]);
        assert_eq!(told(&roster.tick(start + LEAVE_GRACE)), ["left bob"]);
        assert!(roster.is_empty());
    }

    #[test]
    fn a_client_that_is_back_in_time_was_never_gone() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        roster.leave(bob.id, bob.connection);
        roster.tick(start);
        let back = roster.join(Arrival { nick: None, ..arrival(1, "x") }, start + Duration::from_secs(1));
        assert_eq!((back.id, back.nick.as_str(), back.told.is_none()), (bob.id, "bob", true));
        assert!(roster.tick(start + 2 * LEAVE_GRACE).is_empty());
        assert_eq!(names(&roster), ["bob"]);
    }

    #[test]
    fn a_newer_connection_of_a_client_ends_the_older_and_keeps_the_place() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        let old = Ending::default();
        let first = roster.join(Arrival { ending: old.clone(), ..arrival(1, "bob") }, now);
        let second = roster.join(arrival(1, "rob"), now);
        assert_eq!(futures_util::FutureExt::now_or_never(old.ended()), Some(ByeCode::Replaced));
        assert!(matches!(second.told, Some(Event::Renamed { .. })));
        roster.leave(first.id, first.connection);
        assert!(roster.quit(first.id, first.connection).is_none());
        roster.tick(now);
        assert!(roster.tick(now + 2 * LEAVE_GRACE).is_empty());
        assert_eq!(names(&roster), ["rob"]);
    }

    #[test]
    fn a_member_who_is_sent_away_is_gone_at_once() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        let ending = Ending::default();
        let bob = roster.join(Arrival { ending: ending.clone(), ..arrival(1, "bob") }, now);
        let known = roster.known_as(&Nick::parse("BOB").unwrap()).map(|known| known.id);
        assert_eq!(known, Some(bob.id));
        roster.send_away(bob.id, ByeCode::Kicked);
        assert_eq!(futures_util::FutureExt::now_or_never(ending.ended()), Some(ByeCode::Kicked));
        roster.leave(bob.id, bob.connection);
        assert!(roster.is_empty() && roster.tick(now).is_empty());
        assert_eq!(roster.join(arrival(2, "bob"), now).nick.as_str(), "bob", "the name is free");
    }

    #[test]
    fn a_program_is_told_of_only_if_it_stays() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let short = roster.join(Arrival { quiet: true, ..arrival(1, "short") }, start);
        let long = roster.join(Arrival { quiet: true, ..arrival(2, "long") }, start);
        assert!(short.told.is_none());
        assert_eq!(roster.present(long.id).0, 1);
        roster.leave(short.id, short.connection);
        assert_eq!(told(&roster.tick(start + PROGRAM_STAY)), ["joined long"]);
        assert_eq!(names(&roster), ["long"]);
    }

    #[test]
    fn a_name_changes_once_in_five_seconds_and_the_first_change_is_free() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), now);
        let rename = |roster: &mut Roster, name: &str, now| roster.rename(bob.id, Nick::parse(name).unwrap(), now);
        assert!(rename(&mut roster, "rob", now).is_ok());
        assert_eq!(rename(&mut roster, "bill", now).err(), Some(Refusal::TooSoon { wait: RENAME_PAUSE }));
        assert!(rename(&mut roster, "bill", now + RENAME_PAUSE + Duration::from_millis(1)).is_ok());
        assert_eq!(names(&roster), ["bill"]);
    }
}
