//! The addresses that others can reach the server by: for the start-up print and for `welcome`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use commonroom_protocol::Join;

/// Where a server can be reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    tcp: Vec<SocketAddr>,
    http: Vec<SocketAddr>,
}

impl Addresses {
    /// The addresses of these listeners, those that others can reach first.
    pub fn new(tcp: &[SocketAddr], http: SocketAddr) -> Addresses {
        let own = own_ips();
        Addresses { tcp: tcp.iter().flat_map(|addr| reachable(*addr, &own)).collect(), http: reachable(http, &own) }
    }

    /// As `welcome` tells them.
    pub fn join(&self) -> Join {
        Join { tcp: self.tcp.iter().map(SocketAddr::to_string).collect(), http: self.http.iter().map(url).collect() }
    }
}

/// As the start-up print shows them: one line for each kind, in the words that a person types.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let http: Vec<String> = self.http.iter().map(url).collect();
        let tcp: Vec<String> = self.tcp.iter().map(|addr| format!("nc {} {}", name(addr.ip()), addr.port())).collect();
        write!(f, "  web     {}\n  socket  {}", http.join("   "), tcp.join("   "))
    }
}

fn url(addr: &SocketAddr) -> String {
    match addr.ip() {
        ip if ip.is_loopback() => format!("http://localhost:{}", addr.port()),
        IpAddr::V4(ip) => format!("http://{ip}:{}", addr.port()),
        IpAddr::V6(ip) => format!("http://[{ip}]:{}", addr.port()),
    }
}

fn name(ip: IpAddr) -> String {
    if ip.is_loopback() { "localhost".to_owned() } else { ip.to_string() }
}

/// A listener on all addresses is reached by each of the machine's own, and on the machine itself by localhost.
fn reachable(addr: SocketAddr, own: &[IpAddr]) -> Vec<SocketAddr> {
    if !addr.ip().is_unspecified() {
        return vec![addr];
    }
    let local: IpAddr = if addr.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
    let reached = own.iter().filter(|ip| ip.is_ipv4() || addr.is_ipv6());
    reached.copied().chain([local]).map(|ip| SocketAddr::new(ip, addr.port())).collect()
}

/// This machine's own addresses, without those that nobody else can use.
fn own_ips() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let ips = interfaces.iter().filter(|interface| !interface.is_link_local()).map(if_addrs::Interface::ip);
    let mut ips: Vec<IpAddr> = ips.filter(|ip| !ip.is_loopback()).collect();
    ips.sort_by_key(IpAddr::is_ipv6);
    ips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_everywhere_is_shown_by_every_address_and_localhost() {
        let own = ["192.168.1.20".parse().unwrap(), "fd00::1".parse().unwrap()];
        let any = |addr: &str| reachable(addr.parse().unwrap(), &own);
        assert_eq!(any("0.0.0.0:8888"), ["192.168.1.20:8888".parse().unwrap(), "127.0.0.1:8888".parse().unwrap()]);
        assert_eq!(any("[::]:80").len(), 3);
        assert_eq!(any("10.0.0.1:80"), ["10.0.0.1:80".parse().unwrap()]);
    }

    #[test]
    fn they_are_printed_as_a_person_types_them() {
        let addresses = Addresses {
            tcp: vec!["192.168.1.20:8888".parse().unwrap(), "127.0.0.1:8888".parse().unwrap()],
            http: vec!["192.168.1.20:3000".parse().unwrap(), "[::1]:3000".parse().unwrap()],
        };
        let print = "  web     http://192.168.1.20:3000   http://localhost:3000\n  socket  nc 192.168.1.20 8888   nc localhost 8888";
        assert_eq!(addresses.to_string(), print);
    }
}
