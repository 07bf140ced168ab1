//! `dump-...`: the real server writes its inner state to the log. There is nothing of that kind here to write.

use super::call::{Answered, Call};
use super::error::InfoError;

/// The limit of `verbose`, in bytes.
const VERBOSE: usize = 100;

/// A dump without parameters.
pub(super) fn dump(call: &mut Call<'_>) -> Answered {
    call.say("ok");
    Ok(())
}

/// A dump that can be `verbose`.
pub(super) fn dump_verbose(call: &mut Call<'_>) -> Answered {
    match call.optional("verbose", VERBOSE)? {
        None | Some("true" | "false") => dump(call),
        Some(_) => Err(not_verbose()),
    }
}

/// `dump-wb-summary`. Without `verbose`, the real server takes the name of the namespace for its value.
pub(super) fn dump_wb_summary(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace(&["namespace", "ns"])?;
    let verbose = call.value("verbose").unwrap_or(&namespace.name);
    match verbose {
        "true" | "false" => dump(call),
        _ => Err(not_verbose()),
    }
}

/// `jem-stats` writes the statistics of the memory allocator to the log, or to files. No file is written.
pub(super) fn jem_stats(call: &mut Call<'_>) -> Answered {
    for file in ["file", "options", "sites"] {
        call.optional(file, VERBOSE)?;
    }
    dump(call)
}

fn not_verbose() -> InfoError {
    InfoError::parameter("'verbose' may be either 'true' or 'false'")
}
