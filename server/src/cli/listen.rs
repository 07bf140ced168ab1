//! A listen argument: `ADDRESS:PORT`.

use std::net::{Ipv4Addr, SocketAddr};

/// Parses an address. A port alone, and the host `localhost`, mean 127.0.0.1.
pub(super) fn parse(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    port.parse()
        .map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000, or a port".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_and_localhost_mean_127_0_0_1() {
        let loopback = |port| Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        assert_eq!(parse("3000"), loopback(3000));
        assert_eq!(parse("localhost:0"), loopback(0));
        assert_eq!(parse("[::1]:3000"), Ok("[::1]:3000".parse().unwrap()));
        for wrong in ["", "localhost", "127.0.0.1", "example.com:3000", "70000", "localhost:x"] {
            assert!(parse(wrong).unwrap_err().contains("127.0.0.1:3000"), "{wrong}");
        }
    }
}
