//! Somebody who is connected: comes in step by step, then takes every message apart and looks whether it is the right one.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::{Part, Step, Until};
use crate::framing::{self, Framing};
use crate::ledger::{Fault, Ledger};
use crate::outbox::Outbox;
use crate::payload::{self, Payload};

/// Somebody who is connected, and reads.
pub(super) struct Member {
    pub(super) socket: TcpStream,
    /// What is still to be done to come in.
    pub(super) steps: std::vec::IntoIter<Step>,
    pub(super) until: Option<Until>,
    pub(super) began: Instant,
    pub(super) framing: Framing,
    /// What has come of a message that is not all there.
    pub(super) partial: Vec<u8>,
    /// Of lines in frames, what has come of a line that is not all there.
    pub(super) line: Vec<u8>,
    pub(super) outbox: Outbox,
    /// See [`payload::find`].
    pub(super) hint: usize,
    pub(super) part: Part,
    /// The number that comes next from each sender that is heard.
    pub(super) next: Vec<u64>,
}

/// What is counted while a load goes on.
pub(super) struct Tally {
    pub(super) deliveries: u64,
    pub(super) bytes: u64,
    /// Only of a load with a rate: with a window, it is the window that is measured.
    pub(super) timed: bool,
    pub(super) latency: Histogram<u64>,
    pub(super) joining: Histogram<u64>,
    pub(super) fault: Option<Fault>,
}

impl Member {
    /// Whether what was waited for has come; takes it.
    pub(super) fn answered(&mut self) -> bool {
        match &self.until {
            None => return true,
            Some(Until::Head) => {
                let Some(end) = memchr::memmem::find(&self.partial, b"\r\n\r\n") else { return false };
                self.partial.drain(..end + 4);
            }
            Some(Until::Message(mark)) => loop {
                let Some(length) = self.framing.first(&self.partial) else { return false };
                let message: Vec<u8> = self.partial.drain(..length).collect();
                if let Some(answer) = self.framing.answer(&message) {
                    // A few bytes on a connection that is otherwise silent: there is room.
                    let _ = self.socket.write(&answer);
                }
                if memchr::memmem::find(&message, mark).is_some() {
                    break;
                }
            },
        }
        self.until = None;
        true
    }

    /// Takes the messages that are there as a whole: how many bytes that were, and what to answer.
    pub(super) fn hear(&mut self, bytes: &[u8], ledger: &mut Ledger, tally: &mut Tally, now: u64) -> (usize, Vec<u8>) {
        if self.framing != Framing::Framed {
            return self.hear_parts(self.framing, bytes, ledger, tally, now);
        }
        let mut lines = std::mem::take(&mut self.line);
        let used = framing::unframe(bytes, &mut lines);
        let (heard, answers) = self.hear_parts(Framing::Lines, &lines, ledger, tally, now);
        lines.drain(..heard);
        self.line = lines;
        let answers = if answers.is_empty() { answers } else { framing::masked(framing::BINARY, &answers) };
        (used, answers)
    }

    fn hear_parts(
        &mut self,
        framing: Framing,
        bytes: &[u8],
        ledger: &mut Ledger,
        tally: &mut Tally,
        now: u64,
    ) -> (usize, Vec<u8>) {
        let (mut used, mut answers) = (0, Vec::new());
        while let Some(length) = framing.first(&bytes[used..]) {
            let message = &bytes[used..used + length];
            used += length;
            let Some(text) = payload::find(message, &mut self.hint) else {
                answers.extend(framing.answer(message).unwrap_or_default());
                continue;
            };
            match self.note(text, ledger) {
                Ok(due) => {
                    tally.deliveries += 1;
                    if tally.timed {
                        tally.latency.saturating_record(now.saturating_sub(due));
                    }
                }
                Err(fault) => tally.fault = tally.fault.take().or(Some(fault)),
            }
        }
        (used, answers)
    }

    fn note(&mut self, text: &Payload, ledger: &mut Ledger) -> Result<u64, Fault> {
        let stranger = || Fault::Altered(String::from_utf8_lossy(text).into_owned());
        let sender = payload::sender(text).filter(|sender| self.part.hears.contains(sender)).ok_or_else(stranger)?;
        ledger.hear(sender, &mut self.next[sender - self.part.hears.start], text)
    }
}

impl Tally {
    pub(super) fn new(timed: bool) -> Result<Tally> {
        let (latency, joining) = (histogram()?, histogram()?);
        Ok(Tally { deliveries: 0, bytes: 0, timed, latency, joining, fault: None })
    }
}

/// For times from a microsecond to a minute, in nanoseconds.
pub(super) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1_000, 60_000_000_000, 3)?)
}
