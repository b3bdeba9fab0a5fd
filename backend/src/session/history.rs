//! What a session does when it is asked for what was said.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use commonroom_protocol::{GapWhy, Seq, limits};
use jiff::Timestamp;

use super::peer::End;
use super::{Session, at};
use crate::dialect::{Refused, Reply, Side, Stretch};
use crate::journal::{Found, Search};
use crate::refusal::Refusal;
use crate::transport::Transport;

impl<T: Transport> Session<T> {
    pub(super) async fn history(&mut self, n: Option<u64>, stretch: Stretch) -> Result<(), End> {
        // Who asks finds what they have said.
        self.settle().await?;
        let room = Arc::clone(self.member.room());
        let Stretch { from, side, limit } = stretch;
        if self.peer.dialect.is_lines() {
            let start = match side {
                Side::After => Ok(from),
                _ => room.journal().tail(room.name(), from, limit).await,
            };
            return match start {
                Ok(start) => self.tell_stretch(start, side, limit).await,
                Err(_) => self.peer.reply(down(n)).await,
            };
        }
        let page = match side {
            Side::Before => room.journal().before(room.name(), from, limit).await,
            Side::After => room.journal().after(room.name(), from, limit).await,
            Side::Around => room.journal().around(room.name(), from, limit).await,
        };
        self.peer.reply(page.map_or_else(|_| down(n), |page| Reply::Page(n, side, page))).await
    }

    /// Tells what was said in this time.
    pub(super) async fn since(&mut self, span: Duration) -> Result<(), End> {
        self.settle().await?;
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let start = Timestamp::now().as_millisecond().saturating_sub(span);
        let room = self.member.room();
        match room.journal().seq_at(room.name(), start).await {
            Ok(seq) => self.tell_stretch(seq, Side::After, limits::PAGE).await,
            Err(_) => self.peer.reply(down(None)).await,
        }
    }

    /// Tells the oldest messages after one, a page at a time: who stops reading pins no more than that. Those that are no
    /// longer kept are named.
    async fn tell_stretch(&mut self, mut from: Seq, side: Side, mut limit: usize) -> Result<(), End> {
        let room = Arc::clone(self.member.room());
        // What comes meanwhile is told by the room.
        let head = room.head();
        loop {
            let Ok(mut page) = room.journal().after(room.name(), from, limit).await else {
                return self.peer.reply(down(None)).await;
            };
            let next = page.said.first().map_or(head, |said| said.prev.min(head));
            if next > from {
                self.peer.reply(Reply::Gap(Seq(from.0 + 1), next, GapWhy::Expired)).await?;
            }
            let known = page.said.partition_point(|said| said.seq <= head);
            page.more &= known == page.said.len();
            page.said.truncate(known);
            limit -= known;
            match page.said.last() {
                Some(last) if page.more && limit > 0 => from = last.seq,
                _ => return self.peer.reply(Reply::Page(None, side, page)).await,
            }
            self.peer.reply(Reply::Part(page)).await?;
        }
    }

    /// Searches, also in what the peer has just said. There may be others before it, so the room goes on meanwhile.
    pub(super) async fn search(&mut self, n: Option<u64>, search: Search) -> Result<(), End> {
        if search.query.is_empty() {
            return self.peer.reply(Reply::Found(n, Found::default())).await;
        }
        self.settle().await?;
        let room = Arc::clone(self.member.room());
        let mut searched = pin!(room.journal().search(room.name(), search));
        let ending = self.peer.ending.clone();
        let found = loop {
            tokio::select! {
                found = &mut searched => break found,
                why = ending.ended() => return Err(self.part(why).await),
                batch = self.follower.next(), if self.hush.until().is_none() => self.tell(batch).await?,
                () = at(self.hush.until()) => self.hush.end(),
            }
        };
        let reply = found.map_or_else(|_| down(n), |found| Reply::Found(n, found));
        self.peer.reply(reply).await
    }
}

fn down(n: Option<u64>) -> Reply {
    Reply::Refused(Refused { cid: None, n, why: Refusal::StoreDown, unsent: false })
}
