//! `endpoints`, and the addresses of heartbeats: `mesh`, `mcast`, `tip` and `tip-clear`.
//!
//! Nodes are not processes, and send no heartbeats. Their ports are those of a real server's default configuration.

use std::net::SocketAddr;

use spikelet_wire::ResultCode;

use super::call::{Answered, Call};
use super::error::InfoError;

const FABRIC_PORT: u16 = 3001;
const HEARTBEAT_PORT: u16 = 3002;
const ADMIN_PORT: u16 = 3003;

pub(super) fn endpoints(call: &mut Call<'_>) -> Answered {
    let Some(node) = call.node() else {
        return Ok(());
    };
    let (address, access) = (node.address, node.access_address());
    let alternate = node
        .alternate
        .map_or_else(|| "null".to_owned(), |address| address.ip().to_string());
    let alternate_port = node.alternate.map_or(address.port(), |address| address.port());
    call.pair("service.port", address.port());
    call.pair("service.addresses", address.ip());
    call.pair("service.access-port", access.port());
    call.pair("service.access-addresses", access.ip());
    call.pair("service.alternate-access-port", alternate_port);
    call.pair("service.alternate-access-addresses", alternate);
    for (tls, address) in [
        ("service.tls", node.tls_address),
        ("service.tls-access", node.tls_access_address()),
        ("service.tls-alternate-access", node.tls_alternate),
    ] {
        call.pair(format_args!("{tls}-port"), address.map_or(0, |address| address.port()));
        match address {
            Some(address) => call.pair(format_args!("{tls}-addresses"), address.ip()),
            None => call.pair(format_args!("{tls}-addresses"), "null"),
        }
    }
    for (channel, port) in [
        ("admin", ADMIN_PORT),
        ("heartbeat", HEARTBEAT_PORT),
        ("fabric", FABRIC_PORT),
    ] {
        call.pair(format_args!("{channel}.port"), port);
        call.pair(format_args!("{channel}.addresses"), address.ip());
        no_tls(call, &format!("{channel}.tls"));
    }
    call.drop_last();
    Ok(())
}

fn no_tls(call: &mut Call<'_>, prefix: &str) {
    call.pair(format_args!("{prefix}-port"), 0);
    call.pair(format_args!("{prefix}-addresses"), "null");
}

pub(super) fn mesh(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.node() {
        call.say(SocketAddr::new(node.address.ip(), HEARTBEAT_PORT));
    }
    Ok(())
}

/// Heartbeats are in mesh mode. The message of the real server says the opposite.
pub(super) fn mcast(_call: &mut Call<'_>) -> Answered {
    Err(InfoError::parameter("heartbeat is in multicast mode"))
}

/// `tip`: a node to send heartbeats to. The nodes of a cluster are known here, and a tip adds none.
pub(super) fn tip(call: &mut Call<'_>) -> Answered {
    call.required("host", 256)?;
    let port = call.required("port", 50)?;
    let tls = call.optional("tls", 50)?.unwrap_or("false");
    if port.parse::<i32>().is_err() {
        return Err(InfoError::parameter("'port' must be an integer"));
    }
    if !matches!(tls, "true" | "false") {
        return Err(InfoError::parameter("'tls' must be either 'true' or 'false'"));
    }
    call.say("ok");
    Ok(())
}

/// `tip-clear`: no tip is kept, so that none is found.
pub(super) fn tip_clear(call: &mut Call<'_>) -> Answered {
    let tips = call.required("host-port-list", 3000)?;
    let not_found = tips.split(',').filter(|tip| tip.contains(':')).count();
    let text = format!("0 cleared, {not_found} not found");
    Err(InfoError::new(ResultCode::SERVER_ERROR, text))
}
