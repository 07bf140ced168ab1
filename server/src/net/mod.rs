//! Sockets and connections: bytes in, bytes out. The only place that knows tokio.

mod connection;
mod fault;
mod listener;
mod nodes;
mod note;
mod nsup;
pub(crate) mod pipes;
mod query;
mod reaper;
mod runtime;
mod serve;
mod shared;
mod within;

pub(crate) use listener::bind;
pub(crate) use nodes::Nodes;
pub(crate) use runtime::{Bound, Running};
pub(crate) use shared::Shared;
pub(crate) use within::within;
