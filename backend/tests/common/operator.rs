//! The operator, at a console without a terminal.

use bytes::Bytes;
use commonroom::transport::{Console, Incoming};
use tokio::sync::mpsc;

use super::soon;

/// Whoever sits at the server's console.
pub struct Operator {
    keys: mpsc::Sender<Incoming>,
    screen: mpsc::Receiver<Bytes>,
    /// What has been shown and not looked at yet.
    shown: String,
}

impl Operator {
    /// A console, and who sits at it.
    pub fn sit_down() -> (Console, Operator) {
        let (keys, typed) = mpsc::channel(16);
        let (to, screen) = mpsc::channel(16);
        (Console::new(typed, to), Operator { keys, screen, shown: String::new() })
    }

    /// Types a line.
    pub async fn say(&mut self, line: &str) {
        let line = Incoming::Message(Bytes::copy_from_slice(line.as_bytes()));
        soon("a console that takes lines", self.keys.send(line)).await.unwrap();
    }

    /// The next line that is shown.
    pub async fn line(&mut self) -> String {
        self.try_line().await.unwrap_or_else(|| panic!("another line, not the end"))
    }

    async fn try_line(&mut self) -> Option<String> {
        while !self.shown.contains('\n') {
            let bytes = soon("a line on the console", self.screen.recv()).await?;
            self.shown.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        let line = self.shown.split_inclusive('\n').next()?.to_owned();
        self.shown.drain(..line.len());
        Some(line.trim_end_matches('\n').to_owned())
    }

    /// The lines before this one, which is read too.
    pub async fn until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line().await {
                line if line == last => return lines,
                line => lines.push(line),
            }
        }
    }

    /// Types a line, and waits until this is answered.
    pub async fn ask(&mut self, line: &str, answer: &str) {
        self.say(line).await;
        self.until(answer).await;
    }

    /// The barrier: everything typed before has been obeyed. Gives the lines that came meanwhile.
    pub async fn settle(&mut self) -> Vec<String> {
        self.say("/ping").await;
        self.until("* pong").await
    }

    /// Leaves: the end of the keyboard's input.
    pub fn leave(self) -> impl Future<Output = Vec<String>> {
        let Operator { keys, screen, shown } = self;
        drop(keys);
        let (keys, _) = mpsc::channel(1);
        let mut left = Operator { keys, screen, shown };
        async move {
            let mut lines = Vec::new();
            while let Some(line) = left.try_line().await {
                lines.push(line);
            }
            lines
        }
    }
}
