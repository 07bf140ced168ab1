//! `set-config` of a set: `context=namespace;id=NAMESPACE;set=SET`.

use super::set::{invalid, removes_expired, requested};
use crate::command::info::call::{Answered, Call};
use crate::config::SET;
use crate::store::{Namespace, SetSettings};

/// Changes one parameter of a set, which is created if there is none. This is so even if the parameter is refused.
pub(super) fn set(call: &Call<'_>, namespace: &Namespace, name: &str) -> Answered {
    let id = namespace.sets.find_or_create(name.as_bytes()).ok_or_else(invalid)?;
    let set = namespace.sets.get(id).ok_or_else(invalid)?;
    let (parameter, value) = requested(call, &[SET], false)?;
    match parameter.name {
        "default-ttl" if value != SetSettings::NEVER.to_string() && !removes_expired(namespace) => {
            return Err(invalid());
        }
        // What `sindex-create` has created is not for this command to change.
        "enable-index" if namespace.sindexes.of_sets().iter().any(|(_, other)| *other == id) => return Err(invalid()),
        _ => set.settings.change(parameter.name, &value),
    }
    namespace.sets.mark_configured();
    Ok(())
}
