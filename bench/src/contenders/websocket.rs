//! How a client opens a WebSocket (RFC 6455 section 4.1).

use std::net::SocketAddr;

use crate::crowd::{Step, Until};

/// Asks for the upgrade, and for a subprotocol if there is one.
pub fn upgrade(address: SocketAddr, path: &str, protocol: Option<&str>) -> Step {
    let protocol = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let say = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
    );
    Step { say: say.into_bytes(), until: Until::Head }
}
