//! `get-config`: reads the configuration.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::defaults::{NAMESPACE, NETWORK, SERVICE};
use super::{DATA_SIZE, LONGEST, NAMESPACE_NAMES, STRIPES};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::state::Scope;
use crate::store::Namespace;

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
        // There is none.
        "xdr" => return Ok(()),
        _ => return Err(InfoError::parameter("invalid context")),
    }
    call.drop_last();
    Ok(())
}

/// Appends the parameters of a namespace.
pub(in crate::command::info) fn write_namespace(call: &mut Call<'_>, namespace: &Namespace) {
    let settings = &namespace.settings;
    for &(name, default) in NAMESPACE {
        match name {
            "allow-ttl-without-nsup" => call.pair(name, settings.allow_ttl_without_nsup.load(Relaxed)),
            "apply-ttl-reductions" => call.pair(name, settings.apply_ttl_reductions.load(Relaxed)),
            "background-query-max-rps" => call.pair(name, settings.background_query_max_rps.load(Relaxed)),
            "conflict-resolution-policy" => call.pair(name, namespace.conflict_resolution_policy().name()),
            "default-read-touch-ttl-pct" => call.pair(name, settings.default_read_touch_ttl_pct.load(Relaxed)),
            "default-ttl" => call.pair(name, settings.default_ttl.load(Relaxed)),
            "disallow-null-setname" => call.pair(name, settings.disallow_null_setname.load(Relaxed)),
            "force-long-queries" => call.pair(name, settings.force_long_queries.load(Relaxed)),
            "max-record-size" => call.pair(name, settings.max_record_size.load(Relaxed)),
            "nsup-period" => call.pair(name, settings.nsup_period.load(Relaxed)),
            "reject-non-xdr-writes" => call.pair(name, settings.reject_non_xdr_writes.load(Relaxed)),
            "reject-xdr-writes" => call.pair(name, settings.reject_xdr_writes.load(Relaxed)),
            "replication-factor" => match changed(call, Scope::Namespace(namespace.number), name) {
                Some(value) => call.pair(name, value),
                None => call.pair(name, settings.replication_factor),
            },
            "storage-engine" => {
                call.pair(name, default);
                for stripe in 0..STRIPES {
                    call.pair(format_args!("{name}.stripe[{stripe}]"), format_args!("stripe-{stripe}"));
                }
            }
            "storage-engine.data-size" => call.pair(name, DATA_SIZE),
            _ => pair(call, Scope::Namespace(namespace.number), name, default),
        }
    }
}

fn service(call: &mut Call<'_>) {
    for &(name, default) in SERVICE {
        match name {
            "cluster-name" => call.pair(name, call.state.cluster().name()),
            "node-id" => match call.node() {
                Some(node) => call.pair(name, node.id),
                None => call.pair(name, default),
            },
            "work-directory" => call.pair(name, &call.state.config().work_directory),
            _ => pair(call, Scope::Service, name, default),
        }
    }
}

fn network(call: &mut Call<'_>) {
    let address = call
        .node()
        .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |node| node.address);
    for &(name, default) in NETWORK {
        match name {
            "service.port" => call.pair(name, address.port()),
            "service.address" | "service.access-address" => call.pair(name, address.ip()),
            _ => pair(call, Scope::Network, name, default),
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

/// Appends a parameter without an effect: the value that `set-config` gave it, or the default.
fn pair(call: &mut Call<'_>, scope: Scope, name: &'static str, default: &str) {
    match changed(call, scope, name) {
        Some(value) => call.pair(name, value),
        None => call.pair(name, default),
    }
}

fn changed(call: &Call<'_>, scope: Scope, name: &'static str) -> Option<String> {
    call.state.parameters().get(scope, name)
}
