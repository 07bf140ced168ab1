//! A conformance suite for servers that speak the Aerospike protocol.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod describe;
pub mod recorded;

mod clock;
