//! Prints the journal to stderr. Stdout is only for the line that announces that clients can connect.

use std::io::{self, Write as _};

use crate::journal::Filter;
use crate::{Builder, Command};

/// The number of requests that are kept for the controls.
const CAPACITY: usize = 10_000;

/// Prints each request of this kind when it ends; by default all except info commands.
pub(super) fn print(builder: Builder, command: Option<Command>) -> Builder {
    let filter = command.map_or_else(Filter::new, Filter::from);
    builder.journal(CAPACITY).on_request(filter, |entry| {
        // If stderr is closed, there is nowhere to report it.
        let _ = writeln!(io::stderr().lock(), "{entry}");
    })
}
