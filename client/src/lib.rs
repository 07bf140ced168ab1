//! An Aerospike client for Rust.
