//! What was sent and is not in the log: waiting for its `said`, or refused. The edges keep it in the tab's storage.

use commonroom_protocol::{ClientFrame, Code};

use crate::frame::{Node, list, text, truth, word};
use crate::json::Object;

/// Entries at most, so that an evening without a connection does not fill the tab's storage.
pub const MOST: usize = 200;

/// One message that is not in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names it among all of this client's messages.
    pub cid: String,
    /// What is said.
    pub text: String,
    /// An action.
    pub me: bool,
    /// What has become of it.
    pub fate: Fate,
}

/// What has become of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits for a connection.
    Waiting,
    /// It was sent at least once, and nothing has come back. The same cid may be sent again.
    Sent,
    /// The server does not take it.
    Refused {
        /// The reason, for programs.
        code: Code,
        /// The reason in the server's words.
        message: String,
    },
    /// It was sent under a client id that a newer tab goes on with, which may have sent it too.
    Unsure,
}

impl Entry {
    fn to_keep(&self) -> String {
        let entry = Object::of("cid", &self.cid).text("text", &self.text).truth("me", self.me);
        entry.raw("fate", &self.fate.to_keep()).done()
    }
}

impl Fate {
    fn to_keep(&self) -> String {
        let fate = |is| Object::of("is", is);
        match self {
            Fate::Waiting => fate("Waiting"),
            Fate::Sent => fate("Sent"),
            Fate::Refused { code, message } => fate("Refused").text("code", &code.to_string()).text("message", message),
            Fate::Unsure => fate("Unsure"),
        }
        .done()
    }

    /// It will not be sent again by itself.
    pub fn failed(&self) -> bool {
        matches!(self, Fate::Refused { .. } | Fate::Unsure)
    }
}

/// One room's unsaid messages in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Entry>,
}

impl Outbox {
    /// An outbox as it was stored; what cannot be read is left out.
    pub fn stored(node: &impl Node) -> Self {
        let mut outbox = Outbox::default();
        for entry in list(node, "entries", |node| Some(entry(node))).unwrap_or_default().into_iter().flatten() {
            outbox.entries.push(entry);
        }
        outbox
    }

    /// The outbox as JSON, to be stored.
    pub fn to_keep(&self) -> String {
        let entries: Vec<_> = self.entries.iter().map(Entry::to_keep).collect();
        ["{\"entries\":[", &entries.join(","), "]}"].concat()
    }

    /// All of them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes a message in. False if it is full.
    pub fn push(&mut self, cid: String, text: String, me: bool) -> bool {
        let fits = self.entries.len() < MOST;
        if fits {
            self.entries.push(Entry { cid, text, me, fate: Fate::Waiting });
        }
        fits
    }

    /// The message is in the log, or nobody wants it any more. False if there is none of that cid.
    pub fn remove(&mut self, cid: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.cid != cid);
        self.entries.len() < before
    }

    /// The server has refused the message. False if there is none of that cid.
    ///
    /// A server that is closing has not stored it: it waits for the next one.
    pub fn refuse(&mut self, cid: &str, code: Code, message: &str) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.cid == cid) else { return false };
        entry.fate =
            if code == Code::Closing { Fate::Waiting } else { Fate::Refused { code, message: message.to_owned() } };
        true
    }

    /// Tries a failed message anew: under another cid, as the last.
    pub fn retry(&mut self, cid: &str, new_cid: String) {
        if let Some(at) = self.entries.iter().position(|entry| entry.cid == cid && entry.fate.failed()) {
            let entry = self.entries.remove(at);
            self.entries.push(Entry { cid: new_cid, fate: Fate::Waiting, ..entry });
        }
    }

    /// The client id is another from now on: the server cannot tell what was sent under the old one from a new message.
    pub fn renew(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.fate == Fate::Sent) {
            entry.fate = Fate::Unsure;
        }
    }

    /// What waits for a connection, now marked as sent.
    pub fn send_waiting(&mut self) -> Vec<ClientFrame> {
        let waiting = self.entries.iter_mut().filter(|entry| entry.fate == Fate::Waiting);
        waiting
            .map(|entry| {
                entry.fate = Fate::Sent;
                ClientFrame::Say { cid: entry.cid.clone(), text: entry.text.clone(), me: entry.me }
            })
            .collect()
    }

    /// Everything without an answer, in order: after a resume, which has removed what came back.
    pub fn send_again(&mut self) -> Vec<ClientFrame> {
        for entry in self.entries.iter_mut().filter(|entry| entry.fate == Fate::Sent) {
            entry.fate = Fate::Waiting;
        }
        self.send_waiting()
    }
}

fn entry(node: &impl Node) -> Option<Entry> {
    Some(Entry {
        cid: text(node, "cid")?,
        text: text(node, "text")?,
        me: truth(node, "me").unwrap_or_default(),
        fate: fate(&node.field("fate")?)?,
    })
}

fn fate(node: &impl Node) -> Option<Fate> {
    Some(match text(node, "is")?.as_str() {
        "Waiting" => Fate::Waiting,
        "Sent" => Fate::Sent,
        "Refused" => Fate::Refused { code: word(node, "code")?, message: text(node, "message")? },
        _ => Fate::Unsure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(cids: &[&str]) -> Outbox {
        let mut outbox = Outbox::default();
        for cid in cids {
            assert!(outbox.push((*cid).to_owned(), format!("text of {cid}"), false));
        }
        outbox
    }

    fn cids(frames: &[ClientFrame]) -> Vec<&str> {
        let cids = frames.iter().filter_map(|frame| match frame {
            ClientFrame::Say { cid, .. } => Some(cid.as_str()),
            _ => None,
        });
        cids.collect()
    }

    #[test]
    fn a_message_is_sent_once_for_each_connection() {
        let mut outbox = outbox(&["a", "b"]);
        assert_eq!(cids(&outbox.send_waiting()), ["a", "b"]);
        assert_eq!(cids(&outbox.send_waiting()), [""; 0]);
        assert_eq!(cids(&outbox.send_again()), ["a", "b"]);
    }

    #[test]
    fn what_came_back_is_not_sent_again_and_the_rest_keeps_its_order() {
        let mut outbox = outbox(&["a", "b", "c"]);
        outbox.send_waiting();
        assert!(outbox.remove("b"));
        assert!(!outbox.remove("b"));
        assert_eq!(cids(&outbox.send_again()), ["a", "c"]);
    }

    #[test]
    fn what_was_refused_is_not_sent_again_by_itself() {
        let mut outbox = outbox(&["a"]);
        outbox.send_waiting();
        assert!(outbox.refuse("a", Code::Locked, "locked"));
        assert!(!outbox.refuse("z", Code::Locked, "locked"));
        assert_eq!(cids(&outbox.send_again()), [""; 0]);
        outbox.retry("a", "a2".into());
        assert_eq!(cids(&outbox.send_waiting()), ["a2"]);
    }

    #[test]
    fn what_a_closing_server_refuses_waits_for_the_next() {
        let mut outbox = outbox(&["a"]);
        outbox.send_waiting();
        outbox.refuse("a", Code::Closing, "closing");
        assert_eq!(outbox.entries()[0].fate, Fate::Waiting);
    }

    #[test]
    fn only_a_failed_message_can_be_tried_anew() {
        let mut outbox = outbox(&["a"]);
        outbox.send_waiting();
        outbox.retry("a", "a2".into());
        assert_eq!(outbox.entries()[0].cid, "a");
    }

    #[test]
    fn another_client_id_makes_what_was_sent_unsure_and_nothing_else() {
        let mut outbox = outbox(&["a"]);
        outbox.send_waiting();
        outbox.push("b".into(), "b".into(), false);
        outbox.renew();
        assert_eq!(outbox.entries()[0].fate, Fate::Unsure);
        assert_eq!(cids(&outbox.send_again()), ["b"]);
    }

    #[test]
    fn it_has_an_end() {
        let mut outbox = Outbox::default();
        assert!((0..MOST).all(|i| outbox.push(i.to_string(), String::new(), false)));
        assert!(!outbox.push("more".into(), String::new(), false));
    }

    #[test]
    fn it_survives_being_stored() {
        let mut before = outbox(&["a", "b", "c"]);
        before.send_waiting();
        before.refuse("b", Code::Muted, "muted");
        before.renew();
        before.push("d".into(), "text of d".into(), true);
        let mut json: serde_json::Value = serde_json::from_str(&before.to_keep()).unwrap();
        assert_eq!(Outbox::stored(&json), before);
        json["entries"][1]["fate"] = serde_json::Value::Null;
        assert_eq!(Outbox::stored(&json).entries().len(), 3);
    }
}
