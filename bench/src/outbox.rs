//! What a socket has not taken yet.

use std::io::{ErrorKind, Result, Write};

/// Bytes that wait for room.
#[derive(Default)]
pub struct Outbox {
    waiting: Vec<u8>,
}

impl Outbox {
    /// Whether all has been written.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes this, after what waits already.
    ///
    /// # Errors
    /// As the socket, but for [`ErrorKind::WouldBlock`].
    pub fn write(&mut self, socket: &mut impl Write, bytes: &[u8]) -> Result<()> {
        let written = if self.waiting.is_empty() { some(socket, bytes)? } else { 0 };
        self.waiting.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// As [`Outbox::write`].
    pub fn flush(&mut self, socket: &mut impl Write) -> Result<()> {
        let written = some(socket, &self.waiting)?;
        self.waiting.drain(..written);
        // Nothing is kept for a peer that has caught up.
        if self.waiting.is_empty() {
            self.waiting = Vec::new();
        }
        Ok(())
    }
}

fn some(socket: &mut impl Write, bytes: &[u8]) -> Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}
