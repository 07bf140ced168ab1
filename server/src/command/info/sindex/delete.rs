//! `sindex-delete`.

use super::{NAME, NAMESPACE_NAMES, record_change};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;

/// Succeeds if there is no such index.
pub(in crate::command::info) fn delete(call: &mut Call<'_>) -> Answered {
    let name = call.required("indexname", NAME)?;
    let namespace = call
        .namespace_name(NAMESPACE_NAMES)?
        .ok_or_else(|| InfoError::missing("namespace"))?;
    record_change(call, namespace, name);
    match call.namespace(namespace) {
        Ok(namespace) => namespace.sindexes.delete(name),
        Err(_) => call.state.foreign_sindexes().of(namespace).1.delete(name),
    }
    call.say("ok");
    Ok(())
}
