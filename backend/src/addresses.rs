//! The addresses that others can reach the server by: for the start-up print and for `welcome`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use commonroom_protocol::Join;

use crate::base_path::BasePath;
use crate::name::RoomName;

/// Where a server can be reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    join: Join,
    /// Plain sockets that lead to rooms of their own, where others lead to the lobby.
    rooms: Vec<(String, RoomName)>,
    local: bool,
}

impl Addresses {
    /// The addresses of these listeners, of which plain sockets have a room each; those that others can reach first.
    /// `certified`: the names of the certificate,
    /// where there is one; a page at another is warned about. `tls_only`: plain sockets must speak TLS. `base`: below
    /// which path the page is.
    pub fn new(
        tcp: &[(SocketAddr, RoomName)],
        http: SocketAddr,
        certified: Option<&Vec<String>>,
        tls_only: bool,
        base: &BasePath,
    ) -> Addresses {
        let own = own_ips();
        let local = tcp.iter().map(|(addr, _)| addr).chain([&http]).all(|addr| addr.ip().is_loopback());
        // From the lobby, a line leads to every room.
        let lobby = RoomName::lobby();
        let first =
            if tcp.iter().any(|(_, room)| *room == lobby) { Some(&lobby) } else { tcp.first().map(|(_, room)| room) };
        let (home, others): (Vec<_>, Vec<_>) = tcp.iter().partition(|(_, room)| Some(room) == first);
        let sockets = |addr| sockets(addr, &own, certified.filter(|_| tls_only));
        let rooms =
            others.iter().flat_map(|(addr, room)| sockets(*addr).into_iter().map(|at| (at, room.clone()))).collect();
        let tcp = home.iter().flat_map(|(addr, _)| sockets(*addr)).collect();
        let http = pages(http, &own, certified).iter().map(|page| format!("{page}{base}")).collect();
        Addresses { join: Join { tcp, http, tls: tls_only }, rooms, local }
    }

    /// Whether nobody on another machine can reach it.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// As `welcome` tells them.
    pub fn join(&self) -> Join {
        self.join.clone()
    }
}

/// As the start-up print shows them: one line for each kind, in the words that a person types.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = |address: &String| by_terminal(address, self.join.tls);
        let rooms = self.rooms.iter().map(|(address, room)| format!("{} ({room})", typed(address)));
        let tcp: Vec<String> = self.join.tcp.iter().map(typed).chain(rooms).collect();
        write!(f, "  web     {}\n  socket  {}", self.join.http.join("   "), tcp.join("   "))
    }
}

/// What a person types to come to `HOST:PORT`; `tls`: it must be TLS.
pub fn by_terminal(address: &str, tls: bool) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_local = host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let program = if tls { "ncat --ssl" } else { "nc" };
    format!("{program} {} {port}", if is_local { "localhost" } else { host })
}

/// Where plain sockets come in; by the names of the certificate where they must have one, since at others what asks for
/// it is not content.
fn sockets(tcp: SocketAddr, own: &[IpAddr], certified: Option<&Vec<String>>) -> Vec<String> {
    let by_name: Vec<String> = names(certified).map(|name| format!("{name}:{}", tcp.port())).collect();
    if by_name.is_empty() {
        return reachable(tcp, own).iter().map(SocketAddr::to_string).collect();
    }
    by_name
}

/// The names of a certificate, but those that stand for many.
fn names(certified: Option<&Vec<String>>) -> impl Iterator<Item = &String> {
    certified.into_iter().flatten().filter(|name| !name.starts_with('*'))
}

/// Where the page is: by the names of the certificate, since at others a browser warns of it.
fn pages(http: SocketAddr, own: &[IpAddr], certified: Option<&Vec<String>>) -> Vec<String> {
    let by_name: Vec<String> = names(certified).map(|name| format!("https://{name}{}", port(http.port()))).collect();
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
        let own = ["192.168.1.20".parse().unwrap()];
        let tcp = sockets("0.0.0.0:8888".parse().unwrap(), &own, None);
        let http = pages("0.0.0.0:3000".parse().unwrap(), &own, None);
        let addresses = Addresses { join: Join { tcp, http, tls: false }, rooms: Vec::new(), local: false };
        let print = "  web     http://192.168.1.20:3000   http://localhost:3000\n  socket  nc 192.168.1.20 8888   nc localhost 8888";
        assert_eq!(addresses.to_string(), print);
    }

    #[test]
    fn the_line_that_leads_to_the_lobby_comes_first_and_others_say_where_they_lead() {
        let at = |port: u16, room: &str| (SocketAddr::from(([127, 0, 0, 1], port)), RoomName::parse(room).unwrap());
        let addresses = |tcp: &[_]| Addresses::new(tcp, tcp[0].0, None, false, &BasePath::default());
        let both = addresses(&[at(9000, "ops"), at(8888, "lobby")]);
        assert!(both.to_string().ends_with("  socket  nc localhost 8888   nc localhost 9000 (ops)"), "{both}");
        assert_eq!(both.join().tcp, ["127.0.0.1:8888"]);
        assert_eq!(addresses(&[at(9000, "ops")]).join().tcp, ["127.0.0.1:9000"]);
    }

    #[test]
    fn a_host_stands_bare_before_its_port() {
        assert_eq!(by_terminal("[fd00::1]:8888", false), "nc fd00::1 8888");
        assert_eq!(by_terminal("[::1]:8888", false), "nc localhost 8888");
        assert_eq!(by_terminal("chat.example.org:8888", true), "ncat --ssl chat.example.org 8888");
    }

    #[test]
    fn where_all_speak_tls_sockets_come_by_the_certificates_names() {
        let at = "10.0.0.1:8888".parse().unwrap();
        let named = |names: &[&str], tls_only| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Addresses::new(&[(at, RoomName::lobby())], at, Some(&names), tls_only, &BasePath::default()).join()
        };
        let join = named(&["chat.example.org", "*.example.org"], true);
        assert_eq!((join.tcp, join.tls), (vec!["chat.example.org:8888".to_owned()], true));
        let join = named(&["chat.example.org"], false);
        assert_eq!((join.tcp, join.tls), (vec!["10.0.0.1:8888".to_owned()], false));
        assert_eq!(named(&["*.example.org"], true).tcp, ["10.0.0.1:8888"]);
    }

    #[test]
    fn the_page_is_below_its_path_and_sockets_know_none() {
        let at = "127.0.0.1:3000".parse().unwrap();
        let addresses = Addresses::new(&[(at, RoomName::lobby())], at, None, false, &"/chat/".parse().unwrap());
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
