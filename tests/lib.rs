//! What the tests across crates share.

pub mod fake_node;
pub mod fuzzing;
pub mod model;

/// The examples of the README, compiled and run as documentation tests.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct Readme;
