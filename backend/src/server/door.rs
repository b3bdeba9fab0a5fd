//! The way in: what every listener needs to start a session, and how all of them end.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use commonroom_protocol::ByeCode;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ending::Ending;
use crate::gate::{Full, Pass};
use crate::session::Site;
use crate::tls::Tls;

/// Goodbyes are spread over this time, so that not all clients come back at once.
const SPREAD: Duration = Duration::from_secs(2);
/// How long the goodbyes wait for what is being committed.
const COMMIT: Duration = Duration::from_secs(2);
/// Connections may take this long to end after their goodbye.
const FAREWELL: Duration = Duration::from_secs(5);

/// The way in.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) site: Arc<Site>,
    pub(crate) tls: Option<Arc<Tls>>,
    /// Plain sockets must speak TLS.
    pub(crate) tls_only: bool,
    sessions: TaskTracker,
    closing: CancellationToken,
}

impl Door {
    pub(crate) fn new(site: Arc<Site>, tls: Option<Arc<Tls>>, tls_only: bool) -> Door {
        Door { site, tls, tls_only, sessions: TaskTracker::new(), closing: CancellationToken::new() }
    }

    /// Runs a session, which is told to end when the server drains.
    pub(crate) fn admit<F>(&self, session: impl FnOnce(Arc<Site>, Ending) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.sessions.spawn(session(Arc::clone(&self.site), Ending::of(&self.closing)));
    }

    /// Places for a plain socket and for who comes on it.
    pub(crate) fn line(&self, from: IpAddr) -> Result<[Pass; 2], Full> {
        let now = Instant::now();
        let socket = self.site.gate.socket(from, now)?;
        Ok([socket, self.site.gate.room(from, now)?])
    }

    /// Nobody is let in any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.sessions.is_closed()
    }

    /// Refuses what is new, says goodbye to everyone, and waits for them to end.
    pub(crate) async fn drain(&self) {
        self.sessions.close();
        let hub = &self.site.hub;
        // A journal that does not answer must not hold up the end.
        let _ = timeout(COMMIT, hub.close()).await;
        hub.end_all(ByeCode::Restart, SPREAD).await;
        // Whoever has not joined a room yet.
        self.closing.cancel();
        // Who does not end in time is cut off.
        let _ = timeout(FAREWELL, self.sessions.wait()).await;
    }
}
