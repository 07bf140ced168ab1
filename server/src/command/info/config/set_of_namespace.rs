//! `set-config` of a set: `context=namespace;id=NAMESPACE;set=SET`.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use super::set::{invalid, removes_expired, value_of};
use super::value;
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::config::MAX_TTL;
use crate::store::{Namespace, SetSettings};

/// Changes one parameter of a set, which is created if there is none. This is so even if the parameter is refused.
pub(super) fn set(call: &Call<'_>, namespace: &Namespace, name: &str) -> Answered {
    let id = namespace.sets.find_or_create(name.as_bytes()).ok_or_else(invalid)?;
    let set = namespace.sets.get(id).ok_or_else(invalid)?;
    let settings = &set.settings;
    if let Some(text) = value_of(call, "default-read-touch-ttl-pct") {
        let percent: i32 = text.parse().map_err(|_| invalid())?;
        if !(-1..=100).contains(&percent) {
            return Err(invalid());
        }
        settings.default_read_touch_ttl_pct.store(percent as u32, Relaxed);
    } else if let Some(text) = value_of(call, "default-ttl") {
        let ttl = value::seconds(text).ok_or_else(invalid)?;
        if ttl != SetSettings::NEVER && (ttl > MAX_TTL || !removes_expired(namespace)) {
            return Err(invalid());
        }
        settings.default_ttl.store(ttl, Relaxed);
    } else if let Some(text) = value_of(call, "disable-eviction") {
        store_flag(&settings.disable_eviction, text)?;
    } else if let Some(text) = value_of(call, "enable-index") {
        // What `sindex-create` has created is not for this command to change.
        if namespace.sindexes.of_sets().iter().any(|(_, other)| *other == id) {
            return Err(invalid());
        }
        store_flag(&settings.enable_index, text)?;
    } else if let Some(text) = value_of(call, "stop-writes-count") {
        settings.stop_writes_count.store(value::leading(text) as u64, Relaxed);
    } else if let Some(text) = value_of(call, "stop-writes-size") {
        settings
            .stop_writes_size
            .store(value::size(text).ok_or_else(invalid)?, Relaxed);
    } else {
        return Err(invalid());
    }
    namespace.sets.mark_configured();
    Ok(())
}

fn store_flag(flag: &AtomicBool, text: &str) -> Result<(), InfoError> {
    flag.store(text.parse().map_err(|_| invalid())?, Relaxed);
    Ok(())
}
