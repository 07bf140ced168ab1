//! Statistics: of the server, of namespaces and of sets.

mod namespace;
mod objects;
mod proto_compression;
mod server;
mod sets;
mod storage;

pub(super) use self::namespace::{namespace, namespaces};
pub(super) use self::objects::objects;
pub(super) use self::server::{compatibility_id, statistics};
pub(super) use self::sets::sets;
