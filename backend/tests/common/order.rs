//! The checker of what receivers saw: one order, nothing lost, nothing doubled, nothing made up.

use std::collections::HashMap;

use commonroom_protocol::{Said, Seq, ServerFrame};

/// The order of a room, as one receiver of frames saw it.
pub struct Order {
    said: Vec<Said>,
}

impl Order {
    /// Takes what a receiver saw that had seen all up to `after`.
    pub fn of(said: Vec<Said>, after: Seq) -> Order {
        assert_eq!(prev_chain(&said, after), Ok(()));
        Order { said }
    }

    /// Another receiver of frames saw the same.
    pub fn assert_same(&self, other: &[Said]) {
        assert_eq!(other, self.said, "two receivers saw two orders");
    }

    /// A terminal saw the same, but for its own lines.
    pub fn assert_same_lines(&self, own: &str, lines: &[String]) {
        let expected = self.said.iter().filter(|said| said.from != own);
        let expected: Vec<String> = expected.map(|said| format!("<{}> {}", said.from, said.text)).collect();
        assert_eq!(lines, expected, "{own} saw another order");
    }

    /// Every sender's texts are here once, and in the order in which they were said.
    pub fn assert_is_all_of(&self, senders: &HashMap<String, Vec<String>>) {
        let mut seen: HashMap<String, Vec<String>> = HashMap::new();
        for said in &self.said {
            seen.entry(said.from.clone()).or_default().push(said.text.clone());
        }
        assert_eq!(&seen, senders);
    }
}

/// Whether every message names the one before it. One that was told before is an answer to its sender, and has no
/// place here.
pub fn prev_chain(said: &[Said], after: Seq) -> Result<(), String> {
    let mut last = after;
    for said in said {
        if said.prev != last || said.seq <= last {
            return Err(format!("after {last} came {} whose prev is {}", said.seq, said.prev));
        }
        last = said.seq;
    }
    Ok(())
}

/// The messages among some frames.
pub fn messages(frames: &[ServerFrame]) -> Vec<Said> {
    let said = |frame: &ServerFrame| if let ServerFrame::Said(said) = frame { Some(said.clone()) } else { None };
    frames.iter().filter_map(said).collect()
}
