//! HyperLogLog: bins that count distinct elements.

mod sketch;

pub use sketch::{Shape, Sketch};
