//! The journal on stderr: stdout has the line that the program is waited for by.

use std::io::{self, Write as _};

use spikelet::journal::Filter;
use spikelet::{Builder, Command};

/// How many requests are kept for the controls.
const CAPACITY: usize = 10_000;

/// Has each request printed that is one of these commands; without one, all but info commands.
pub(super) fn print(builder: Builder, command: Option<Command>) -> Builder {
    let filter = command.map_or_else(Filter::new, Filter::from);
    builder.journal(CAPACITY).on_request(filter, |entry| {
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(io::stderr().lock(), "{entry}");
    })
}
