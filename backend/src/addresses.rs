//! The addresses that others can reach the server by: for the start-up print and for `welcome`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use commonroom_protocol::Join;

use crate::base_path::BasePath;

/// Where a server can be reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    tcp: Vec<SocketAddr>,
    /// Plain sockets must speak TLS.
    tls_only: bool,
    http: Vec<String>,
    local: bool,
}

impl Addresses {
    /// The addresses of these listeners, those that others can reach first. `certified`: the names of the certificate,
    /// where there is one; a page at another is warned about. `base`: below which path the page is.
    pub fn new(
        tcp: &[SocketAddr],
        http: SocketAddr,
        certified: Option<&Vec<String>>,
        tls_only: bool,
        base: &BasePath,
    ) -> Addresses {
        let own = own_ips();
        let local = tcp.iter().chain([&http]).all(|addr| addr.ip().is_loopback());
        let tcp = tcp.iter().flat_map(|addr| reachable(*addr, &own)).collect();
        let http = pages(http, &own, certified).iter().map(|page| format!("{page}{base}")).collect();
        Addresses { tcp, tls_only, http, local }
    }

    /// Whether nobody on another machine can reach it.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// As `welcome` tells them.
    pub fn join(&self) -> Join {
        Join { tcp: self.tcp.iter().map(SocketAddr::to_string).collect(), http: self.http.clone() }
    }
}

/// As the start-up print shows them: one line for each kind, in the words that a person types.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nc = if self.tls_only { "ncat --ssl" } else { "nc" };
        let tcp: Vec<String> =
            self.tcp.iter().map(|addr| format!("{nc} {} {}", name(addr.ip()), addr.port())).collect();
        write!(f, "  web     {}\n  socket  {}", self.http.join("   "), tcp.join("   "))
    }
}

/// Where the page is: by the names of the certificate, since at others a browser warns of it.
fn pages(http: SocketAddr, own: &[IpAddr], certified: Option<&Vec<String>>) -> Vec<String> {
    let names = certified.into_iter().flatten().filter(|name| !name.starts_with('*'));
    let by_name: Vec<String> = names.map(|name| format!("https://{name}{}", port(http.port()))).collect();
    if by_name.is_empty() {
        let scheme = if certified.is_some() { "https" } else { "http" };
        return reachable(http, own).iter().map(|addr| url(scheme, addr)).collect();
    }
    by_name
}

/// As it stands behind a name in an https address, which has a port of its own.
fn port(port: u16) -> String {
    if port == 443 { String::new() } else { format!(":{port}") }
}

fn url(scheme: &str, addr: &SocketAddr) -> String {
    match addr.ip() {
        ip if ip.is_loopback() => format!("{scheme}://localhost:{}", addr.port()),
        IpAddr::V4(ip) => format!("{scheme}://{ip}:{}", addr.port()),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]:{}", addr.port()),
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
        let tcp = ["192.168.1.20:8888", "127.0.0.1:8888"].map(|addr| addr.parse().unwrap()).to_vec();
        let http = pages("0.0.0.0:3000".parse().unwrap(), &["192.168.1.20".parse().unwrap()], None);
        let addresses = Addresses { tcp, tls_only: false, http, local: false };
        let print = "  web     http://192.168.1.20:3000   http://localhost:3000\n  socket  nc 192.168.1.20 8888   nc localhost 8888";
        assert_eq!(addresses.to_string(), print);
    }

    #[test]
    fn the_page_is_below_its_path_and_sockets_know_none() {
        let at = "127.0.0.1:3000".parse().unwrap();
        let addresses = Addresses::new(&[at], at, None, false, &"/chat/".parse().unwrap());
        assert_eq!(addresses.to_string(), "  web     http://localhost:3000/chat\n  socket  nc localhost 3000");
        assert_eq!(addresses.join().http, ["http://localhost:3000/chat"]);
    }

    #[test]
    fn with_a_certificate_the_page_is_at_its_names() {
        let pages = |port, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            pages(SocketAddr::from(([192, 168, 1, 20], port)), &[], Some(&names))
        };
        assert_eq!(pages(443, &["chat.example.org", "*.example.org"]), ["https://chat.example.org"]);
        assert_eq!(pages(3000, &["chat.example.org"]), ["https://chat.example.org:3000"]);
        assert_eq!(pages(3000, &["*.example.org"]), ["https://192.168.1.20:3000"]);
    }
}
