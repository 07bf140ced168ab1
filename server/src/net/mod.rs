//! Sockets and connections: bytes in, bytes out. The only place that knows tokio.

mod connection;
mod fault;
mod listener;
mod nodes;
mod nsup;
mod query;
mod reaper;
mod runtime;
mod shared;

pub(crate) use listener::bind;
pub(crate) use runtime::{Bound, Running};
pub(crate) use shared::Shared;
