//! What all have to agree on, and the journal with them: invariants 1, 2, 3, 4 and 6.

use std::collections::{HashMap, HashSet};

use commonroom_protocol::Said;

use super::index::Index;
use super::{Client, History, Violation, What, brief, fate, named};

pub(super) fn check(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut found = chained(&history.journal);
    found.extend(agreed(history, index));
    found.extend(kept(history, index));
    found.extend(once(history, index));
    found.extend(attempted(history, index));
    found.extend(refused(history, index));
    found.extend(real_time(history, index));
    found.extend(fate::lively(history));
    found
}

fn broken(invariant: u8, words: String) -> Violation {
    Violation { invariant, words }
}

/// Invariant 1 within the journal: seqs rise, and each message names the one before it.
fn chained(journal: &[Said]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut last = 0;
    for said in journal {
        if said.prev.0 != last || said.seq.0 <= last {
            let words = format!("in the journal #{last} is followed by {} whose prev is {}", named(said), said.prev);
            found.push(broken(1, words));
        }
        last = said.seq.0;
    }
    found
}

/// Invariant 1: whoever was told what stands at a place was told the same, and the journal has the same there.
fn agreed(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut first: HashMap<u64, (&str, &Said)> = HashMap::new();
    for said in &history.journal {
        first.insert(said.seq.0, ("the journal", said));
    }
    let mut found = HashMap::new();
    for told in &index.told {
        let (who, said) = first.entry(told.said.seq.0).or_insert((&told.client.name, told.said));
        if *said != told.said {
            found.entry(said.seq.0).or_insert_with(|| broken(1, differ(&told.client.name, told.said, who, said)));
        }
    }
    found.into_values().collect()
}

/// How two versions of one message are told apart: by their names, else by all there is.
fn differ(one: &str, told: &Said, other: &str, has: &Said) -> String {
    match (named(told), named(has)) {
        (told, has) if told != has => format!("{one} was told {told}, {other} has {has}"),
        _ => format!("{one} was told {told:?}, {other} has {has:?}"),
    }
}

/// Invariant 2: whatever anybody was told is in the journal.
fn kept(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut lost: HashMap<u64, (&Client, String)> = HashMap::new();
    for told in index.told.iter().filter(|told| !index.kept.contains_key(&told.said.seq.0)) {
        lost.entry(told.said.seq.0).or_insert_with(|| (told.client, named(told.said)));
    }
    for client in &history.clients {
        for event in &client.events {
            let What::Saved { cid, seq } = &event.what else { continue };
            if index.kept.get(seq).is_none_or(|said| said.text != *cid) {
                lost.entry(*seq).or_insert_with(|| (client, format!("#{seq} \"{}\" as saved", brief(cid))));
            }
        }
    }
    let words = |(client, what): (&Client, String)| format!("{} was told {what}; the journal lost it", client.name);
    lost.into_values().map(|lost| broken(2, words(lost))).collect()
}

/// Invariant 3: a message has one place.
fn once(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut places: HashMap<(&str, &str), u64> = HashMap::new();
    let mut texts: HashMap<&str, u64> = HashMap::new();
    let mut found = HashMap::new();
    let told = index.told.iter().map(|told| told.said);
    for said in history.journal.iter().chain(told) {
        let place = *places.entry((&said.by, &said.cid)).or_insert(said.seq.0);
        let place = place.min(*texts.entry(&said.text).or_insert(place));
        if place != said.seq.0 {
            found.entry(said.seq.0).or_insert_with(|| broken(3, format!("{} is also #{place}", named(said))));
        }
    }
    found.into_values().collect()
}

/// Invariant 4: whatever is kept or told, somebody has sent, in these words and before it was told.
fn attempted(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut found = HashMap::new();
    let kept = history.journal.iter().map(|said| (u64::MAX, said));
    for (at, said) in kept.chain(index.told.iter().map(|told| (told.at, told.said))) {
        let wrong = match index.attempt(said) {
            None => "nobody sent it".to_owned(),
            Some(attempt) if attempt.text != said.text => {
                format!("{} sent \"{}\"", attempt.client.name, brief(attempt.text))
            }
            Some(attempt) if attempt.began > at => format!("{} sent it later than that", attempt.client.name),
            Some(_) => continue,
        };
        found.entry(said.seq.0).or_insert_with(|| broken(4, format!("{} was told or kept: {wrong}", named(said))));
    }
    found.into_values().collect()
}

/// Invariant 10: what was refused, and nothing else was tried, is not said.
fn refused(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let refused: HashMap<&str, HashSet<&str>> =
        history.clients.iter().map(|client| (client.name.as_str(), fate::refused(client))).collect();
    let said_though = |said: &&Said| {
        let attempt = index.attempt(said)?;
        let cid = if attempt.client.by.is_some() { &said.cid } else { &said.text };
        refused[attempt.client.name.as_str()]
            .contains(cid.as_str())
            .then(|| broken(10, format!("{} was refused to {}, and is kept", named(said), attempt.client.name)))
    };
    history.journal.iter().filter_map(|said| said_though(&said)).collect()
}

/// Invariant 6: what anybody was told before a send began comes before what was sent then.
fn real_time(history: &History, index: &Index<'_>) -> Vec<Violation> {
    let mut begun: Vec<(u64, &Said)> =
        index.kept.values().filter_map(|said| Some((index.attempt(said)?.began, *said))).collect();
    begun.sort_by_key(|(began, _)| *began);
    let mut heard = heard(history, index);
    heard.sort_unstable();

    let (mut heard, mut newest) = (heard.into_iter().peekable(), 0);
    let mut found = Vec::new();
    for (began, said) in begun {
        while let Some((_, seq)) = heard.next_if(|(at, _)| *at < began) {
            newest = newest.max(seq);
        }
        if newest > said.seq.0 {
            found.push(broken(6, format!("#{newest} was told to somebody before {} was sent", named(said))));
        }
    }
    found
}

/// When anybody was told what stands at a place.
fn heard(history: &History, index: &Index<'_>) -> Vec<(u64, u64)> {
    let place = |what: &What| match what {
        What::Said(said) => Some(said.seq.0),
        What::Saved { seq, .. } => Some(*seq),
        What::Shown { text } => index.places.get(text.as_str()).copied(),
        _ => None,
    };
    let events = history.clients.iter().flat_map(|client| &client.events);
    events.filter_map(|event| Some((event.at, place(&event.what)?))).collect()
}
