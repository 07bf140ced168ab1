//! `get-config`: reads the configuration.

use std::net::SocketAddr;

use super::{LONGEST, NAMESPACE_NAMES, STRIPES};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::config::{NETWORK, OF_NAMESPACE, Parameter, SERVICE};
use crate::state::Scope;
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
    let scope = Scope::Namespace(namespace.number);
    for parameter in OF_NAMESPACE.iter().copied().flatten() {
        let name = parameter.name;
        match namespace.settings.value(name) {
            Some(value) => call.pair(name, value),
            None if name == "replication-factor" && changed(call, scope, name).is_none() => {
                let config = call.state.config().namespaces.get(namespace.number);
                call.pair(name, config.map_or(1, |config| config.replication_factor));
            }
            None if name == "rack-id" => call.pair(name, call.node().map_or(0, |node| node.configured_rack())),
            None => pair(call, scope, parameter),
        }
        if name == "storage-engine" {
            for stripe in 0..STRIPES {
                call.pair(format_args!("{name}.stripe[{stripe}]"), format_args!("stripe-{stripe}"));
            }
        }
    }
}

fn service(call: &mut Call<'_>) {
    for parameter in SERVICE {
        let name = parameter.name;
        match name {
            "cluster-name" => call.pair(name, call.state.cluster().name()),
            "node-id" => match call.node() {
                Some(node) => call.pair(name, node.id),
                None => pair(call, Scope::Service, parameter),
            },
            "work-directory" => call.pair(name, &call.state.config().work_directory),
            _ => pair(call, Scope::Service, parameter),
        }
    }
}

fn network(call: &mut Call<'_>) {
    let address = call
        .node()
        .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |node| node.address);
    for parameter in NETWORK {
        let name = parameter.name;
        match name {
            "service.port" => call.pair(name, address.port()),
            "service.address" | "service.access-address" if changed(call, Scope::Network, name).is_none() => {
                call.pair(name, address.ip());
            }
            _ => pair(call, Scope::Network, parameter),
        }
    }
}

/// Appends a parameter without an effect: the value that the configuration or `set-config` gave it, or the default.
fn pair(call: &mut Call<'_>, scope: Scope, parameter: &'static Parameter) {
    match (changed(call, scope, parameter.name), parameter.default) {
        (Some(value), _) => call.pair(parameter.name, value),
        (None, Some(default)) => call.pair(parameter.name, default),
        (None, None) => {}
    }
}

fn changed(call: &Call<'_>, scope: Scope, name: &'static str) -> Option<String> {
    call.state.parameters().get(scope, name)
}
