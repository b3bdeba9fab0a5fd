//! What everybody together has sent and was told, by which the other files look things up.

use std::collections::HashMap;

use commonroom_protocol::Said;

use super::{Client, History, What};

/// An attempt to say something, over all the times that it was sent.
pub(super) struct Attempt<'a> {
    pub client: &'a Client,
    pub text: &'a str,
    /// When the first send began.
    pub began: u64,
}

/// Somebody was told a message.
pub(super) struct Told<'a> {
    pub client: &'a Client,
    pub at: u64,
    pub said: &'a Said,
}

pub(super) struct Index<'a> {
    /// By `by` and `cid`; of a terminal, whose `by` nobody knows, by its text.
    attempts: HashMap<(&'a str, &'a str), Attempt<'a>>,
    /// Every frame with a message that anybody was sent.
    pub told: Vec<Told<'a>>,
    /// The journal by seq.
    pub kept: HashMap<u64, &'a Said>,
    /// The places of the journal's texts.
    pub places: HashMap<&'a str, u64>,
}

impl<'a> Index<'a> {
    pub fn of(history: &'a History) -> Index<'a> {
        let kept = history.journal.iter().map(|said| (said.seq.0, said)).collect();
        // Of a message that is there twice, the first one's place.
        let places = history.journal.iter().rev().map(|said| (said.text.as_str(), said.seq.0)).collect();
        let mut index = Index { attempts: HashMap::new(), told: Vec::new(), kept, places };
        for client in &history.clients {
            index.take(client);
        }
        index
    }

    fn take(&mut self, client: &'a Client) {
        let by = client.by.as_deref().unwrap_or_default();
        for event in &client.events {
            match &event.what {
                What::Sent { cid, text } => {
                    let attempt = Attempt { client, text, began: event.at };
                    self.attempts.entry((by, cid)).or_insert(attempt);
                }
                What::Said(said) => self.told.push(Told { client, at: event.at, said }),
                _ => {}
            }
        }
    }

    /// Whose attempt a message is.
    pub fn attempt(&self, said: &'a Said) -> Option<&Attempt<'a>> {
        let own = self.attempts.get(&(said.by.as_str(), said.cid.as_str()));
        own.or_else(|| self.attempts.get(&("", said.text.as_str())))
    }
}
