//! Tests of the public API, and of the program.

mod clock;
mod config_file;
mod fault;
mod fixture;
mod info;
mod inspect;
mod program;
mod query;
#[cfg(feature = "security")]
mod security;
mod server;
mod snapshot;
mod support;
mod topology;
