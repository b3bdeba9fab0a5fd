//! What a session does when it is asked for what was said.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use commonroom_protocol::limits;
use jiff::Timestamp;

use super::peer::End;
use super::{Session, at};
use crate::dialect::{Refused, Reply, Side, Stretch};
use crate::journal::{Found, JournalError, Page, Search};
use crate::refusal::Refusal;
use crate::transport::Transport;

impl<T: Transport> Session<T> {
    pub(super) async fn history(&mut self, n: Option<u64>, stretch: Stretch) -> Result<(), End> {
        // Who asks finds what they have said.
        self.settle().await?;
        let room = self.member.room();
        let Stretch { from, side, limit } = stretch;
        let page = match side {
            Side::Before => room.journal().before(room.name(), from, limit).await,
            Side::After => room.journal().after(room.name(), from, limit).await,
            Side::Around => room.journal().around(room.name(), from, limit).await,
        };
        self.tell_page(n, side, page).await
    }

    /// Tells what was said in this time.
    pub(super) async fn since(&mut self, span: Duration) -> Result<(), End> {
        self.settle().await?;
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let start = Timestamp::now().as_millisecond().saturating_sub(span);
        let room = self.member.room();
        let page = match room.journal().seq_at(room.name(), start).await {
            Ok(seq) => room.journal().after(room.name(), seq, limits::PAGE).await,
            Err(down) => Err(down),
        };
        self.tell_page(None, Side::After, page).await
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

    async fn tell_page(&mut self, n: Option<u64>, side: Side, page: Result<Page, JournalError>) -> Result<(), End> {
        let told =
            |page: Page| Reply::Page(n, side, page.said.iter().map(|said| (**said).clone()).collect(), page.more);
        self.peer.reply(page.map_or_else(|_| down(n), told)).await
    }
}

fn down(n: Option<u64>) -> Reply {
    Reply::Refused(Refused { cid: None, n, why: Refusal::StoreDown, unsent: false })
}
