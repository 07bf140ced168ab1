//! What the server does with a frame: one file per kind of command.
//!
//! Nothing here reads a clock, waits, or knows of sockets: time is passed in, and answers are appended to a buffer.

pub(crate) mod aim;
mod batch;
mod bin_ops;
mod controls;
mod counters;
mod delete;
mod engine;
mod filter;
mod frame;
mod info;
mod kind;
mod nsup;
mod proxy;
mod query;
mod read;
mod reply;
mod request;
mod session;
mod smd;
mod snapshot;
mod stats;
pub(crate) mod subject;
mod ttl;
#[cfg(feature = "udf")]
mod udf;
mod write;

pub(crate) use controls::is_control;
pub use controls::{ControlError, Controls};
pub use engine::{Engine, Flow};
pub(crate) use info::commands as info_commands;
pub use kind::{Command, Kind, UnknownCommand};
pub use nsup::Sweeps;
pub use query::{End, Query, Step};
pub use session::Session;
pub use snapshot::{RestoreError, Snapshot};
pub use stats::Stats;

/// How many operations a message has at most.
const MAX_OPS: usize = 32 * 1024;
