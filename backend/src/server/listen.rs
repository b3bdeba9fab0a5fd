//! Listeners, whose options are inherited by what they accept.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use tokio::net::TcpListener;

use super::BindError;
use crate::transport;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// What the kernel may hold for a peer that does not read: more would hide megabytes there.
const SEND_BUFFER: usize = 64 * 1024;

pub(super) fn listen_tcp(addr: SocketAddr, stalled_for: Duration) -> Result<TcpListener, BindError> {
    const FLAG: &str = "--tcp";
    TcpListener::from_std(listen(addr, FLAG, stalled_for)?).map_err(|why| BindError::Other { addr, flag: FLAG, why })
}

/// A listener whose options are inherited by what it accepts. A peer that acknowledges nothing for as long as a plain socket
/// may be stalled is gone, also one that only claims to have no room.
pub(super) fn listen(addr: SocketAddr, flag: &'static str, stalled_for: Duration) -> Result<StdListener, BindError> {
    try_listen(addr, stalled_for * transport::TCP_PATIENCE).map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { addr, flag },
        _ => BindError::Other { addr, flag, why },
    })
}

fn try_listen(addr: SocketAddr, unacknowledged: Duration) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Without it a restart fails for a minute while old connections linger.
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_keepalive(&keepalive())?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(unacknowledged))?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Finds out within two minutes that a silent peer's machine is gone.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15)).with_retries(4)
}
