//! What the server does with a frame: one file per kind of command.

mod engine;

pub use engine::{Engine, Flow, Session};
