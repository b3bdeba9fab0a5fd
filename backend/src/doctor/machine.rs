//! Ports, open files, the clock.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::dialect::words::grouped;
use crate::gate;

/// With fewer connections than this, a busy evening may be too much.
const FEW: usize = 1000;
/// Whoever holds a port has this long to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// Where systemd says that the clock is kept right.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// The year of the first version: a clock before it is wrong.
const FIRST: &str = "2026-01-01T00:00:00Z";

/// Whether the server could listen there.
pub(super) fn port(addr: SocketAddr, flag: &str) -> Finding {
    match TcpListener::bind(addr) {
        Ok(_) => Finding::Good(format!("{addr} is free ({flag})")),
        Err(fault) if fault.kind() == ErrorKind::AddrInUse && is_ours(addr) => {
            Finding::Good(format!("a Commonroom serves {addr} already ({flag})"))
        }
        Err(fault) => Finding::Bad(format!("can't listen on {addr} ({fault}); choose another with {flag}")),
    }
}

/// Whether who holds a port answers as this server does: both of its doors answer a look at the page.
fn is_ours(addr: SocketAddr) -> bool {
    let mut addr = addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    let asked = || {
        let mut stream = TcpStream::connect_timeout(&addr, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(16 << 10).read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    asked().is_ok_and(|answer| answer.contains("Commonroom"))
}

/// How many connections there may be.
pub(super) fn open_files(asked: Option<usize>) -> Finding {
    // The server takes as many as it is allowed.
    let Some(files) = getrlimit(Resource::Nofile).maximum else {
        return Finding::Good("there may be any number of open files".to_owned());
    };
    let places = gate::connections_for(files);
    let words = format!("{} connections at once", grouped(asked.map_or(places, |asked| asked.min(places))));
    match asked {
        Some(asked) if asked > places => Finding::Note(format!(
            "{words}: --max-connections asks for {}, which are more than the open files allow (ulimit -Hn)",
            grouped(asked)
        )),
        None if places < FEW => Finding::Note(format!("{words}: more open files (ulimit -Hn) would allow more")),
        _ => Finding::Good(words),
    }
}

/// Whether the times of messages will be right.
pub(super) fn clock() -> Finding {
    let now = Timestamp::now();
    if FIRST.parse().is_ok_and(|first: Timestamp| now < first) {
        return Finding::Bad(format!("the clock says {now}: set it"));
    }
    if Path::new(SYNCHRONISED).exists() {
        return Finding::Good(format!("the clock is kept right, and says {now}"));
    }
    Finding::Note(format!("the clock says {now}; whether something keeps it right can't be told here (NTP, chrony)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_or_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = taken.local_addr().unwrap();
        // Whoever holds it hangs up on all who come.
        let holder = std::thread::spawn(move || taken.accept().map(drop));
        assert!(matches!(port(addr, "--tcp"), Finding::Bad(words) if words.contains("--tcp")));
        holder.join().unwrap().unwrap();
        assert!(matches!(port(addr, "--tcp"), Finding::Good(_)));
    }

    #[test]
    fn more_connections_than_files_are_noted() {
        assert!(matches!(open_files(Some(usize::MAX)), Finding::Note(words) if words.contains("--max-connections")));
        assert!(matches!(open_files(Some(1)), Finding::Good(words) if words.starts_with("1 connections")));
    }
}
