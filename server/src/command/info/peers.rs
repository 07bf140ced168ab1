//! Addresses of the node and of its peers.

use std::net::SocketAddr;

use super::call::{Answered, Call};
use crate::cluster::Node;

/// The default port, which addresses in a list of peers omit.
const DEFAULT_PORT: u16 = 3000;

/// The node's own address. For a node that listens on all interfaces, the address that this client connected to.
pub(super) fn service(call: &mut Call<'_>) -> Answered {
    let Some(node) = call.node() else {
        return Ok(());
    };
    let address = match (node.advertised, call.session.local) {
        (None, Some(local)) if node.address.ip().is_unspecified() => SocketAddr::new(local.ip(), node.address.port()),
        _ => node.access_address(),
    };
    call.say(address);
    Ok(())
}

/// The node's own TLS address, if it has one.
pub(super) fn service_tls(call: &mut Call<'_>) -> Answered {
    let addresses = call.node().map(|node| (node.tls_address, node.tls_advertised));
    let Some((Some(tls), advertised)) = addresses else {
        return Ok(());
    };
    let address = match (advertised, call.session.local) {
        (None, Some(local)) if tls.ip().is_unspecified() => SocketAddr::new(local.ip(), tls.port()),
        (advertised, _) => advertised.unwrap_or(tls),
    };
    call.say(address);
    Ok(())
}

/// The node's alternate TLS address, if it has one.
pub(super) fn service_tls_alt(call: &mut Call<'_>) -> Answered {
    if let Some(address) = call.node().and_then(|node| node.tls_alternate) {
        call.say(address);
    }
    Ok(())
}

/// The node's alternate address, if it has one.
pub(super) fn service_alt(call: &mut Call<'_>) -> Answered {
    if let Some(address) = call.node().and_then(|node| node.alternate) {
        call.say(address);
    }
    Ok(())
}

/// Empty: there is no admin port.
pub(super) fn nothing(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

pub(super) fn services(call: &mut Call<'_>) -> Answered {
    answer_services(call, Known::Present, standard)
}

pub(super) fn services_alternate(call: &mut Call<'_>) -> Answered {
    answer_services(call, Known::Present, alternate)
}

pub(super) fn services_alumni(call: &mut Call<'_>) -> Answered {
    answer_services(call, Known::Ever, standard)
}

pub(super) fn peers_generation(call: &mut Call<'_>) -> Answered {
    if let Some(node) = call.node() {
        call.say(node.peers_generation());
    }
    Ok(())
}

pub(super) fn peers_clear_std(call: &mut Call<'_>) -> Answered {
    answer_peers(call, Known::Present, standard)
}

pub(super) fn peers_clear_alt(call: &mut Call<'_>) -> Answered {
    answer_peers(call, Known::Present, alternate)
}

pub(super) fn alumni_clear_std(call: &mut Call<'_>) -> Answered {
    answer_peers(call, Known::Ever, standard)
}

pub(super) fn alumni_clear_alt(call: &mut Call<'_>) -> Answered {
    answer_peers(call, Known::Ever, alternate)
}

pub(super) fn peers_tls_std(call: &mut Call<'_>) -> Answered {
    answer_tls_peers(call, Known::Present, Node::tls_access_address)
}

pub(super) fn peers_tls_alt(call: &mut Call<'_>) -> Answered {
    answer_tls_peers(call, Known::Present, |node| node.tls_alternate)
}

pub(super) fn alumni_tls_std(call: &mut Call<'_>) -> Answered {
    answer_tls_peers(call, Known::Ever, Node::tls_access_address)
}

pub(super) fn alumni_tls_alt(call: &mut Call<'_>) -> Answered {
    answer_tls_peers(call, Known::Ever, |node| node.tls_alternate)
}

/// Which peers are listed: present ones, or also those that have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Present,
    Ever,
}

fn standard(node: &Node) -> Option<SocketAddr> {
    Some(node.access_address())
}

const fn alternate(node: &Node) -> Option<SocketAddr> {
    node.alternate
}

fn answer_services(call: &mut Call<'_>, known: Known, address: impl Fn(&Node) -> Option<SocketAddr>) -> Answered {
    let cluster = call.state.cluster();
    let own = cluster.node(call.session.node);
    let peers = own.map_or_else(Default::default, Node::peers).iter();
    let listed = peers.filter(|peer| peer.is_present || known == Known::Ever);
    call.list(listed.filter_map(|peer| cluster.node(peer.node).and_then(&address)))
}

/// The TLS addresses of peers, with the TLS name that they have in common.
fn answer_tls_peers(call: &mut Call<'_>, known: Known, address: impl Fn(&Node) -> Option<SocketAddr>) -> Answered {
    let name = call.state.config().tls.as_ref().map_or("", |tls| &tls.name);
    answer_named_peers(call, known, name, address)
}

fn answer_peers(call: &mut Call<'_>, known: Known, address: impl Fn(&Node) -> Option<SocketAddr>) -> Answered {
    answer_named_peers(call, known, "", address)
}

/// `generation,default port,[[node,tls name,[address,...]],...]`. With a `generation`, only the peers that have changed since;
/// `[node,,]` is a peer that has left.
fn answer_named_peers(
    call: &mut Call<'_>,
    known: Known,
    tls_name: &str,
    address: impl Fn(&Node) -> Option<SocketAddr>,
) -> Answered {
    let cluster = call.state.cluster();
    let Some(own) = cluster.node(call.session.node) else {
        return Ok(());
    };
    let since = call.parameters.strip_prefix("generation=").map(leading_number);
    call.say(format_args!("{},{DEFAULT_PORT},[", own.peers_generation()));
    let listed = own
        .peers()
        .iter()
        .filter(|peer| peer.is_present || known == Known::Ever || since.is_some());
    let changed = listed.filter(|peer| peer.generation > since.unwrap_or(0));
    let mut separator = "";
    for peer in changed {
        let Some((node, address)) = cluster.node(peer.node).and_then(|node| Some((node, address(node)?))) else {
            continue;
        };
        if peer.is_present || since.unwrap_or(0) == 0 {
            call.say(format_args!(
                "{separator}[{},{tls_name},[{}]]",
                node.id,
                without_default_port(address)
            ));
        } else {
            call.say(format_args!("{separator}[{},,]", node.id));
        }
        separator = ",";
    }
    call.say("]");
    Ok(())
}

fn without_default_port(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.port() == DEFAULT_PORT => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.port() == DEFAULT_PORT => format!("[{}]", v6.ip()),
        address => address.to_string(),
    }
}

/// The number at the start of a text; 0 if there is none.
fn leading_number(text: &str) -> u64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits).unwrap_or_default().parse().unwrap_or(0)
}
