//! What one receiver of frames was sent, in its order: invariant 5 and its parts of 1, 2 and 3.

use std::collections::{HashMap, HashSet};

use commonroom_protocol::{GapWhy, Said};

use super::{Client, Violation, What, named};

/// How far somebody has read.
struct View<'a> {
    client: &'a Client,
    /// The last message it was told, or told that it is not told; none before the first of a first join.
    last: Option<u64>,
    epoch: Option<&'a str>,
    shown: HashSet<u64>,
    /// How often it has sent each message.
    sent: HashMap<&'a str, u32>,
    found: Vec<Violation>,
}

pub(super) fn check(client: &Client) -> Vec<Violation> {
    let (shown, sent) = (HashSet::new(), HashMap::new());
    let mut view = View { client, last: None, epoch: None, shown, sent, found: Vec::new() };
    for event in &client.events {
        match &event.what {
            What::Sent { cid, .. } => *view.sent.entry(cid).or_default() += 1,
            What::Welcome { since, epoch, head } => view.welcome(*since, epoch, *head),
            What::Said(said) => view.said(said),
            What::Gap { from, to, why } => view.gap(*from, *to, *why),
            What::Live { head } => view.live(*head),
            What::Refused { .. } | What::Saved { .. } | What::Shown { .. } | What::Closed => {}
        }
    }
    view.found
}

/// Whether a message that is not new answers one that its sender had sent again.
pub(super) fn is_answer(client: &Client, said: &Said, last: Option<u64>, sent: &HashMap<&str, u32>) -> bool {
    let again = sent.get(said.cid.as_str()).is_some_and(|times| *times > 1);
    client.owns(said) && again && last.is_some_and(|last| said.seq.0 <= last)
}

impl<'a> View<'a> {
    fn welcome(&mut self, since: Option<u64>, epoch: &'a str, head: u64) {
        if self.epoch.is_some_and(|known| known != epoch) {
            self.break_(2, format!("came back to the epoch {epoch} and not to {:?}", self.epoch));
        }
        if since.is_some_and(|since| head < since) {
            self.break_(2, format!("had seen #{since:?} and comes back to a room whose head is #{head}"));
        }
        self.epoch = Some(epoch);
        self.last = since;
    }

    fn said(&mut self, said: &Said) {
        let seq = said.seq.0;
        if self.last.is_none_or(|last| seq > last) {
            if self.last.is_some_and(|last| said.prev.0 != last) {
                self.break_(5, format!("after {} came {} whose prev is {}", self.place(), named(said), said.prev));
            }
            self.last = Some(seq);
            self.shown.insert(seq);
        } else if !is_answer(self.client, said, self.last, &self.sent) {
            let (invariant, how) = if self.shown.contains(&seq) { (3, "once more") } else { (1, "too late") };
            self.break_(invariant, format!("is shown {} {how}, after {}", named(said), self.place()));
        }
    }

    fn gap(&mut self, from: u64, to: u64, why: GapWhy) {
        if why == GapWhy::Rewound {
            self.break_(2, format!("is told that the history began anew, after {}", self.place()));
        } else if self.last.is_some_and(|last| from != last + 1) {
            self.break_(5, format!("after {} came a gap from #{from} to #{to}", self.place()));
        }
        self.last = Some(to);
    }

    fn live(&mut self, head: u64) {
        if self.last.unwrap_or(0) < head {
            self.break_(5, format!("is live at #{head}, but was told only up to {}", self.place()));
        }
        self.last = self.last.or(Some(head));
    }

    fn place(&self) -> String {
        self.last.map_or_else(|| "nothing".to_owned(), |last| format!("#{last}"))
    }

    fn break_(&mut self, invariant: u8, words: String) {
        self.found.push(Violation { invariant, words: format!("{} {words}", self.client.name) });
    }
}
