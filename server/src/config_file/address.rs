//! Addresses: `any`, `local`, an IP address or the name of a host.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs as _};

/// Reads an address to listen on.
///
/// # Errors
/// What the value must be, to follow the parameter's name.
pub(super) fn read(text: &str) -> Result<IpAddr, String> {
    match text {
        "" => Err("must have a value".to_owned()),
        "any" | "*" => Ok(Ipv4Addr::UNSPECIFIED.into()),
        "local" | "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        _ => text.parse().or_else(|_| {
            let found = (text, 0).to_socket_addrs().ok().and_then(|mut found| found.next());
            found.map(|address| address.ip()).ok_or_else(|| {
                format!("must be any, local, an IP address or the name of a host, not {text}; names of interfaces are not supported")
            })
        }),
    }
}
