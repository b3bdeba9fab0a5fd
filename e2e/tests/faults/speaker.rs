//! A program that writes down what became of each of its messages, and holds the history to it afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use commonroom_e2e::{Binary, Database, Door, PATIENCE, Pipe};
use commonroom_protocol::{ClientFrame, Code, Hello, Said, Seq, ServerFrame, VERSION};
use tokio::time::{Instant, sleep, timeout};

/// How soon after a fault's end messages must be taken again.
const HEALED: Duration = Duration::from_secs(10);
/// Between two tries; so that the tries themselves are no load.
const RETRY: Duration = Duration::from_millis(50);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has this place.
    Said(Seq),
    /// It is refused, and worth trying again after so many milliseconds.
    Refused(Code, Option<u64>),
}

/// A program in the lobby.
pub struct Speaker {
    pipe: Pipe,
    client: String,
    epoch: String,
    sent: u64,
    /// What was said by anybody, as it came.
    pub heard: BTreeMap<Seq, String>,
    /// Its own texts that were refused.
    pub refused: Vec<String>,
}

impl Speaker {
    /// Joins and reads what was said last.
    pub async fn join(server: &Binary, client: &str) -> Result<Speaker> {
        Speaker::enter(server, client, None).await
    }

    /// Joins and reads what was said after this. Its ids begin anew: it needs a client of its own.
    pub async fn join_since(server: &Binary, client: &str, since: Seq) -> Result<Speaker> {
        Speaker::enter(server, client, Some(since)).await
    }

    async fn enter(server: &Binary, client: &str, since: Option<Seq>) -> Result<Speaker> {
        let pipe = Pipe::connect(Door::Lines(server.tcp)).await?;
        let client = format!("{client}-client");
        let (heard, refused) = (BTreeMap::new(), Vec::new());
        let mut speaker = Speaker { pipe, client: client.clone(), epoch: String::new(), sent: 0, heard, refused };
        speaker.send(ClientFrame::Hello(Hello { v: VERSION, client, since, ..Hello::default() })).await?;
        while !matches!(speaker.next().await?, ServerFrame::Live { .. }) {}
        Ok(speaker)
    }

    /// Says something, and waits for what becomes of it.
    pub async fn say(&mut self, text: &str) -> Result<Fate> {
        let cid = self.hand_in(text).await?;
        self.fate(&cid, text).await
    }

    /// Says all of this at once.
    pub async fn say_all(&mut self, texts: &[String]) -> Result<Vec<Fate>> {
        let mut cids = Vec::new();
        for text in texts {
            cids.push(self.hand_in(text).await?);
        }
        let mut fates = Vec::new();
        for (cid, text) in cids.iter().zip(texts) {
            fates.push(self.fate(cid, text).await?);
        }
        Ok(fates)
    }

    /// Says something that must be taken.
    pub async fn must_say(&mut self, text: &str) -> Result<Seq> {
        match self.say(text).await? {
            Fate::Said(seq) => Ok(seq),
            refused @ Fate::Refused(..) => bail!("{text:?} should be taken: {refused:?}"),
        }
    }

    /// Says something again and again until it is taken, which it is soon after a fault's end. How long that was.
    pub async fn heals(&mut self, text: &str) -> Result<Duration> {
        let start = Instant::now();
        for attempt in 1.. {
            let fate = self.say(&format!("{text} {attempt}")).await?;
            ensure!(start.elapsed() < HEALED, "{:?} after the fault's end still {fate:?}", start.elapsed());
            if let Fate::Said(_) = fate {
                break;
            }
            sleep(RETRY).await;
        }
        Ok(start.elapsed())
    }

    /// Gives a text away without waiting. Gives its id.
    pub async fn hand_in(&mut self, text: &str) -> Result<String> {
        self.sent += 1;
        let cid = self.sent.to_string();
        self.send(ClientFrame::Say { cid: cid.clone(), text: text.to_owned(), me: false }).await?;
        Ok(cid)
    }

    /// Waits for what becomes of a text.
    pub async fn fate(&mut self, id: &str, text: &str) -> Result<Fate> {
        if let Some((seq, _)) = self.heard.iter().find(|(_, heard)| *heard == text) {
            return Ok(Fate::Said(*seq));
        }
        loop {
            match self.next().await.with_context(|| format!("waiting for what becomes of {text:?}"))? {
                ServerFrame::Said(said) if said.text == text => return Ok(Fate::Said(said.seq)),
                ServerFrame::Refused { cid: Some(cid), code, retry_ms, .. } if cid == id => {
                    self.refused.push(text.to_owned());
                    return Ok(Fate::Refused(code, retry_ms));
                }
                _ => {}
            }
        }
    }

    /// Waits until it hears this.
    pub async fn hears(&mut self, text: &str) -> Result<()> {
        while !self.heard.values().any(|heard| heard == text) {
            self.next().await.with_context(|| format!("waiting to hear {text:?}"))?;
        }
        Ok(())
    }

    /// Asks, and gives the messages of the answer; the reason if it is refused.
    pub async fn ask(&mut self, question: ClientFrame) -> Result<Result<Vec<Said>, Code>> {
        self.send(question).await?;
        loop {
            match self.next().await? {
                ServerFrame::Page { said, .. } => return Ok(Ok(said)),
                ServerFrame::Refused { cid: None, code, .. } => return Ok(Err(code)),
                _ => {}
            }
        }
    }

    /// Reading goes on: pages, and a search for this.
    pub async fn reads(&mut self, word: &str) -> Result<()> {
        let page = self.ask(history()).await?;
        ensure!(page.as_ref().is_ok_and(|page| !page.is_empty()), "a page of history: {page:?}");
        let found = self.ask(search(word)).await?;
        ensure!(found.as_ref().is_ok_and(|found| !found.is_empty()), "a search for {word:?}: {found:?}");
        Ok(())
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.client
    }

    /// The name of the history.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What the file holds is what it heard, each once, and nothing that was refused.
    pub async fn proves(&self, database: &Database) -> Result<()> {
        let kept = database.export("lobby").await?;
        ensure!(kept.is_sorted_by(|a, b| a.seq < b.seq), "seqs don't rise");
        let kept: BTreeMap<Seq, &str> = kept.iter().map(|said| (said.seq, said.text.as_str())).collect();
        for (seq, text) in &self.heard {
            ensure!(
                kept.get(seq) == Some(&text.as_str()),
                "{} heard {seq} {text:?}, kept is {:?}",
                self.client,
                kept.get(seq)
            );
        }
        let refused = self.refused.iter().find(|refused| kept.values().any(|kept| kept == refused));
        ensure!(refused.is_none(), "{refused:?} was refused, and is kept");
        let first = self.heard.keys().next().copied().unwrap_or_default();
        let unheard = kept.range(first..).find(|(seq, _)| !self.heard.contains_key(seq));
        ensure!(unheard.is_none(), "{unheard:?} is kept, and {} never heard it", self.client);
        Ok(())
    }

    async fn send(&mut self, frame: ClientFrame) -> Result<()> {
        self.pipe.send(&frame).await
    }

    async fn next(&mut self) -> Result<ServerFrame> {
        let frame = timeout(PATIENCE, self.pipe.next()).await.context("no frame")??;
        let frame = frame.context("the server ends the connection")?;
        match &frame {
            ServerFrame::Welcome(welcome) => self.epoch.clone_from(&welcome.epoch),
            ServerFrame::Said(said) => {
                let before = self.heard.insert(said.seq, said.text.clone());
                ensure!(before.is_none(), "{said:?} was told twice");
            }
            _ => {}
        }
        Ok(frame)
    }
}

/// The last messages.
pub fn history() -> ClientFrame {
    ClientFrame::History { n: Some(1), before: Some(Seq(1 << 40)), after: None, around: None, limit: Some(50) }
}

/// A search.
pub fn search(word: &str) -> ClientFrame {
    ClientFrame::Search { n: Some(2), query: word.to_owned(), before: None, limit: None, neighbours: None }
}
