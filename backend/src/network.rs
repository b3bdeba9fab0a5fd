//! Networks: those that an operator names, and the one that stands for whoever has an address. Pure.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// An address, or a network of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    /// Bits that all its addresses share.
    bits: u32,
}

impl Network {
    /// Whether an address is one of these.
    pub fn holds(&self, ip: IpAddr) -> bool {
        match (self.first, ip.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => shares(first.to_bits().into(), ip.to_bits().into(), 32, self.bits),
            (IpAddr::V6(first), IpAddr::V6(ip)) => shares(first.to_bits(), ip.to_bits(), 128, self.bits),
            _ => false,
        }
    }
}

fn shares(a: u128, b: u128, width: u32, bits: u32) -> bool {
    (a ^ b).checked_shr(width - bits).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let (first, bits) = text.split_once('/').map_or((text, None), |(first, bits)| (first, Some(bits)));
        let network = || {
            let first: IpAddr = first.parse().ok()?;
            let width = if first.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(width), |bits| bits.parse().ok())?;
            (bits <= width).then_some(Network { first, bits })
        };
        network().ok_or_else(|| format!("`{text}` is neither an address nor a network, as 10.0.0.5 or 10.0.0.0/8"))
    }
}

/// What stands for whoever has this address: of IPv6, who has one has its 64 bits of network, and so 2^64 of them.
pub fn block(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_its_first_bits() {
        let holds = |network: &str, ip: &str| network.parse::<Network>().unwrap().holds(ip.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("192.168.1.77/24", "192.168.1.1") && !holds("192.168.1.0/24", "192.168.2.1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("fd00::/8", "fdff::1") && !holds("fd00::1", "fd00::2"));
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0", "10.0.0.0/", "example.org"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
