//! `udf-put` and the like in a server that is built without UDFs.

use super::call::{Answered, Call};
pub(super) use super::diagnostics::{unsupported as clear_cache, unsupported as put};

/// There are no modules to check.
pub(super) const fn check(_call: &Call<'_>) {}

/// The limit of a file name, in bytes.
const FILE_NAME: usize = 128;

pub(super) fn list(_call: &mut Call<'_>) -> Answered {
    Ok(())
}

pub(super) fn get(call: &mut Call<'_>) -> Answered {
    let found = if names_a_file(call) {
        "error=not_found"
    } else {
        "error=invalid_filename"
    };
    call.say(found);
    Ok(())
}

/// Succeeds if there is no such module.
pub(super) fn remove(call: &mut Call<'_>) -> Answered {
    let removed = if names_a_file(call) {
        "ok"
    } else {
        "error=invalid_filename"
    };
    call.say(removed);
    Ok(())
}

fn names_a_file(call: &Call<'_>) -> bool {
    call.value("filename").is_some_and(|name| name.len() < FILE_NAME)
}
