//! Addresses: host and port.

use std::fmt;

use crate::error::Error;

/// Aerospike's default port.
pub(crate) const DEFAULT_PORT: u16 = 3000;

/// An address of a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Host {
    pub(crate) name: String,
    /// The name that the certificate of the node must have, if it is known.
    pub(crate) tls_name: Option<String>,
    pub(crate) port: u16,
}

impl Host {
    /// Parses `name`, `name:port`, `name:tls-name:port`, and the same with `[ipv6]` as name.
    pub(crate) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest.split_once(']')?;
                match port {
                    "" => (name, None),
                    port => (name, Some(port.strip_prefix(':')?)),
                }
            }
            None => match text.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            },
        };
        if name.is_empty() {
            return None;
        }
        let (tls_name, port) = match port.map(|rest| rest.rsplit_once(':').ok_or(rest)) {
            None => (None, default_port),
            Some(Err(port)) => (None, port.parse().ok()?),
            Some(Ok((tls_name, port))) => (Some(tls_name), port.parse().ok()?),
        };
        if tls_name.is_some_and(|name| name.is_empty() || name.contains(':')) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            tls_name: tls_name.map(str::to_owned),
            port,
        })
    }

    /// Parses addresses separated by commas.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, Error> {
        let addresses = text.split(',').map(str::trim).filter(|address| !address.is_empty());
        addresses
            .map(|address| {
                Self::parse(address, DEFAULT_PORT).ok_or_else(|| Error::argument(format!("{address:?} is no address")))
            })
            .collect()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, shown) in [
            ("127.0.0.1:3100", "127.0.0.1:3100"),
            ("localhost", "localhost:3000"),
            ("[::1]:3100", "[::1]:3100"),
            ("[::1]", "[::1]:3000"),
        ] {
            assert_eq!(Host::parse(text, DEFAULT_PORT).unwrap().to_string(), shown);
        }
        for (text, tls_name) in [("a:b.c:4333", "b.c"), ("[::1]:b:4333", "b")] {
            let host = Host::parse(text, DEFAULT_PORT).unwrap();
            assert_eq!((host.tls_name.as_deref(), host.port), (Some(tls_name), 4333));
        }
        for text in [
            "",
            ":3000",
            "a:b",
            "[::1",
            "[::1]3000",
            "a:99999",
            "a::3000",
            "a:b:c:3000",
            "a:b:",
        ] {
            assert_eq!(Host::parse(text, DEFAULT_PORT), None, "{text}");
        }
        assert_eq!(Host::parse_list("a, b:1").unwrap().len(), 2);
        assert_eq!(
            Host::parse_list("a,b:c").unwrap_err().to_string(),
            r#""b:c" is no address"#
        );
    }
}
