//! What a terminal was shown. Lines carry no seqs; the journal tells where each belongs. A terminal's own lines are not
//! sent back to it.

use std::collections::{BTreeMap, HashSet};

use super::index::Index;
use super::{Client, Event, Violation, What, brief};

/// Each connection by itself: a terminal that comes back is shown the last lines again.
pub(super) fn check(client: &Client, index: &Index<'_>) -> Vec<Violation> {
    let own = own(client);
    let connections = client.events.split(|event| matches!(event.what, What::Closed));
    connections.flat_map(|events| connection(client, events, &own, index)).collect()
}

fn own(client: &Client) -> HashSet<&str> {
    let sent = client.events.iter().filter_map(|event| match &event.what {
        What::Sent { text, .. } => Some(text.as_str()),
        _ => None,
    });
    sent.collect()
}

fn connection(client: &Client, events: &[Event], own: &HashSet<&str>, index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut broken = |invariant, words| found.push(Violation { invariant, words });
    let mut shown: BTreeMap<u64, &str> = BTreeMap::new();
    for event in events {
        let What::Shown { text } = &event.what else { continue };
        let Some(seq) = index.places.get(text.as_str()) else {
            broken(2, format!("{} is shown \"{}\", which the journal does not have", client.name, brief(text)));
            continue;
        };
        if shown.insert(*seq, text).is_some() {
            broken(3, format!("{} is shown #{seq} \"{}\" twice", client.name, brief(text)));
        } else if shown.last_key_value().is_some_and(|(last, _)| last > seq) {
            broken(1, format!("{} is shown #{seq} \"{}\" after later ones", client.name, brief(text)));
        }
    }
    for seq in missed(&shown, own, index) {
        broken(5, format!("{} is not shown #{seq}, but what was before and after it", client.name));
    }
    found
}

/// What lies between the first and the last that were shown, was not shown and is somebody else's.
fn missed(shown: &BTreeMap<u64, &str>, own: &HashSet<&str>, index: &Index<'_>) -> Vec<u64> {
    let (Some((first, _)), Some((last, _))) = (shown.first_key_value(), shown.last_key_value()) else {
        return Vec::new();
    };
    let elses = |seq: &u64| index.kept.get(seq).is_some_and(|said| !own.contains(said.text.as_str()));
    (*first..=*last).filter(|seq| !shown.contains_key(seq)).filter(elses).collect()
}
