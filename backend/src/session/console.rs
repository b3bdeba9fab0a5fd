//! The operator's console: a person's session without a socket.

use std::sync::Arc;
use std::time::Duration;

use commonroom_protocol::Via;

use super::limits::Bucket;
use super::opening::{begin, join, reopen_lines};
use super::peer::Peer;
use super::{Next, Site};
use crate::dialect::{Dialect, Line};
use crate::ending::Ending;
use crate::moderation::{Caller, Rights};
use crate::name::{By, Nick, RoomName};
use crate::room::{Arrival, Replay};
use crate::transport::Console;

/// Lines that the console shows of what was said before.
const REPLAY: usize = 20;

/// Lives the console: it joins the lobby as `operator`, and may moderate.
pub async fn console(console: Console, site: Arc<Site>, ending: Ending) {
    let Ok(by) = By::random() else { return };
    let line = Line::new(by, false, Arc::clone(&site.host), site.zone.clone()).operator();
    let arrival = Arrival {
        by,
        nick: Some(Ok(Nick::operator())),
        via: Via::Console,
        ip: None,
        quiet: false,
        ending: ending.clone(),
    };
    let mut peer = Peer {
        transport: console,
        dialect: Dialect::Line(line),
        // A flood of others must not find the operator slowed down.
        bucket: Bucket::new(0, 0, Duration::ZERO),
        ending,
        via: Via::Console,
        caller: Caller { rights: Rights::Operator, ..Caller::default() },
        metrics: Arc::clone(&site.metrics),
        stalled_for: site.stalled_for,
        deaf: false,
    };
    let joined = join(&mut peer, &site, RoomName::lobby(), arrival, Replay::Last(REPLAY)).await;
    let mut session = begin(peer, Arc::clone(&site), joined, None).await;
    while let Some(open) = session {
        let Some((peer, Next::Join(to, by, nick))) = open.run().await else { return };
        session = reopen_lines(peer, &to, (by, nick), Arc::clone(&site)).await;
    }
}
