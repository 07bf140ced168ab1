//! Where the nodes of the cluster are.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::call::{Answered, Call};
use crate::cluster::Node;

/// The port that an address in a list of peers need not name.
const DEFAULT_PORT: u16 = 3000;

/// The node's own address. A node that listens everywhere is where this client reached it.
pub(super) fn service(call: &mut Call<'_>) -> Answered {
    let Some(node) = call.node() else {
        return Ok(());
    };
    let address = match call.session.local {
        Some(local) if node.address.ip().is_unspecified() => local,
        _ => node.address,
    };
    call.say(address);
    Ok(())
}

/// There is no second set of addresses, no node has left that would be remembered, nor is there an admin port.
pub(super) fn nothing(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

pub(super) fn services(call: &mut Call<'_>) -> Answered {
    let addresses: Vec<SocketAddr> = peers(call).map(|node| node.address).collect();
    call.list(addresses)
}

pub(super) fn peers_generation(call: &mut Call<'_>) -> Answered {
    call.say(call.engine.cluster().peers_generation());
    Ok(())
}

/// `generation,default port,[[node,tls name,[address,...]],...]`; with a `generation` only what has changed since.
pub(super) fn peers_clear_std(call: &mut Call<'_>) -> Answered {
    let list = peers(call).fold(String::new(), |mut list, node| {
        let separator = if list.is_empty() { "" } else { "," };
        let _ = write!(
            list,
            "{separator}[{},,[{}]]",
            node.id,
            without_default_port(node.address)
        );
        list
    });
    answer_peers(call, &list)
}

/// Nor is there a second set of addresses.
pub(super) fn peers_clear_alt(call: &mut Call<'_>) -> Answered {
    answer_peers(call, "")
}

fn answer_peers(call: &mut Call<'_>, list: &str) -> Answered {
    let generation = call.engine.cluster().peers_generation();
    let since = call.parameters.strip_prefix("generation=").map_or(0, leading_number);
    let list = if since >= generation { "" } else { list };
    call.say(format_args!("{generation},{DEFAULT_PORT},[{list}]"));
    Ok(())
}

fn peers<'c>(call: &Call<'c>) -> impl Iterator<Item = &'c Node> + use<'c> {
    let own = call.session.node;
    let nodes = call.engine.cluster().nodes().iter().enumerate();
    nodes.filter(move |(at, _)| *at != own).map(|(_, node)| node)
}

fn without_default_port(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.port() == DEFAULT_PORT => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.port() == DEFAULT_PORT => format!("[{}]", v6.ip()),
        address => address.to_string(),
    }
}

/// The number that a text begins with, and 0 where it begins with none.
fn leading_number(text: &str) -> u64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits).unwrap_or_default().parse().unwrap_or(0)
}
