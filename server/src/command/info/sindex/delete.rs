//! `sindex-delete`.

use super::{NAMESPACE_NAMES, name_or_error, record_change};
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;

/// Succeeds if there is no such index.
pub(in crate::command::info) fn delete(call: &mut Call<'_>) -> Answered {
    let name = name_or_error(call);
    let namespace = call
        .namespace_name(NAMESPACE_NAMES)
        .and_then(|name| name.ok_or_else(|| InfoError::missing("namespace")));
    match (namespace, name) {
        (Err(error), _) => call.say(error),
        (Ok(namespace), name) => {
            if let Some(name) = name {
                remove(call, namespace, name);
            }
            call.say("ok");
        }
    }
    Ok(())
}

fn remove(call: &Call<'_>, namespace: &str, name: &str) {
    record_change(call, namespace, name);
    match call.namespace(namespace) {
        Ok(namespace) => namespace.sindexes.delete(name),
        Err(_) => call.state.foreign_sindexes().of(namespace).1.delete(name),
    }
}
