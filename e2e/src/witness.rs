//! Somebody in a room who misses nothing: JSON lines over a plain socket.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::PATIENCE;

/// A program in a room, by the name of `witness`. It leaves when this is dropped.
pub struct Witness {
    frames: Lines<BufReader<OwnedReadHalf>>,
    to: OwnedWriteHalf,
    said: u64,
}

impl Witness {
    /// Joins a room.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn join(addr: SocketAddr, room: &str) -> Result<Witness> {
        let (from, to) = TcpStream::connect(addr).await?.into_split();
        let mut witness = Witness { frames: BufReader::new(from).lines(), to, said: 0 };
        let hello = json!({ "t": "hello", "v": 1, "client": "witness-0001", "room": room, "nick": "witness" });
        witness.send(&hello).await?;
        witness.until(|frame| frame["t"] == "live").await?;
        Ok(witness)
    }

    /// Says something, and gives back all it was told before it heard itself.
    ///
    /// # Errors
    /// When it does not hear itself.
    pub async fn say(&mut self, text: &str) -> Result<Vec<Value>> {
        self.said += 1;
        let cid = format!("w{}", self.said);
        self.send(&json!({ "t": "say", "cid": cid, "text": text })).await?;
        let mut told = self.until(|frame| frame["t"] == "said" && frame["cid"] == cid.as_str()).await?;
        told.pop();
        Ok(told)
    }

    /// Says something, and waits until it is said or refused.
    ///
    /// # Errors
    /// When neither comes.
    pub async fn try_to_say(&mut self, text: &str) -> Result<()> {
        self.said += 1;
        let cid = format!("w{}", self.said);
        self.send(&json!({ "t": "say", "cid": cid, "text": text })).await?;
        let answers = |frame: &Value| (frame["t"] == "said" || frame["t"] == "refused") && frame["cid"] == cid.as_str();
        self.until(answers).await.map(drop)
    }

    /// The next message of somebody else.
    ///
    /// # Errors
    /// When none comes.
    pub async fn hear(&mut self) -> Result<Value> {
        let mut told = self.until(|frame| frame["t"] == "said").await?;
        told.pop().context("nothing was said")
    }

    /// Who is here, oneself among them.
    ///
    /// # Errors
    /// When the server does not say.
    pub async fn roster(&mut self) -> Result<Vec<String>> {
        self.send(&json!({ "t": "who" })).await?;
        let told = self.until(|frame| frame["t"] == "roster").await?;
        let roster = told.last().and_then(|frame| frame["roster"].as_array()).context("no roster")?;
        Ok(roster.iter().filter_map(|one| Some(one["nick"].as_str()?.to_owned())).collect())
    }

    async fn send(&mut self, frame: &Value) -> Result<()> {
        Ok(self.to.write_all(format!("{frame}\n").as_bytes()).await?)
    }

    /// The frames up to one, and with it.
    async fn until(&mut self, last: impl Fn(&Value) -> bool) -> Result<Vec<Value>> {
        let mut told: Vec<Value> = Vec::new();
        while !told.last().is_some_and(&last) {
            let line = timeout(PATIENCE, self.frames.next_line()).await;
            let line = line.with_context(|| format!("no more frames after {told:?}"))??;
            told.push(serde_json::from_str(&line.with_context(|| format!("the server has closed after {told:?}"))?)?);
        }
        Ok(told)
    }
}
