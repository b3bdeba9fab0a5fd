//! What became of what was sent: invariants 9 and 10, and the counts of a report.

use std::collections::{HashMap, HashSet};

use super::view::is_answer;
use super::{Client, Event, History, Report, Violation, What, brief};

/// How soon after a fault's end a send must be accepted, in microseconds.
const LIVELY: u64 = 10_000_000;

/// Invariant 10 in one client's connections.
pub(super) fn check(client: &Client) -> Vec<Violation> {
    let mut waiting: HashMap<&str, &str> = HashMap::new();
    for event in &client.events {
        match &event.what {
            What::Sent { cid, text } => {
                waiting.insert(cid, text);
            }
            What::Closed => waiting.clear(),
            answer => {
                answered(client, answer).and_then(|cid| waiting.remove(cid));
            }
        }
    }
    let silent = |(cid, text)| Violation {
        invariant: 10,
        words: format!("{} sent \"{}\" (cid {}) and was told nothing", client.name, brief(text), brief(cid)),
    };
    waiting.into_iter().map(silent).collect()
}

/// Which of the client's own messages this answers.
fn answered<'a>(client: &Client, what: &'a What) -> Option<&'a str> {
    match what {
        What::Refused { cid, .. } => Some(cid),
        _ => accepted(client, what),
    }
}

/// Which of the client's own messages is said, by this.
pub(super) fn accepted<'a>(client: &Client, what: &'a What) -> Option<&'a str> {
    match what {
        What::Saved { cid, .. } => Some(cid),
        What::Said(said) if client.owns(said) => Some(&said.cid),
        _ => None,
    }
}

/// The messages whose every attempt was refused: they must not be in the journal.
pub(super) fn refused(client: &Client) -> HashSet<&str> {
    let (mut open, mut refused) = (HashSet::new(), HashSet::new());
    let mut unknown = HashSet::new();
    for event in &client.events {
        match &event.what {
            What::Sent { cid, .. } => {
                open.insert(cid.as_str());
            }
            What::Refused { cid, .. } if open.remove(cid.as_str()) => {
                refused.insert(cid.as_str());
            }
            What::Closed => unknown.extend(open.drain()),
            // Where nothing waits for it, it is no answer, but what was kept all the same.
            answer => unknown.extend(accepted(client, answer).filter(|cid| open.remove(cid))),
        }
    }
    refused.retain(|cid| !unknown.contains(cid));
    refused
}

/// Invariant 9: after each fault that lasts long enough for it, somebody's message is accepted in time.
pub(super) fn lively(history: &History) -> Vec<Violation> {
    let accepted = acceptances(history);
    let end = history.clients.iter().filter_map(|client| Some(client.events.last()?.at)).max().unwrap_or(0);
    let mut found = Vec::new();
    for (place, fault) in history.faults.iter().enumerate() {
        let next = history.faults.get(place + 1).map_or(end, |next| next.began);
        let first = accepted.iter().find(|at| **at > fault.ended);
        let in_time = first.is_some_and(|at| at - fault.ended <= LIVELY);
        if !in_time && next > fault.ended + LIVELY {
            let words = match first {
                Some(at) => {
                    format!("the fault that ended at {} us was followed by a said only at {at} us", fault.ended)
                }
                None => format!("after the fault that ended at {} us no send was accepted any more", fault.ended),
            };
            found.push(Violation { invariant: 9, words });
        }
    }
    found
}

/// How long it took after each fault until a send was accepted, where that was before the next one.
pub(super) fn recoveries(history: &History) -> Vec<u64> {
    let accepted = acceptances(history);
    let first = |(place, fault): (usize, &super::Fault)| {
        let next = history.faults.get(place + 1).map_or(u64::MAX, |next| next.began);
        let at = accepted.iter().find(|at| (fault.ended..next).contains(*at))?;
        Some(at - fault.ended)
    };
    history.faults.iter().enumerate().filter_map(first).collect()
}

/// When sends were accepted, in order.
fn acceptances(history: &History) -> Vec<u64> {
    let mut all = Vec::new();
    for client in &history.clients {
        let accepts = |event: &&Event| accepted(client, &event.what).is_some();
        all.extend(client.events.iter().filter(accepts).map(|event| event.at));
    }
    all.sort_unstable();
    all
}

/// Adds one client's part to a report.
pub(super) fn count(client: &Client, report: &mut Report) {
    let (mut sent, mut open, mut known): (HashMap<&str, u32>, HashSet<&str>, HashSet<&str>) = Default::default();
    let mut last = None;
    for event in &client.events {
        match &event.what {
            What::Sent { cid, .. } => {
                *sent.entry(cid).or_default() += 1;
                open.insert(cid);
            }
            What::Closed => open.clear(),
            What::Saved { .. } => report.saved += 1,
            What::Shown { .. } => report.shown += 1,
            What::Gap { to, .. } => {
                report.gaps += 1;
                last = Some(*to);
            }
            What::Said(said) => {
                report.answered_again += usize::from(is_answer(client, said, last, &sent));
                last = last.max(Some(said.seq.0));
            }
            _ => {}
        }
        if let Some(cid) = accepted(client, &event.what)
            && known.insert(cid)
        {
            report.acknowledged += 1;
            report.found += usize::from(!open.contains(cid));
        }
    }
}
