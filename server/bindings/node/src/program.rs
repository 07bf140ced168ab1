//! The program `spikelet`.

use std::ffi::OsString;

use napi_derive::napi;

/// Runs the program in this thread until it is told to stop, and returns its exit status.
#[napi]
pub fn run_program(arguments: Vec<String>) -> u8 {
    leave_signals_to_the_program();
    let name = OsString::from("spikelet");
    spikelet::cli::run(std::iter::once(name).chain(arguments.into_iter().map(OsString::from)))
}

/// Removes the handlers of Node.js, which would run before those of the program and end the process.
#[cfg(unix)]
fn leave_signals_to_the_program() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: this sets the default action, and no code of ours runs in a handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

#[cfg(not(unix))]
const fn leave_signals_to_the_program() {}
