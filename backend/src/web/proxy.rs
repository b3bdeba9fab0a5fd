//! Reverse proxies: on whose behalf they come. Nobody else is believed, since anybody can send the header.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::network::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether a peer is a trusted proxy.
pub(super) fn is_one(peer: IpAddr, proxies: &[Network]) -> bool {
    proxies.iter().any(|proxy| proxy.holds(peer))
}

/// Who is behind a peer: the last address that a trusted proxy has heard of and that is none itself.
pub(super) fn caller(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    if !is_one(peer, proxies) {
        return peer;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let heard: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut caller = peer;
    for word in heard.iter().rev() {
        // What is no address was not written by a proxy.
        let Some(ip) = address(word.trim()) else { break };
        caller = ip;
        if !is_one(ip, proxies) {
            break;
        }
    }
    caller
}

/// An address, with a port or without: some proxies write one.
fn address(word: &str) -> Option<IpAddr> {
    let socket = || word.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    bare.parse().ok().or_else(socket).map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(peer: &str, headers: &[&str]) -> String {
        let proxies = ["10.0.0.0/8", "fd00::/16", "127.0.0.1"].map(|network| network.parse().unwrap());
        let mut map = HeaderMap::new();
        for line in headers {
            map.append(FORWARDED_FOR, line.parse().unwrap());
        }
        caller(peer.parse().unwrap(), &map, &proxies).to_string()
    }

    #[test]
    fn a_trusted_proxy_says_who_is_behind_it() {
        assert_eq!(behind("127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(behind("::ffff:10.1.2.3", &["203.0.113.7:5060"]), "203.0.113.7");
        assert_eq!(behind("fd00::9", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(behind("127.0.0.1", &["203.0.113.7, 10.0.0.5"]), "203.0.113.7", "two proxies");
        assert_eq!(behind("127.0.0.1", &["203.0.113.7", "10.0.0.5"]), "203.0.113.7", "two lines");
    }

    #[test]
    fn what_the_caller_wrote_itself_is_not_believed() {
        assert_eq!(behind("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "no proxy");
        assert_eq!(behind("127.0.0.1", &["198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(behind("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(behind("127.0.0.1", &[]), "127.0.0.1");
    }
}
