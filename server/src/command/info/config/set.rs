//! `set-config`: changes the configuration while the server runs.

use std::sync::atomic::Ordering::Relaxed;

use spikelet_wire::{ResultCode, info};

use super::defaults::{NAMESPACE, NETWORK, Parameter, SERVICE};
use super::{LONGEST, NAMESPACE_NAMES};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::config::{ConflictResolutionPolicy, MAX_TTL};
use crate::store::Namespace;

pub(in crate::command::info) fn set_config(call: &mut Call<'_>) -> Answered {
    match call.required("context", LONGEST)? {
        "service" => refuse(call, SERVICE)?,
        "network" => refuse(call, NETWORK)?,
        "namespace" => set_namespace(call, call.required_namespace(NAMESPACE_NAMES)?)?,
        "security" | "xdr" => return Err(InfoError::enterprise_only()),
        _ => return Err(InfoError::parameter("invalid context")),
    }
    call.say("ok");
    Ok(())
}

/// One command changes one parameter: the first, in the real server's order, that it names.
fn set_namespace(call: &Call<'_>, namespace: &Namespace) -> Answered {
    let settings = &namespace.settings;
    let given = |name: &str| {
        info::parameters(call.parameters)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    if given("set").is_some() {
        return refuse(call, NAMESPACE);
    }
    let has_nsup = || settings.nsup_period.load(Relaxed) != 0 || settings.allow_ttl_without_nsup.load(Relaxed);
    if let Some(value) = given("allow-ttl-without-nsup") {
        settings
            .allow_ttl_without_nsup
            .store(value.parse().map_err(|_| invalid())?, Relaxed);
    } else if let Some(value) = given("conflict-resolution-policy") {
        let policy: ConflictResolutionPolicy = value.parse().map_err(|_| invalid())?;
        settings.keeps_last_written.store(policy.keeps_last_written(), Relaxed);
    } else if let Some(value) = given("default-read-touch-ttl-pct") {
        let percent = value
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(invalid)?;
        settings.default_read_touch_ttl_pct.store(percent, Relaxed);
    } else if let Some(value) = given("default-ttl") {
        let ttl = seconds(value).filter(|ttl| *ttl <= MAX_TTL).ok_or_else(invalid)?;
        if ttl != 0 && !has_nsup() {
            return Err(invalid());
        }
        settings.default_ttl.store(ttl, Relaxed);
    } else if let Some(value) = given("nsup-period") {
        settings.nsup_period.store(seconds(value).ok_or_else(invalid)?, Relaxed);
    } else {
        return refuse(call, NAMESPACE);
    }
    Ok(())
}

/// Refuses to change what a command names: as unknown, or as known and without an effect here.
fn refuse(call: &Call<'_>, known: &[Parameter]) -> Answered {
    let is_known = |given: &str| {
        known
            .iter()
            .any(|(name, _)| name.rsplit('.').next() == given.rsplit('.').next())
    };
    let meant = info::parameters(call.parameters).find(|(name, _)| is_known(name));
    match meant {
        Some((name, _)) => Err(InfoError::new(
            ResultCode::UNSUPPORTED_FEATURE,
            format!("this server cannot change '{name}'"),
        )),
        None => Err(invalid()),
    }
}

fn invalid() -> InfoError {
    InfoError::parameter("invalid set-config parameter")
}

/// Reads a time: seconds, or with a unit of s, m, h or d. A unit alone is 0 of it, and -1 the longest time there is.
fn seconds(text: &str) -> Option<u32> {
    if text == "-1" {
        return Some(u32::MAX);
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = match unit {
        "" | "s" | "S" => 1,
        "m" | "M" => 60,
        "h" | "H" => 3600,
        "d" | "D" => 24 * 3600,
        _ => return None,
    };
    let number: u32 = if number.is_empty() { 0 } else { number.parse().ok()? };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = ["120", "2m", "1H", "30d", "d", "3x", "-1", "49711d"].map(seconds);
        assert_eq!(
            read,
            [
                Some(120),
                Some(120),
                Some(3600),
                Some(2_592_000),
                Some(0),
                None,
                Some(u32::MAX),
                None
            ]
        );
    }
}
