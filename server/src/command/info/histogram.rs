//! `histogram`: the distribution of TTLs and sizes of records.

use super::call::{Answered, Call};
use super::error::InfoError;

/// nsup makes these histograms once in `nsup-hist-period`, an hour by default: there is none yet.
pub(super) fn histogram(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace(&["namespace"])?;
    let is_known = matches!(
        call.required("type", 128)?,
        "ttl" | "object-size" | "object-size-linear"
    );
    let set = call.optional("set", 64)?;
    if set.is_some_and(|set| namespace.sets.find(set.as_bytes()).is_none()) {
        return Err(InfoError::parameter("unknown set name"));
    }
    match (is_known, set) {
        (false, _) => return Err(InfoError::parameter("unknown hist name")),
        (true, Some(_)) => call.say("hist-unavailable"),
        (true, None) => {}
    }
    Ok(())
}
