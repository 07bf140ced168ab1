//! `sindex-stat` and `sindex-exists`.

use std::sync::atomic::Ordering::Relaxed;

use spikelet_wire::ResultCode;

use super::{NAMESPACE_NAMES, name_or_error};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::store::{Namespace, SetId};

/// The size of a record's entry in the real server's set index, in bytes.
const ENTRY: u64 = 16;

pub(in crate::command::info) fn stat(call: &mut Call<'_>) -> Answered {
    let name = name_or_error(call);
    let result = call
        .required_namespace(NAMESPACE_NAMES)
        .and_then(|namespace| match name {
            Some(name) => statistics(call, namespace, name),
            None => Err(no_index()),
        });
    // What was replied of the name stays.
    result.or_else(|error| {
        call.say(error);
        Ok(())
    })
}

fn no_index() -> InfoError {
    InfoError::new(ResultCode::INDEX_NOT_FOUND, "no index")
}

/// Appends the statistics of an index.
pub(super) fn statistics(call: &mut Call<'_>, namespace: &Namespace, name: &str) -> Answered {
    if let Some(sindex) = namespace.sindexes.by_name(name) {
        let (entries, used_bytes, build) = (sindex.entries(), sindex.used_bytes(), sindex.build_progress());
        // The real server computes the entries per value and per record once an hour.
        call.say(format_args!(
            "entries={entries};used_bytes={used_bytes};entries_per_bval=0;entries_per_rec=0;\
             load_pct={};load_time={};stat_gc_recs=0",
            build.percent, build.seconds
        ));
        return Ok(());
    }
    let set = set_of(namespace, name).and_then(|set| namespace.sets.get(set));
    let set = set.ok_or_else(no_index)?;
    let entries = set.objects.load(Relaxed);
    let used_bytes = entries.saturating_mul(ENTRY);
    call.say(format_args!("entries={entries};used_bytes={used_bytes};load_pct=100"));
    Ok(())
}

pub(in crate::command::info) fn exists(call: &mut Call<'_>) -> Answered {
    let name = name_or_error(call);
    match call.required_namespace(NAMESPACE_NAMES) {
        Ok(namespace) => call.say(
            name.is_some_and(|name| namespace.sindexes.by_name(name).is_some() || set_of(namespace, name).is_some()),
        ),
        Err(error) => call.say(error),
    }
    Ok(())
}

/// The set of a set index.
fn set_of(namespace: &Namespace, name: &str) -> Option<SetId> {
    let sets = namespace.sindexes.of_sets();
    sets.iter().find(|(other, _)| **other == *name).map(|(_, set)| *set)
}
