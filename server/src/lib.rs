//! An Aerospike-compatible server that starts inside a test.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod clock;
pub mod command;
pub mod config;
pub mod ops;
