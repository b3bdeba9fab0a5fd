//! Somebody at a plain socket who types a line now and then, reads what is said, and has it all written down.
//!
//! A terminal sends nothing again: what it was not told is saved stays unknown.

use std::net::SocketAddr;
use std::ops::Range;

use anyhow::{Context, Result};
use commonroom_protocol::Code;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::dice::Dice;
use crate::history::{Client, Clock, What};
use crate::pipe::socket;
use crate::program::Stage;

/// How soon another attempt to connect is made, in milliseconds.
const AGAIN: Range<u64> = 1..20;
/// The column that the time of what was said before takes, as in `12:03 <ana> hi`.
const TIME: usize = "12:03 ".len();

/// A terminal, over all of its connections.
pub struct Listener {
    addr: SocketAddr,
    clock: Clock,
    /// The time between two lines, in milliseconds; none for who only listens.
    pace: Option<Range<u64>>,
    dice: Dice,
    record: Client,
    typed: u32,
    /// The line that was typed and not answered yet.
    waiting: Option<String>,
}

impl Listener {
    /// Somebody who has not come yet. Who has a pace speaks first, and is greeted with nothing; who has none is a person,
    /// and is shown the last lines.
    pub fn new(name: &str, addr: SocketAddr, clock: Clock, pace: Option<Range<u64>>, dice: Dice) -> Listener {
        Listener { addr, clock, pace, dice, record: Client::new(name), typed: 0, waiting: None }
    }

    /// Comes and goes with the server until everybody is asked to be done.
    ///
    /// # Errors
    /// When it is shown what nobody can read.
    pub async fn talk(mut self, stage: &mut watch::Receiver<Stage>) -> Result<Client> {
        loop {
            let now = *stage.wait_for(|stage| stage.open || !stage.talk).await?;
            if !now.talk {
                return Ok(self.record);
            }
            if let Ok(stream) = socket(self.addr).await {
                self.connection(BufReader::new(stream), stage).await?;
                self.waiting = None;
                self.record.note(self.clock, What::Closed);
            }
            sleep(self.dice.millis(AGAIN)).await;
        }
    }

    async fn connection(&mut self, mut io: BufReader<TcpStream>, stage: &mut watch::Receiver<Stage>) -> Result<()> {
        if self.pace.is_some() && io.write_all(b"/ack on\n").await.is_err() {
            return Ok(());
        }
        let (mut line, mut next) = (Vec::new(), Instant::now());
        while stage.borrow_and_update().talk || self.waiting.is_some() {
            let may = self.pace.is_some() && self.waiting.is_none();
            tokio::select! {
                read = io.read_until(b'\n', &mut line) => {
                    if read.is_err() || !line.ends_with(b"\n") {
                        return Ok(());
                    }
                    let whole = String::from_utf8(std::mem::take(&mut line))?;
                    self.read(whole.trim_end())?;
                }
                () = sleep_until(next), if may => {
                    if self.say(&mut io).await.is_err() {
                        return Ok(());
                    }
                    next = Instant::now() + self.pace.clone().map_or_else(Default::default, |pace| self.dice.millis(pace));
                }
                changed = stage.changed() => changed?,
            }
        }
        Ok(())
    }

    async fn say(&mut self, io: &mut BufReader<TcpStream>) -> Result<()> {
        self.typed += 1;
        let text = format!("{}-{} by hand", self.record.name, self.typed);
        self.record.note(self.clock, What::Sent { cid: text.clone(), text: text.clone() });
        let line = format!("{text}\n");
        self.waiting = Some(text);
        Ok(io.write_all(line.as_bytes()).await?)
    }

    fn read(&mut self, line: &str) -> Result<()> {
        let said = line.strip_prefix('<').or_else(|| line.get(TIME..)?.strip_prefix('<'));
        if let Some((_, text)) = said.and_then(|said| said.split_once("> ")) {
            self.record.note(self.clock, What::Shown { text: text.to_owned() });
        } else if let Some(seq) = line.strip_prefix("* saved #") {
            let seq = seq.parse().with_context(|| line.to_owned())?;
            let cid = self.waiting.take().with_context(|| format!("`{line}`, but nothing was typed"))?;
            self.record.note(self.clock, What::Saved { cid, seq });
        } else if line.starts_with("! not sent: ")
            && let Some(cid) = self.waiting.take()
        {
            self.record.note(self.clock, What::Refused { cid, code: Code::Other });
        }
        Ok(())
    }
}
