//! How a connection is told from outside that it must end, and why.

use std::sync::{Arc, OnceLock};

use commonroom_protocol::ByeCode;
use tokio_util::sync::CancellationToken;

/// A connection's cancellation token with a reason. The room holds one end (kick, replacement), the server drains by it,
/// and the session watches it, also while a write is blocked.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    token: CancellationToken,
    why: Arc<OnceLock<ByeCode>>,
}

impl Ending {
    /// The ending of one connection of a server, which ends with it.
    pub fn of(server: &CancellationToken) -> Ending {
        Ending { token: server.child_token(), why: Arc::default() }
    }

    /// Ends the connection. The first reason stays.
    pub fn end(&self, why: ByeCode) {
        self.why.get_or_init(|| why);
        self.token.cancel();
    }

    /// Waits until the connection must end.
    pub async fn ended(&self) -> ByeCode {
        self.token.cancelled().await;
        // Without a reason of its own it ends because the server does.
        self.why.get().copied().unwrap_or(ByeCode::Restart)
    }
}
