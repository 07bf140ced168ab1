//! The peers of a node: the info values `peers-clear-std` and `peers-clear-alt`, and `peers-tls-std` and `peers-tls-alt`.
//!
//! The format is `generation,default port,[[node,tls name,[address,address]],...]`.

use super::host::{DEFAULT_PORT, Host};

/// The peers that a node lists.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Peers {
    pub(crate) generation: u64,
    pub(crate) peers: Vec<Peer>,
}

/// A node as another node lists it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) hosts: Vec<Host>,
}

impl Peers {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (generation, rest) = text.split_once(',')?;
        let (port, list) = rest.split_once(',')?;
        let port = match port {
            "" => DEFAULT_PORT,
            port => port.parse().ok()?,
        };
        let list = bracketed(list)?;
        Some(Self {
            generation: generation.parse().ok()?,
            peers: split(list).map(|peer| Peer::parse(peer, port)).collect::<Option<_>>()?,
        })
    }
}

impl Peer {
    fn parse(text: &str, default_port: u16) -> Option<Self> {
        let mut parts = split(bracketed(text)?);
        let (name, tls_name, hosts) = (parts.next()?, parts.next()?, parts.next()?);
        let host = |text| {
            let tls_name = (!tls_name.is_empty()).then(|| tls_name.to_owned());
            let host = Host::parse(text, default_port)?;
            Some(Host { tls_name, ..host })
        };
        Some(Self {
            name: name.to_owned(),
            hosts: split(bracketed(hosts)?).map(host).collect::<Option<_>>()?,
        })
    }
}

fn bracketed(text: &str) -> Option<&str> {
    text.trim().strip_prefix('[')?.strip_suffix(']')
}

/// Splits a text at the commas outside of brackets; the empty text has no parts.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = (!text.is_empty()).then_some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut depth = 0_i32;
        let comma = text.char_indices().find(|&(_, c)| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ',' && depth == 0
        });
        let (part, after) = match comma {
            Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let peers = Peers::parse(text)?;
        let shown: Vec<_> = peers
            .peers
            .iter()
            .map(|peer| {
                format!(
                    "{}={}",
                    peer.name,
                    peer.hosts.iter().map(Host::to_string).collect::<Vec<_>>().join("|")
                )
            })
            .collect();
        Some(format!("{} {}", peers.generation, shown.join(" ")))
    }

    #[test]
    fn peers_are_read() {
        assert_eq!(shown("0,3000,[]").unwrap(), "0 ");
        assert_eq!(
            shown("4,3000,[[B2,,[127.0.0.1:3200]],[B3,,[127.0.0.1]]]").unwrap(),
            "4 B2=127.0.0.1:3200 B3=127.0.0.1:3000"
        );
        assert_eq!(
            shown("1,3100,[[B2,tls,[[fe80::1],[fe80::2]:5,c.example]],[B3,,[]]]").unwrap(),
            "1 B2=[fe80::1]:3100|[fe80::2]:5|c.example:3100 B3="
        );
    }

    #[test]
    fn damaged_peers_are_refused() {
        for text in [
            "",
            "4",
            "4,3000",
            "x,3000,[]",
            "4,3000,[[B2]]",
            "4,3000,[[B2,,127.0.0.1]]",
            "4,3000,[",
            "1,2,[]]][",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
