//! What the tests across crates share.

pub mod fake_node;
pub mod fuzzing;
