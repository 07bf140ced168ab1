//! Sockets and connections: bytes in, bytes out. The only place that knows tokio.

mod connection;
mod fault;
mod listener;
mod nodes;
mod nsup;
pub(crate) mod pipes;
mod query;
mod reaper;
mod record;
mod runtime;
mod serve;
mod shared;

pub(crate) use listener::bind;
pub(crate) use nodes::Nodes;
pub(crate) use runtime::{Bound, Running};
pub(crate) use shared::Shared;
