//! `get-config`: reads the configuration.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::{LONGEST, NAMESPACE_NAMES, STRIPES};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::command::info::xdr;
use crate::config::{AuthenticateClient, NETWORK, OF_NAMESPACE, Parameter, SERVICE};
use crate::state::Scope;
use crate::store::Namespace;
use crate::version::Edition;

pub(in crate::command::info) fn get_config(call: &mut Call<'_>) -> Answered {
    if call.parameters.is_empty() {
        service(call);
        network(call);
        security(call);
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
        "security" => {
            if call.state.security().is_none() {
                return Ok(());
            }
            security(call);
        }
        "xdr" if call.state.config().edition == Edition::Enterprise => return xdr::get_config(call),
        // There is none.
        "xdr" => return Ok(()),
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

/// Appends the TLS name, and the names that clients must have.
fn tls_name(call: &mut Call<'_>, name: &str) {
    let Some(tls) = &call.state.config().tls else {
        return;
    };
    call.pair(name, &tls.name);
    let names = match &tls.authenticate_client {
        AuthenticateClient::False => &["false".to_owned()][..],
        AuthenticateClient::Any => &["any".to_owned()],
        AuthenticateClient::Names(names) => names,
    };
    names
        .iter()
        .for_each(|name| call.pair("service.tls-authenticate-client", name));
}

fn network(call: &mut Call<'_>) {
    let address = call
        .node()
        .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |node| node.address);
    let tls_address = call.node().and_then(|node| node.tls_address);
    for parameter in NETWORK {
        let name = parameter.name;
        match name {
            "service.port" => call.pair(name, address.port()),
            "service.tls-port" if tls_address.is_some() => {
                call.pair(name, tls_address.map_or(0, |address| address.port()));
            }
            "service.tls-address" if tls_address.is_some() => {
                tls_address.iter().for_each(|address| call.pair(name, address.ip()));
            }
            "service.tls-authenticate-client" if tls_address.is_some() => {}
            "service.tls-name" if tls_address.is_some() => tls_name(call, name),
            "service.address" | "service.access-address" if changed(call, Scope::Network, name).is_none() => {
                call.pair(name, address.ip());
            }
            _ => pair(call, Scope::Network, parameter),
        }
    }
}

/// Nothing without security.
fn security(call: &mut Call<'_>) {
    let Some(security) = call.state.security() else { return };
    let settings = security.settings();
    call.pair("enable-quotas", settings.enable_quotas);
    call.pair(
        "privilege-refresh-period",
        settings.privilege_refresh_period.load(Relaxed),
    );
    call.pair("session-ttl", settings.session_ttl.load(Relaxed));
    call.pair("tps-weight", settings.tps_weight.load(Relaxed));
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
