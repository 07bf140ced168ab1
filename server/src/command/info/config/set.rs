//! `set-config`: changes the configuration while the server runs.

use std::sync::atomic::Ordering::Relaxed;

use super::{LONGEST, NAMESPACE_NAMES, set_of_namespace};
use crate::cluster::Cluster;
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::command::info::parameters::pairs;
use crate::command::info::xdr;
use crate::config::{NETWORK, OF_NAMESPACE_CHANGED, Parameter, SECURITY, SERVICE, is_cluster_name};
use crate::state::Scope;
use crate::store::Namespace;
use crate::version::Edition;

pub(in crate::command::info) fn set_config(call: &mut Call<'_>) -> Answered {
    match call.required("context", LONGEST)? {
        "service" => set_service(call)?,
        "network" => {
            let (parameter, value) = requested(call, &[NETWORK], false)?;
            call.state.parameters().set(Scope::Network, parameter.name, value);
        }
        "namespace" => {
            let namespace = call.required_namespace(NAMESPACE_NAMES)?;
            match value_of(call, "set") {
                Some(set) => set_of_namespace::set(call, namespace, set)?,
                None => set_namespace(call, namespace)?,
            }
        }
        "security" if call.state.config().edition == Edition::Enterprise => set_security(call)?,
        "xdr" if call.state.config().edition == Edition::Enterprise => return xdr::set_config(call),
        "security" | "xdr" => return Err(InfoError::enterprise_only()),
        _ => return Err(InfoError::parameter("invalid context")),
    }
    call.say("ok");
    Ok(())
}

/// The value of a parameter, if it is present and not too long.
pub(super) fn value_of<'c>(call: &Call<'c>, name: &str) -> Option<&'c str> {
    pairs(call.parameters)
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| value.len() < LONGEST)
}

/// A command changes one parameter: the first that it names, in the order of the tables and then of the names. Others are ignored,
/// known or not. `is_consistent` tells whether it is for a namespace with `strong-consistency`.
pub(super) fn requested(
    call: &Call<'_>,
    tables: &[&'static [Parameter]],
    is_consistent: bool,
) -> Result<(&'static Parameter, String), InfoError> {
    let first_of = |table: &&'static [Parameter]| {
        let named = table.iter().filter(|parameter| parameter.is_changeable());
        let named = named.filter_map(|parameter| Some((parameter, value_of(call, parameter.changed_as)?)));
        named.min_by_key(|(parameter, _)| parameter.changed_as)
    };
    let (parameter, value) = tables.iter().find_map(first_of).ok_or_else(invalid)?;
    let value = parameter.read_change(value, call.state.config().edition, is_consistent);
    Ok((parameter, value.ok_or_else(invalid)?))
}

fn set_service(call: &Call<'_>) -> Answered {
    let (parameter, value) = requested(call, &[SERVICE], false)?;
    match parameter.name {
        "cluster-name" => {
            if !is_cluster_name(&value) {
                return Err(invalid());
            }
            call.state.adjust_cluster(|cluster: &mut Cluster| cluster.rename(value));
            return Ok(());
        }
        "min-cluster-size" => {
            let size = call.state.cluster().subcluster(call.session.node).size();
            if value.parse().is_ok_and(|least: usize| least > size) {
                return Err(invalid());
            }
        }
        _ => {}
    }
    call.state.parameters().set(Scope::Service, parameter.name, value);
    call.state.apply_query_max_done();
    Ok(())
}

fn set_security(call: &Call<'_>) -> Answered {
    let settings = call.state.security().ok_or_else(invalid)?.settings();
    let (parameter, value) = requested(call, &[SECURITY], false)?;
    let number = value.parse().map_err(|_| invalid())?;
    match parameter.name {
        "privilege-refresh-period" => settings.privilege_refresh_period.store(number, Relaxed),
        "session-ttl" => settings.session_ttl.store(number, Relaxed),
        _ => settings.tps_weight.store(number, Relaxed),
    }
    Ok(())
}

fn set_namespace(call: &Call<'_>, namespace: &Namespace) -> Answered {
    let (parameter, value) = requested(call, OF_NAMESPACE_CHANGED, namespace.settings.strong_consistency)?;
    if parameter.name == "default-ttl" && value != "0" && !removes_expired(namespace) {
        return Err(invalid());
    }
    if parameter.name == "rack-id" {
        let (node, rack) = (call.session.node, value.parse().unwrap_or_default());
        call.state
            .adjust_cluster(|cluster: &mut Cluster| cluster.prepare_rack(node, rack));
        return Ok(());
    }
    if !namespace.settings.change(parameter.name, &value) {
        let scope = Scope::Namespace(namespace.number);
        call.state.parameters().set(scope, parameter.name, value);
    }
    Ok(())
}

/// Whether a namespace allows TTLs: it removes what expires, or allows TTLs without that.
pub(super) fn removes_expired(namespace: &Namespace) -> bool {
    let settings = &namespace.settings;
    settings.nsup_period.load(Relaxed) != 0 || settings.allow_ttl_without_nsup.load(Relaxed)
}

pub(super) fn invalid() -> InfoError {
    InfoError::parameter("invalid set-config parameter")
}
