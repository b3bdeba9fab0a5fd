//! The operator's console: lines from a keyboard, bytes to a screen, whatever these are.

use std::io;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Incoming, Keepalive, Outgoing, Transport};

/// A console. It knows neither a terminal nor a pipe: those are at the other ends of its channels.
pub struct Console {
    typed: mpsc::Receiver<Incoming>,
    shown: mpsc::Sender<Bytes>,
}

impl Console {
    /// A console that reads what comes by `typed`, until it is closed, and writes to `shown`.
    pub fn new(typed: mpsc::Receiver<Incoming>, shown: mpsc::Sender<Bytes>) -> Console {
        Console { typed, shown }
    }
}

impl Transport for Console {
    /// A screen that was stopped by Ctrl-S may stay so: the console only falls behind.
    const PATIENCE: u32 = 1_000_000;
    const KEEPALIVE: Option<Keepalive> = None;

    async fn recv(&mut self) -> Incoming {
        // The end of its input is the operator's, not the server's.
        self.typed.recv().await.unwrap_or(Incoming::Closed { quit: true })
    }

    fn buffered(&mut self) -> Option<Incoming> {
        self.typed.try_recv().ok()
    }

    async fn send(&mut self, out: &mut Outgoing) -> io::Result<()> {
        for bytes in out.take() {
            self.shown.send(bytes).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(())
    }

    async fn close(self, _code: u16) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_typed_comes_and_what_is_said_goes() {
        let (keys, typed) = mpsc::channel(4);
        let (shown, mut screen) = mpsc::channel(4);
        let mut console = Console::new(typed, shown);
        keys.send(Incoming::Message("hello".into())).await.unwrap();
        assert!(matches!(console.recv().await, Incoming::Message(line) if line == "hello"));
        let mut out = Outgoing::default();
        out.push("<ana> ".into());
        out.push("hi\n".into());
        console.send(&mut out).await.unwrap();
        assert!(out.is_empty());
        assert_eq!((screen.recv().await.unwrap(), screen.recv().await.unwrap()), ("<ana> ".into(), "hi\n".into()));
        drop(keys);
        assert!(matches!(console.recv().await, Incoming::Closed { quit: true }));
        drop(screen);
        out.push("nobody looks".into());
        assert!(console.send(&mut out).await.is_err());
    }
}
