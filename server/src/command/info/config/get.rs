//! `get-config`: reads the configuration.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::defaults::{NAMESPACE, NETWORK, SERVICE};
use super::{LONGEST, NAMESPACE_NAMES};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::store::Namespace;

pub(in crate::command::info) fn get_config(call: &mut Call<'_>) -> Answered {
    if call.parameters.is_empty() {
        service(call);
        network(call);
        call.drop_last();
        return Ok(());
    }
    match call.required("context", LONGEST)? {
        "service" => service(call),
        "network" => network(call),
        "namespace" => {
            let namespace = call.required_namespace(NAMESPACE_NAMES)?;
            write_namespace(call, namespace);
        }
        // There is neither.
        "security" | "xdr" => return Ok(()),
        _ => return Err(InfoError::parameter("invalid context")),
    }
    call.drop_last();
    Ok(())
}

/// Appends the parameters of a namespace.
pub(in crate::command::info) fn write_namespace(call: &mut Call<'_>, namespace: &Namespace) {
    let settings = &namespace.settings;
    for &(name, value) in NAMESPACE {
        match name {
            "allow-ttl-without-nsup" => call.pair(name, settings.allow_ttl_without_nsup.load(Relaxed)),
            "default-read-touch-ttl-pct" => call.pair(name, settings.default_read_touch_ttl_pct.load(Relaxed)),
            "conflict-resolution-policy" => call.pair(name, namespace.conflict_resolution_policy().name()),
            "default-ttl" => call.pair(name, settings.default_ttl.load(Relaxed)),
            "nsup-period" => call.pair(name, settings.nsup_period.load(Relaxed)),
            "replication-factor" => call.pair(name, settings.replication_factor),
            _ => call.pair(name, value),
        }
    }
}

fn service(call: &mut Call<'_>) {
    for &(name, value) in SERVICE {
        match name {
            "cluster-name" => call.pair(name, call.state.cluster().name()),
            "node-id" => match call.node() {
                Some(node) => call.pair(name, node.id),
                None => call.pair(name, "null"),
            },
            _ => call.pair(name, value),
        }
    }
}

fn network(call: &mut Call<'_>) {
    let address = call
        .node()
        .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |node| node.address);
    for &(name, value) in NETWORK {
        match name {
            "service.port" => call.pair(name, address.port()),
            "service.address" | "service.access-address" => call.pair(name, address.ip()),
            _ => call.pair(name, value),
        }
    }
}
