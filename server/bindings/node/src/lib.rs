//! The binary of the npm package `spikelet`.
//!
//! A thin layer over `spikelet-bindings`. The classes that a test sees are in `lib/`, and only they call this. What can take long runs
//! on libuv's threads, and a wait for the journal on a thread of its own, so that the event loop is never blocked.
#![warn(missing_docs)]

mod error;
mod fault;
mod journal;
mod program;
mod server;
mod task;
mod value;

use napi_derive::napi;

/// Returns the version of the binary, which must be that of the package that loads it.
#[napi]
pub const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
