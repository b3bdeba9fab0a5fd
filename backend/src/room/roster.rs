//! Who is in a room. Pure: time is an argument, and what must be told to the others comes back as events.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use commonroom_protocol::{ByeCode, Present, Via, limits};

use super::held::HOLD;
use super::names::{Named, Names};
use super::segment::MemberId;
use crate::ending::Ending;
use crate::event::{Entry, Event};
use crate::name::{By, Folded, Nick};
use crate::refusal::Refusal;

/// A program is told to the others once it has stayed this long.
const PROGRAM_STAY: Duration = Duration::from_secs(2);

/// What keeps a room quiet of those who come, go and change their names again and again.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// A dropped connection is told to the others after this time, unless the same client is back.
    pub leave: Duration,
    /// A name changes once in this time; the first change is free.
    pub rename: Duration,
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses { leave: Duration::from_secs(15), rename: Duration::from_secs(5) }
    }
}

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
    folded: Folded,
    by: By,
    via: Via,
    ip: Option<IpAddr>,
    presence: Presence,
    connection: u64,
    ending: Ending,
    renamed: Option<Instant>,
}

/// Whether a client that drops can prove that it is the same when it is back: lines bring no id, and get a random one for
/// each connection.
fn can_return(via: Via) -> bool {
    via != Via::Tcp
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
    pauses: Pauses,
    seats: BTreeMap<MemberId, Seat>,
    clients: HashMap<By, MemberId>,
    names: Names,
    /// Those a tick has to look at: quiet or away.
    unsettled: BTreeSet<MemberId>,
    quiet: usize,
    next: u64,
}

impl Roster {
    /// Nobody is here yet.
    pub fn new(pauses: Pauses) -> Roster {
        Roster { pauses, ..Roster::default() }
    }

    /// Gives an arrival its place: its old one if the same client is here or only just gone, whose older connection ends.
    pub fn join(&mut self, arrival: Arrival, now: Instant) -> Placed {
        self.next += 1;
        match self.clients.get(&arrival.by).copied() {
            Some(id) => self.take_over(id, arrival, now),
            None => self.seat(arrival, now),
        }
    }

    fn seat(&mut self, arrival: Arrival, now: Instant) -> Placed {
        let id = MemberId(self.next);
        let (wished, refused) = match self.wish(arrival.nick, id, arrival.by) {
            Some(Ok(name)) => (Some(name), None),
            Some(Err(refusal)) => (None, Some(refusal)),
            None => (None, None),
        };
        let kept = || self.names.held.name(arrival.by).map(|nick| (nick.clone(), nick.folded()));
        let (nick, folded) = wished.or_else(kept).unwrap_or_else(|| self.names.guest(id, arrival.by));
        self.names.held.release(arrival.by);
        let told = (!arrival.quiet).then(|| Event::Joined { nick: nick.clone(), via: arrival.via });
        self.names.claim(&folded, id);
        let seat = Seat {
            nick: nick.clone(),
            folded,
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
        if arrival.quiet {
            self.set(id, Presence::Quiet { since: now });
        }
        Placed { id, connection: self.next, nick, refused, told }
    }

    fn take_over(&mut self, id: MemberId, arrival: Arrival, now: Instant) -> Placed {
        let connection = self.next;
        let wish = self.wish(arrival.nick, id, arrival.by);
        if let Some(Seat { presence: Presence::Away { .. }, .. }) = self.seats.get(&id) {
            self.set(id, Presence::Here);
        }
        let Some(seat) = self.seats.get_mut(&id) else { unreachable!("a client's id is a seat's") };
        std::mem::replace(&mut seat.ending, arrival.ending).end(ByeCode::Replaced);
        seat.connection = connection;
        seat.via = arrival.via;
        seat.ip = arrival.ip;
        let renamed = wish.map(|wish| wish.and_then(|name| self.change_name(id, name, now))).transpose();
        let (told, refused) = match renamed {
            Ok(told) => (told.flatten(), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let nick = self.nick(id).cloned().unwrap_or_else(|| Nick::guest(0, 0));
        Placed { id, connection, nick, refused, told }
    }

    /// The name an arrival wishes for, if it may have it.
    fn wish(&self, nick: Option<Result<Nick, Refusal>>, id: MemberId, by: By) -> Option<Result<Named, Refusal>> {
        nick.map(|nick| nick.and_then(|nick| self.names.free(nick, id, by)))
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
        let Some(by) = self.seats.get(&id).map(|seat| seat.by) else { return Ok(None) };
        let name = self.names.free(nick, id, by)?;
        let event = self.change_name(id, name, now)?;
        Ok(event.map(|event| Entry { by, event }))
    }

    /// What time has brought: programs that stay are told, and members that did not come back.
    pub fn tick(&mut self, now: Instant) -> Vec<Entry> {
        self.names.held.tick(now);
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
            // Nobody can come back to it: whoever does comes as somebody else, and wants the name.
            Presence::Away { .. } if !can_return(seat.via) => self.remove(id),
            Presence::Away { since: None } => {
                self.set(id, Presence::Away { since: Some(now) });
                None
            }
            Presence::Away { since: Some(since) } if now >= since + self.pauses.leave => {
                if !seat.nick.is_guests() {
                    self.names.held.keep(seat.by, seat.nick.clone(), &seat.folded, since + HOLD);
                }
                self.remove(id)
            }
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
        let folded = nick.folded();
        let is_here = |seat: &Seat| seat.folded.is_same(&folded) && !matches!(seat.presence, Presence::Away { .. });
        self.names.owners(&folded).find(|id| self.seats.get(id).is_some_and(is_here))
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
        let folded = nick.folded();
        let is_meant = |id: &MemberId| self.seats.get(id).is_some_and(|seat| seat.folded.is_same(&folded));
        let id = self.names.owners(&folded).find(is_meant)?;
        self.known().find(|known| known.id == id)
    }

    /// Takes a member's place away and ends the connection.
    pub fn send_away(&mut self, id: MemberId, why: ByeCode) {
        if let Some(seat) = self.seats.get(&id) {
            seat.ending.end(why);
            let by = seat.by;
            self.remove(id);
            // Nothing is kept for whoever was sent away.
            self.names.held.release(by);
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

    /// A name for somebody who has no seat, if nobody has it.
    ///
    /// # Errors
    /// [`Refusal::NickTaken`].
    pub fn vet(&self, nick: Nick, by: By) -> Result<Nick, Refusal> {
        self.names.free(nick, MemberId(0), by).map(|(nick, _)| nick)
    }

    /// How many are here and told to the others.
    pub fn here(&self) -> usize {
        self.seats.len() - self.quiet
    }

    /// A guest's name that nobody has.
    pub fn guest(&self, by: By) -> Nick {
        self.names.guest(MemberId(0), by).0
    }

    /// Gives a member a name that is free, if it is another one. Tells it to those who know of the member.
    fn change_name(&mut self, id: MemberId, (nick, folded): Named, now: Instant) -> Result<Option<Event>, Refusal> {
        let Some(seat) = self.seats.get_mut(&id).filter(|seat| seat.nick != nick) else { return Ok(None) };
        if let Some(wait) = seat.renamed.and_then(|at| (at + self.pauses.rename).checked_duration_since(now)) {
            return Err(Refusal::TooSoon { wait });
        }
        seat.renamed = Some(now);
        let from = std::mem::replace(&mut seat.nick, nick.clone());
        let known = !matches!(seat.presence, Presence::Quiet { .. });
        let old = std::mem::replace(&mut seat.folded, folded.clone());
        self.names.give_up(&old);
        self.names.claim(&folded, id);
        Ok(known.then_some(Event::Renamed { from, to: nick }))
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
        self.names.give_up(&seat.folded);
        Some(Entry { by: seat.by, event: Event::Left { nick: seat.nick } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(15);
    const PAUSE: Duration = Duration::from_secs(5);

    fn arrival(by: u64, nick: &str) -> Arrival {
        Arrival {
            by: By(by),
            nick: Some(Nick::parse(nick)),
            via: Via::Web,
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
    fn a_dropped_member_leaves_after_the_grace_alone() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        roster.leave(bob.id, bob.connection);
        assert!(roster.tick(start).is_empty());
        assert!(roster.tick(start + GRACE.saturating_sub(Duration::from_millis(1))).is_empty());
        assert_eq!(names(&roster), ["bob"]);
        assert_eq!(told(&roster.tick(start + GRACE)), ["left bob"]);
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
        assert!(roster.tick(start + 2 * GRACE).is_empty());
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
        assert!(roster.tick(now + 2 * GRACE).is_empty());
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
        assert_eq!(rename(&mut roster, "bill", now).err(), Some(Refusal::TooSoon { wait: PAUSE }));
        assert!(rename(&mut roster, "bill", now + PAUSE + Duration::from_millis(1)).is_ok());
        assert_eq!(names(&roster), ["bill"]);
    }

    /// Drops somebody, and lets the grace pass.
    fn drop_for_good(roster: &mut Roster, placed: &Placed, start: Instant) {
        roster.leave(placed.id, placed.connection);
        roster.tick(start);
        assert_eq!(told(&roster.tick(start + GRACE)), [format!("left {}", placed.nick)]);
    }

    #[test]
    fn the_name_of_a_dropped_client_is_held_for_it() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        drop_for_good(&mut roster, &bob, start);
        let late = start + HOLD.saturating_sub(Duration::from_millis(1));
        roster.tick(late);
        let eve = roster.join(arrival(2, "B0b"), late);
        assert_eq!(eve.refused, Some(Refusal::NickTaken { nick: "B0b".into() }));
        assert!(roster.rename(eve.id, Nick::parse("bob").unwrap(), late).is_err());
        assert!(roster.find(&Nick::parse("bob").unwrap()).is_none());
        assert_eq!(roster.join(Arrival { nick: None, ..arrival(1, "x") }, late).nick.as_str(), "bob");
        assert_eq!(names(&roster), [eve.nick.as_str(), "bob"]);
    }

    #[test]
    fn a_held_name_is_free_after_a_minute() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        drop_for_good(&mut roster, &bob, start);
        roster.tick(start + HOLD);
        assert_eq!(roster.join(arrival(2, "bob"), start + HOLD).nick.as_str(), "bob");
        let first = roster.join(arrival(1, "bob"), start + HOLD);
        assert!(first.refused.is_some() && first.nick.is_guests());
    }

    #[test]
    fn whoever_comes_back_under_another_name_gives_up_the_held_one() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        drop_for_good(&mut roster, &bob, start);
        let now = start + GRACE;
        assert_eq!(roster.join(arrival(1, "rob"), now).nick.as_str(), "rob");
        assert_eq!(roster.join(arrival(2, "bob"), now).nick.as_str(), "bob");
    }

    #[test]
    fn whoever_comes_back_and_cannot_have_another_name_has_the_held_one() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        roster.join(arrival(2, "ana"), start);
        drop_for_good(&mut roster, &bob, start);
        let back = roster.join(arrival(1, "ana"), start + GRACE);
        assert_eq!((back.nick.as_str(), back.refused.is_some()), ("bob", true));
    }

    #[test]
    fn no_name_is_held_that_was_given_up_or_given() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        roster.quit(bob.id, bob.connection);
        assert_eq!(roster.join(arrival(2, "bob"), start).refused, None, "quit");
        let ana = roster.join(arrival(3, "ana"), start);
        roster.rename(ana.id, Nick::parse("anna").unwrap(), start).unwrap();
        assert_eq!(roster.join(arrival(4, "ana"), start).refused, None, "renamed");
        let guest = roster.join(Arrival { nick: None, ..arrival(5, "x") }, start);
        drop_for_good(&mut roster, &guest, start);
        assert_eq!(roster.join(arrival(6, guest.nick.as_str()), start + GRACE).refused, None, "a guest's");
    }

    #[test]
    fn a_terminal_that_drops_is_gone_with_the_next_tick_and_so_is_its_name() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(Arrival { via: Via::Tcp, ..arrival(1, "bob") }, start);
        roster.leave(bob.id, bob.connection);
        assert_eq!(told(&roster.tick(start)), ["left bob"]);
        assert_eq!(roster.join(Arrival { via: Via::Tcp, ..arrival(2, "bob") }, start).refused, None);
    }

    #[test]
    fn whoever_looks_like_another_is_not_let_in_and_not_whispered_to() {
        let (mut roster, now) = (Roster::default(), Instant::now());
        let mike = roster.join(arrival(1, "mike"), now);
        let find = |roster: &Roster, name: &str| roster.find(&Nick::parse(name).unwrap());
        assert!(roster.join(arrival(2, "rnike"), now).refused.is_some());
        assert_eq!((find(&roster, "MIKE"), find(&roster, "rnike")), (Some(mike.id), None));
        let [el, eye] = [(3, "lana"), (4, "iana")].map(|(by, name)| roster.join(arrival(by, name), now));
        assert_eq!((find(&roster, "LANA"), find(&roster, "Iana")), (Some(el.id), Some(eye.id)));
        roster.quit(el.id, el.connection);
        roster.quit(eye.id, eye.connection);
        roster.rename(mike.id, Nick::parse("Iana").unwrap(), now).unwrap();
        let both = ["lana", "iana"].map(|name| roster.rename(MemberId(2), Nick::parse(name).unwrap(), now).is_err());
        assert_eq!(both, [true, true]);
        assert!(roster.rename(MemberId(2), Nick::parse("rnike").unwrap(), now).is_ok());
    }

    #[test]
    fn coming_back_is_no_way_around_the_pause_between_names() {
        let (mut roster, start) = (Roster::default(), Instant::now());
        let bob = roster.join(arrival(1, "bob"), start);
        let first = roster.join(arrival(1, "rob"), start);
        assert_eq!((first.nick.as_str(), first.refused), ("rob", None));
        roster.leave(bob.id, first.connection);
        let second = roster.join(arrival(1, "bill"), start);
        assert_eq!((second.nick.as_str(), second.refused), ("rob", Some(Refusal::TooSoon { wait: PAUSE })));
        assert!(second.told.is_none());
        let same = roster.join(arrival(1, "rob"), start);
        assert_eq!((same.nick.as_str(), same.refused), ("rob", None));
        let later = start + PAUSE + Duration::from_millis(1);
        assert_eq!(roster.join(arrival(1, "bill"), later).nick.as_str(), "bill");
    }
}
