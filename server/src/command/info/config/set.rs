//! `set-config`: changes the configuration while the server runs.

use std::sync::atomic::Ordering::Relaxed;

use super::rules::{self, Rule};
use super::{LONGEST, NAMESPACE_NAMES, set_of_namespace};
use crate::cluster::Cluster;
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::command::info::parameters::pairs;
use crate::config::{ConflictResolutionPolicy, SecurityConfig, is_cluster_name};
use crate::state::Scope;
use crate::store::Namespace;
use crate::version::Edition;

pub(in crate::command::info) fn set_config(call: &mut Call<'_>) -> Answered {
    match call.required("context", LONGEST)? {
        "service" => set_service(call)?,
        "network" => {
            let (rule, value) = requested(call, rules::NETWORK)?;
            call.state.parameters().set(Scope::Network, rule.shown, value);
        }
        "namespace" => {
            let namespace = call.required_namespace(NAMESPACE_NAMES)?;
            match value_of(call, "set") {
                Some(set) => set_of_namespace::set(call, namespace, set)?,
                None => set_namespace(call, namespace)?,
            }
        }
        "security" if call.state.config().edition == Edition::Enterprise => set_security(call)?,
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

/// A command changes one parameter: the first in the order of the rules that it names. Others are ignored, known or not.
fn requested(call: &Call<'_>, rules: &'static [Rule]) -> Result<(&'static Rule, String), InfoError> {
    let found = rules
        .iter()
        .find_map(|rule| value_of(call, rule.name).map(|value| (rule, value)));
    let (rule, value) = found.ok_or_else(invalid)?;
    let value = rule.read(value, call.state.config().edition).ok_or_else(invalid)?;
    Ok((rule, value))
}

fn set_service(call: &Call<'_>) -> Answered {
    let (rule, value) = requested(call, rules::SERVICE)?;
    match rule.name {
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
    call.state.parameters().set(Scope::Service, rule.shown, value);
    call.state.apply_query_max_done();
    Ok(())
}

fn set_security(call: &Call<'_>) -> Answered {
    let (rule, value) = requested(call, rules::SECURITY)?;
    let settings = call.state.security().ok_or_else(invalid)?.settings();
    let number = value.parse().map_err(|_| invalid())?;
    let (least, _) = match rule.name {
        "privilege-refresh-period" => SecurityConfig::PRIVILEGE_REFRESH_PERIOD,
        "session-ttl" => SecurityConfig::SESSION_TTL,
        _ => SecurityConfig::TPS_WEIGHT,
    };
    if number < least {
        return Err(invalid());
    }
    match rule.name {
        "privilege-refresh-period" => settings.privilege_refresh_period.store(number, Relaxed),
        "session-ttl" => settings.session_ttl.store(number, Relaxed),
        _ => settings.tps_weight.store(number, Relaxed),
    }
    Ok(())
}

fn set_namespace(call: &Call<'_>, namespace: &Namespace) -> Answered {
    let (rule, value) = requested(call, rules::NAMESPACE)?;
    let settings = &namespace.settings;
    let flag = value == "true";
    let number = value.parse().unwrap_or(0);
    match rule.name {
        "allow-ttl-without-nsup" => settings.allow_ttl_without_nsup.store(flag, Relaxed),
        "apply-ttl-reductions" => settings.apply_ttl_reductions.store(flag, Relaxed),
        "background-query-max-rps" => settings.background_query_max_rps.store(number, Relaxed),
        "conflict-resolution-policy" => {
            let policy: ConflictResolutionPolicy = value.parse().map_err(|_| invalid())?;
            settings.keeps_last_written.store(policy.keeps_last_written(), Relaxed);
        }
        "default-read-touch-ttl-pct" => settings.default_read_touch_ttl_pct.store(number, Relaxed),
        "default-ttl" => {
            if number != 0 && !removes_expired(namespace) {
                return Err(invalid());
            }
            settings.default_ttl.store(number, Relaxed);
        }
        "disallow-null-setname" => settings.disallow_null_setname.store(flag, Relaxed),
        "force-long-queries" => settings.force_long_queries.store(flag, Relaxed),
        "max-record-size" => settings.max_record_size.store(number, Relaxed),
        "nsup-period" => settings.nsup_period.store(number, Relaxed),
        "reject-non-xdr-writes" => settings.reject_non_xdr_writes.store(flag, Relaxed),
        "reject-xdr-writes" => settings.reject_xdr_writes.store(flag, Relaxed),
        _ => {
            let scope = Scope::Namespace(namespace.number);
            call.state.parameters().set(scope, rule.shown, value);
        }
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
