//! What of a room has not been read: from where on, how much, and how much of it means the reader.

use commonroom_protocol::Seq;

/// The reader's place in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// The last message that was read; none before the first `live` of somebody who was never here.
    pub read: Option<Seq>,
    /// The first unread message: a rule stands above it until the reader goes away again, or says something.
    pub rule: Option<Seq>,
    /// Messages of others that came while nobody looked.
    pub count: usize,
    /// Those of them that mean the reader, and whispers.
    pub mentions: usize,
    attended: bool,
}

impl Unread {
    /// A message has come. `live`: it was said just now; if not, it is told again after an absence.
    pub fn came(&mut self, seq: Seq, live: bool, own: bool, mention: bool) {
        let known = self.read.is_some_and(|read| seq <= read);
        if own {
            self.rule = None;
        } else if !known && (if live { !self.attended } else { self.read.is_some() }) {
            self.rule.get_or_insert(seq);
            self.add(mention);
        }
        if self.attended && live {
            self.read = Some(seq);
        }
    }

    /// Somebody has whispered.
    pub fn whispered(&mut self) {
        self.add(true);
    }

    /// Somebody looks at the end of the room, or does no more. `newest` is the newest message there is.
    pub fn attend(&mut self, attended: bool, newest: Seq) {
        self.attended = attended;
        if attended {
            (self.read, self.count, self.mentions) = (Some(newest), 0, 0);
        } else if self.count == 0 {
            self.rule = None;
        }
    }

    /// Everything missed has been told. Who was never here has missed nothing.
    pub fn live(&mut self, newest: Seq) {
        if self.attended || self.read.is_none() {
            self.read = Some(newest);
        }
    }

    /// The server's history is another.
    pub fn forget(&mut self) {
        *self = Unread { attended: self.attended, ..Unread::default() };
    }

    fn add(&mut self, mention: bool) {
        if !self.attended {
            self.count += 1;
            self.mentions += usize::from(mention);
        }
    }

    /// Whether somebody looks at the end of the room.
    pub fn attended(&self) -> bool {
        self.attended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(unread: &Unread) -> (Option<u64>, usize, usize) {
        (unread.rule.map(|seq| seq.0), unread.count, unread.mentions)
    }

    /// A room in which everything up to #9 was read.
    fn read() -> Unread {
        Unread { read: Some(Seq(9)), ..Unread::default() }
    }

    #[test]
    fn the_first_visit_has_missed_nothing() {
        let mut unread = Unread::default();
        unread.came(Seq(8), false, false, true);
        unread.live(Seq(8));
        assert_eq!((missed(&unread), unread.read), ((None, 0, 0), Some(Seq(8))));
    }

    #[test]
    fn what_comes_while_nobody_looks_is_counted_from_a_rule_on() {
        let mut unread = read();
        unread.came(Seq(10), true, false, false);
        unread.came(Seq(11), true, false, true);
        unread.whispered();
        assert_eq!(missed(&unread), (Some(10), 3, 2));
        unread.attend(true, Seq(11));
        assert_eq!((missed(&unread), unread.read), ((Some(10), 0, 0), Some(Seq(11))));
    }

    #[test]
    fn the_rule_goes_with_the_reader_and_before_the_readers_own_words() {
        let mut unread = read();
        unread.came(Seq(10), true, false, false);
        unread.attend(true, Seq(10));
        unread.attend(false, Seq(10));
        assert_eq!(unread.rule, None);
        unread.came(Seq(11), true, false, false);
        unread.came(Seq(12), true, true, false);
        assert_eq!(missed(&unread), (None, 1, 0));
    }

    #[test]
    fn what_comes_under_the_readers_eyes_is_read() {
        let mut unread = read();
        unread.attend(true, Seq(9));
        unread.came(Seq(10), true, false, true);
        assert_eq!((missed(&unread), unread.read), ((None, 0, 0), Some(Seq(10))));
    }

    #[test]
    fn what_was_missed_without_a_connection_has_a_rule_even_under_the_readers_eyes() {
        let mut unread = read();
        unread.attend(true, Seq(9));
        unread.came(Seq(9), false, false, false);
        unread.came(Seq(10), false, false, false);
        assert_eq!(missed(&unread), (Some(10), 0, 0));
        unread.live(Seq(10));
        assert_eq!(unread.read, Some(Seq(10)));
    }
}
