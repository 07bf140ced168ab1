//! What the server does with a frame: one file per kind of command.

mod engine;
mod frame;
mod info;
mod session;
mod stats;

pub use engine::{Engine, Flow};
pub use session::Session;
pub use stats::Stats;
