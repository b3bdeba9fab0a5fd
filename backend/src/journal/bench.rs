//! What tests of a journal are written with: one of either kind, and words for what is asked of it.

use std::path::PathBuf;
use std::sync::Arc;

use commonroom_protocol::{Said, Seq, Via};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{Commit, Committed, Draft, Fate, Found, Journal, Keep, Memory, Page, Search, Sqlite};
use crate::name::{By, Nick, RoomName};
use crate::search::Query;
use crate::text::Body;

/// A journal, and what it hands on.
pub struct Bench {
    pub journal: Arc<dyn Journal>,
    committed: mpsc::Receiver<Commit>,
    /// Where it is, if it is on disk.
    folder: Option<TempDir>,
}

impl Bench {
    /// One in memory.
    pub fn memory() -> Bench {
        let (tell, committed) = mpsc::channel(16);
        Bench { journal: Arc::new(Memory::new(tell).unwrap()), committed, folder: None }
    }

    /// One on disk.
    pub fn sqlite() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let (journal, committed) = open(&folder);
        Bench { journal, committed, folder: Some(folder) }
    }

    /// One of each kind.
    pub fn both() -> [Bench; 2] {
        [Bench::memory(), Bench::sqlite()]
    }

    /// The file of the one on disk.
    pub fn path(&self) -> PathBuf {
        file(self.folder.as_ref().unwrap())
    }

    /// The same on the same file, after a restart.
    pub async fn reopened(mut self) -> Bench {
        self.close().await;
        self.again()
    }

    /// The same on the same file, once it was put away.
    pub fn again(mut self) -> Bench {
        let folder = self.folder.take().unwrap();
        let (journal, committed) = open(&folder);
        Bench { journal, committed, folder: Some(folder) }
    }

    /// Puts the history away. The file is there as long as this.
    pub async fn close(&mut self) {
        self.journal.close().await.unwrap();
    }

    /// Posts drafts at once, and gives the fate of each, and what is new of it.
    pub async fn post(&mut self, drafts: Vec<Draft>) -> Vec<(Option<Arc<Said>>, Fate)> {
        let mut left = drafts.len();
        self.journal.post(drafts).await.unwrap();
        let mut fates = Vec::new();
        while left > 0 {
            for committed in self.committed.recv().await.unwrap() {
                let Committed::Draft { said, outcome: (_, outcome) } = committed else { continue };
                fates.push((said.map(|(_, said)| said), outcome.fate));
                left -= 1;
            }
        }
        fates
    }

    /// Says so many things in the lobby: `text 1` and so on, each a second after the one before.
    pub async fn say(&mut self, numbers: std::ops::RangeInclusive<u64>) {
        let text = |number: u64| draft(&number.to_string(), &format!("text {number}"));
        let at = |number: u64| i64::try_from(number).unwrap() * 1000;
        let drafts = numbers.map(|number| Draft { at: at(number), ..text(number) }).collect();
        for (said, fate) in self.post(drafts).await {
            assert!(said.is_some() && matches!(fate, Fate::Stored(_)), "{fate:?}");
        }
    }

    /// What is found in the lobby.
    pub async fn search(&self, words: &str, limit: usize, neighbours: usize) -> Found {
        let search = Search { query: Query::parse(words), before: Seq(u64::MAX), limit, neighbours };
        self.journal.search(&RoomName::lobby(), search).await.unwrap()
    }
}

fn open(folder: &TempDir) -> (Arc<dyn Journal>, mpsc::Receiver<Commit>) {
    let (tell, committed) = mpsc::channel(16);
    (Arc::new(Sqlite::open(&file(folder), Keep::All, tell).unwrap()), committed)
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("chat.db")
}

/// A draft of one client for the lobby.
pub fn draft(cid: &str, text: &str) -> Draft {
    let (outcomes, _) = mpsc::channel(1);
    Draft {
        room: RoomName::lobby(),
        by: By(7),
        from: Nick::parse("ana").unwrap(),
        via: Via::Tcp,
        cid: cid.into(),
        text: Body::parse(text).unwrap(),
        me: false,
        at: 1000,
        outcomes,
    }
}

/// The seqs of some messages.
pub fn seqs(said: &[Arc<Said>]) -> Vec<u64> {
    said.iter().map(|said| said.seq.0).collect()
}

/// The seqs of a page, and whether there is more.
pub fn told(page: &Page) -> (Vec<u64>, bool) {
    (seqs(&page.said), page.more)
}
