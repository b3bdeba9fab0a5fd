//! How long a message is once it is put into words: it bounds what is told at once and what a ring holds.

use std::sync::Arc;

use commonroom_protocol::{Said, limits};

/// What stands on a terminal's line beside the name and the text: `12:03 <`, `> ` and the line feed.
const MARKS: usize = 10;
/// What a frame has beside the name and the text: its other fields, and a header.
const FIELDS: usize = 256;

/// How long a text is on a terminal, where the name stands before each of its lines.
pub fn lines(name: &str, text: &str) -> usize {
    let ends = text.bytes().filter(|byte| *byte == b'\n').count();
    (ends + 1) * (name.len() + MARKS) + text.len()
}

/// How long a text is in a frame, about.
pub fn frame(name: &str, text: &str) -> usize {
    let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n')).count();
    FIELDS + name.len() + text.len() + escaped
}

/// The room for messages in one answer, so that who asks and stops reading pins no more than that.
pub struct Space {
    left: usize,
    empty: bool,
}

impl Space {
    /// For so many bytes, as [`lines`] counts them.
    pub fn new(bytes: usize) -> Space {
        Space { left: bytes, empty: true }
    }

    /// For a page.
    pub fn page() -> Space {
        Space::new(limits::PAGE_BYTES)
    }

    /// Whether these messages fit in as well; the first always do.
    pub fn takes(&mut self, said: &[Arc<Said>]) -> bool {
        let bytes = said.iter().map(|said| lines(&said.from, &said.text)).sum();
        let fits = std::mem::take(&mut self.empty) || bytes <= self.left;
        self.left = self.left.saturating_sub(bytes);
        fits
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use commonroom_protocol::{Seq, Via};

    use super::*;
    use crate::dialect::{self, Lang, Wire};
    use crate::event::Event;

    fn said(from: &str, text: &str) -> Arc<Said> {
        Arc::new(Said {
            seq: Seq(1 << 40),
            prev: Seq((1 << 40) - 1),
            at: 1_764_000_000_000,
            from: from.into(),
            via: Via::Console,
            text: text.into(),
            by: "0123456789abcdef".into(),
            cid: "\"".repeat(36),
            me: true,
        })
    }

    #[test]
    fn no_form_is_longer_than_its_measure() {
        let long = "\u{1000}\u{102d}".repeat(21);
        for text in ["x", "\"".repeat(4096).as_str(), &["x"; 100].join("\n"), &"\\\n".repeat(99), "天气"] {
            for name in ["ana", &long] {
                let said = said(name, text);
                for (wire, measure) in [
                    (Wire::Line(Lang::Zh), lines(name, text)),
                    (Wire::JsonLine, frame(name, text)),
                    (Wire::WsJson, frame(name, text)),
                ] {
                    let mut out = BytesMut::new();
                    dialect::encode(wire, &Event::Said(Arc::clone(&said)), &mut out);
                    assert!(out.len() <= measure, "{wire:?}: {} is more than {measure}", out.len());
                }
            }
        }
    }

    #[test]
    fn one_message_always_fits() {
        let (long, short) = (said("ana", &"x".repeat(100)), said("ana", "x"));
        let mut space = Space::new(50);
        assert!(space.takes(std::slice::from_ref(&long)));
        assert!(!space.takes(std::slice::from_ref(&short)));
        let mut space = Space::new(50);
        let taken = [(); 5].map(|()| space.takes(std::slice::from_ref(&short)));
        assert_eq!(taken, [true, true, true, false, false]);
    }
}
