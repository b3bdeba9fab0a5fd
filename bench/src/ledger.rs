//! What was sent, and whether everybody has heard it: all of it, in order, unaltered. No sockets and no clock here.

use std::fmt;

use crate::payload::{self, Payload};

/// What was sent by everybody who sends.
pub struct Ledger {
    senders: Vec<Sender>,
}

/// What one of them has sent. Of the latest messages, as many as may be under way, text and time are kept.
struct Sender {
    sent: u64,
    /// All before it have been heard by everybody.
    floor: u64,
    audience: u32,
    latest: Vec<Message>,
}

#[derive(Clone)]
struct Message {
    text: Payload,
    /// When it was meant to be sent, in nanoseconds.
    due: u64,
    heard: u32,
}

/// Why a run is void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another message than the next one came.
    Order(String),
    /// The next message came with another text.
    Altered(String),
    /// Messages did not come within the time.
    Lost(u64),
    /// The server has ended a connection.
    Ended,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Order(what) => write!(f, "out of order: {what}"),
            Fault::Altered(what) => write!(f, "altered: {what}"),
            Fault::Lost(count) => write!(f, "{count} deliveries did not come"),
            Fault::Ended => write!(f, "the server has ended a connection"),
        }
    }
}

impl Ledger {
    /// Nobody sends yet. At most `under_way` messages of each sender may be under way.
    pub fn new(senders: usize, under_way: usize) -> Ledger {
        let message = Message { text: [0; payload::LEN], due: 0, heard: 0 };
        let sender = || Sender { sent: 0, floor: 0, audience: 0, latest: vec![message.clone(); under_way] };
        Ledger { senders: (0..senders).map(|_| sender()).collect() }
    }

    /// One more hears this sender.
    pub fn listen(&mut self, sender: usize) {
        self.senders[sender].audience += 1;
    }

    /// How many hear this sender.
    pub fn audience(&self, sender: usize) -> u32 {
        self.senders[sender].audience
    }

    /// Those who send.
    pub fn senders(&self) -> usize {
        self.senders.len()
    }

    /// Messages of this sender that not everybody has heard.
    pub fn under_way(&self, sender: usize) -> u64 {
        self.senders[sender].sent - self.senders[sender].floor
    }

    /// Whether this sender may send.
    pub fn has_room(&self, sender: usize) -> bool {
        self.under_way(sender) < self.senders[sender].latest.len() as u64
    }

    /// Whether everybody has heard everything.
    pub fn is_done(&self) -> bool {
        self.senders.iter().all(|sender| sender.sent == sender.floor)
    }

    /// Deliveries that have not come.
    pub fn missing(&self) -> u64 {
        let missing = |sender: &Sender| {
            let heard = |number| sender.latest[sender.place(number)].heard;
            (sender.floor..sender.sent).map(|number| u64::from(sender.audience - heard(number))).sum::<u64>()
        };
        self.senders.iter().map(missing).sum()
    }

    /// Notes a message that was meant to be sent at `due`: its number and text.
    pub fn send(&mut self, sender: usize, due: u64) -> (u64, Payload) {
        let number = self.senders[sender].sent;
        let text = payload::payload(sender, number);
        let entry = &mut self.senders[sender];
        let place = entry.place(number);
        entry.latest[place] = Message { text, due, heard: 0 };
        entry.sent += 1;
        (number, text)
    }

    /// Notes that somebody who waits for message `next` of `sender` has heard this: when it was meant to be sent.
    ///
    /// # Errors
    /// When it is not that message.
    pub fn hear(&mut self, sender: usize, next: &mut u64, text: &Payload) -> Result<u64, Fault> {
        let entry = &mut self.senders[sender];
        let place = entry.place(*next);
        let message = &mut entry.latest[place];
        if *next >= entry.sent || message.text != *text {
            return Err(fault(*next, text));
        }
        message.heard += 1;
        let due = message.due;
        *next += 1;
        while entry.floor < entry.sent && entry.latest[entry.place(entry.floor)].heard == entry.audience {
            entry.floor += 1;
        }
        Ok(due)
    }
}

impl Sender {
    fn place(&self, number: u64) -> usize {
        usize::try_from(number % self.latest.len() as u64).unwrap_or(0)
    }
}

fn fault(next: u64, text: &Payload) -> Fault {
    let what = format!("instead of number {next} came `{}`", String::from_utf8_lossy(text));
    if payload::number(text) == format!("{next:010}").as_bytes() { Fault::Altered(what) } else { Fault::Order(what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sender and two who hear it, with three messages sent.
    fn ledger() -> (Ledger, Vec<Payload>) {
        let mut ledger = Ledger::new(1, 4);
        ledger.listen(0);
        ledger.listen(0);
        let sent = (0..3).map(|number| ledger.send(0, number * 10).1).collect();
        (ledger, sent)
    }

    #[test]
    fn done_once_everybody_has_heard_everything() {
        let (mut ledger, sent) = ledger();
        let mut next = [0, 0];
        for (number, text) in sent.iter().enumerate() {
            assert_eq!(ledger.under_way(0), 3 - number as u64);
            assert_eq!(ledger.hear(0, &mut next[0], text), Ok(number as u64 * 10));
            assert!(!ledger.is_done());
            assert_eq!(ledger.hear(0, &mut next[1], text), Ok(number as u64 * 10));
        }
        assert!(ledger.is_done());
        assert_eq!(ledger.missing(), 0);
    }

    #[test]
    fn a_loss_a_swap_and_a_second_time_are_out_of_order() {
        let (mut ledger, sent) = ledger();
        let mut next = 0;
        assert!(matches!(ledger.hear(0, &mut next, &sent[1]), Err(Fault::Order(_))));
        assert!(ledger.hear(0, &mut next, &sent[0]).is_ok());
        assert!(matches!(ledger.hear(0, &mut next, &sent[0]), Err(Fault::Order(_))));
    }

    #[test]
    fn a_message_before_it_was_sent_is_out_of_order() {
        let (mut ledger, sent) = ledger();
        let mut next = 0;
        assert!(sent.iter().all(|text| ledger.hear(0, &mut next, text).is_ok()));
        assert!(ledger.hear(0, &mut next, &payload::payload(0, 3)).is_err());
    }

    #[test]
    fn one_changed_byte_is_noticed() {
        let (mut ledger, mut sent) = ledger();
        sent[0][60] ^= 1;
        assert!(matches!(ledger.hear(0, &mut 0, &sent[0]), Err(Fault::Altered(_))));
    }

    #[test]
    fn what_is_missing_is_counted() {
        let (mut ledger, sent) = ledger();
        assert!(ledger.hear(0, &mut 0, &sent[0]).is_ok());
        assert_eq!(ledger.missing(), 5);
        assert!(ledger.has_room(0));
        ledger.send(0, 0);
        assert!(!ledger.has_room(0));
    }
}
