//! `sets`: the sets of namespaces, with their statistics and configuration.

use std::sync::atomic::Ordering::Relaxed;

use super::objects::{data_used_bytes_of_set, objects_of_set};
use crate::command::info::call::{Answered, Call};
use crate::store::{Namespace, Set, SetId};

/// `sets` lists the sets of all namespaces, `sets/namespace` those of one; `sets/namespace/set` is one set.
pub(in crate::command::info) fn sets(call: &mut Call<'_>) -> Answered {
    if call.parameters.is_empty() {
        for namespace in call.state.namespaces() {
            all_sets(call, namespace);
        }
        return Ok(());
    }
    let (name, set) = match call.parameters.split_once('/') {
        Some((name, set)) => (name, Some(set)),
        None => (call.parameters, None),
    };
    match (call.namespace(name), set) {
        (Err(_), _) => call.say("ns_type=unknown"),
        (Ok(namespace), None) => all_sets(call, namespace),
        (Ok(namespace), Some(set)) => {
            if let Some(id) = namespace.sets.find(set.as_bytes()) {
                properties(call, namespace, id);
            }
        }
    }
    Ok(())
}

fn all_sets(call: &mut Call<'_>, namespace: &Namespace) {
    for set in namespace.sets.all() {
        let name = String::from_utf8_lossy(&set.name);
        call.say(format_args!("ns={}:set={name}:", namespace.name));
        if let Some(id) = namespace.sets.find(&set.name) {
            properties(call, namespace, id);
        }
    }
}

fn properties(call: &mut Call<'_>, namespace: &Namespace, id: SetId) {
    let Some(set) = namespace.sets.get(id) else {
        return;
    };
    let sindexes = namespace.sindexes.all();
    let sindexes = sindexes.iter().filter(|sindex| sindex.definition.set == Some(id));
    let enable_index = is_indexed(namespace, &set);
    let data_used_bytes = data_used_bytes_of_set(call, namespace, id, set.data_used_bytes.load(Relaxed));
    let settings = &set.settings;
    let objects = objects_of_set(call, namespace, id, set.objects.load(Relaxed), true);
    let tombstones = match set.tombstones.load(Relaxed) {
        0 => 0,
        counted => objects_of_set(call, namespace, id, counted, false),
    };
    let truncate_lut = set.truncate_lut.load(Relaxed);
    call.say(format_args!(
        "objects={objects}:tombstones={tombstones}:data_used_bytes={data_used_bytes}:truncate_lut={truncate_lut}:sindexes={}:\
         index_populating=false:truncating=false:default-read-touch-ttl-pct={}:default-ttl={}:\
         disable-eviction={}:enable-index={enable_index}:stop-writes-count={}:stop-writes-size={};",
        sindexes.count(),
        settings.default_read_touch_ttl_pct.load(Relaxed),
        settings.default_ttl.load(Relaxed),
        settings.disable_eviction.load(Relaxed),
        settings.stop_writes_count.load(Relaxed),
        settings.stop_writes_size.load(Relaxed),
    ));
}

/// Whether a set has an index of its own, which `set-config` or `sindex-create` has created.
pub(super) fn is_indexed(namespace: &Namespace, set: &Set) -> bool {
    let id = namespace.sets.find(&set.name);
    let has_named = || namespace.sindexes.of_sets().iter().any(|(_, other)| Some(*other) == id);
    set.settings.enable_index.load(Relaxed) || has_named()
}
