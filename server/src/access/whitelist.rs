//! Whitelists: the addresses from which the users with a role may log in.

use std::net::IpAddr;

/// Addresses and networks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Whitelist {
    /// As it was given: clients compare it with what they sent.
    text: String,
    networks: Vec<Network>,
}

/// An address, or a network with the size of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Whitelist {
    /// The size of the longest whitelist, in bytes.
    const MAX: usize = 16 * 1024;

    /// Reads addresses and networks with commas between them, such as `127.0.0.1,10.1.0.0/16,fd00::/8`; `None` if one is invalid.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX {
            return None;
        }
        let networks: Option<Vec<Network>> = match text {
            "" => Some(Vec::new()),
            text => text.split(',').map(Network::parse).collect(),
        };
        Some(Self {
            text: text.to_owned(),
            networks: networks?,
        })
    }

    /// The text that it was read from.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it limits nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether an address is on it.
    pub(crate) fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.includes(address))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|digit| digit.is_ascii_digit()) => prefix.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (prefix <= most).then_some(Self { address, prefix })
    }

    fn includes(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(whitelist: &str, address: &str) -> bool {
        Whitelist::parse(whitelist).unwrap().includes(address.parse().unwrap())
    }

    #[test]
    fn networks_include_their_addresses() {
        assert!(includes("10.1.2.0/24,127.0.0.1", "127.0.0.1"));
        assert!(includes("10.1.2.0/24,127.0.0.1", "10.1.2.255"));
        assert!(!includes("10.1.2.0/24,127.0.0.1", "10.1.3.0"));
        assert!(includes("0.0.0.0/0", "1.2.3.4") && !includes("0.0.0.0/0", "::1"));
        assert!(includes("fd00::/8", "fdff::1") && !includes("fd00::/8", "fe00::1"));
        // A client over IPv4 that reached a socket of IPv6.
        assert!(includes("127.0.0.1", "::ffff:127.0.0.1"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "bad_IP",
            "1.2.3",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/",
            "1.2.3.4/+8",
            "1.2.3.4,",
            " 1.2.3.4",
            "1.2.3.4/8/8",
        ] {
            assert_eq!(Whitelist::parse(text), None, "{text}");
        }
        assert_eq!(Whitelist::parse(&"1.1.1.1,".repeat(10_000)), None);
        assert!(Whitelist::parse("").unwrap().is_empty());
    }
}
