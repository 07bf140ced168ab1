//! The page of the book about this client, whose examples are compiled and run as documentation tests.

#[doc = include_str!("../../../../docs/with-aerospike-crate.md")]
#[cfg(doctest)]
pub struct WithAerospikeCrate;
