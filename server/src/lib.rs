//! An Aerospike-compatible server that starts inside a test.
//!
//! Real clients of any language connect to it over TCP; everything is kept in memory, and is gone with the [`Server`].
//!
//! ```
//! use spikelet::{NamespaceConfig, Server};
//!
//! // The namespaces `test` and `bar`, on a free port of 127.0.0.1.
//! let server = Server::start()?;
//! println!("clients connect to {}", server.hosts());
//!
//! // What the code under test wrote can be looked at, and what it is to read be prepared, without a client.
//! server.insert("test", "users", "alice", [("age", 30)])?;
//! assert_eq!(server.record("test", "users", "alice").unwrap().bins["age"], 30.into());
//!
//! // A server of another configuration, beside the first.
//! let expiring = NamespaceConfig { default_ttl: 3600, ..NamespaceConfig::new("cache") };
//! let other = Server::builder().namespace(expiring).start()?;
//! assert_ne!(server.addr(), other.addr());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`command::Engine`] is the server without sockets, clock or threads: a frame in, an answer out.
//!
//! The feature `program`, on by default, is for the program `spikelet`; a test that embeds the server needs none:
//! `spikelet = { version = "0.1", default-features = false }`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod clock;
pub mod cluster;
pub mod command;
pub mod config;
pub mod fault;
pub mod fixture;
pub mod journal;
pub mod ops;
pub mod store;
pub mod support;

mod builder;
mod controls;
mod in_process;
mod inspect;
mod net;
mod server;
mod sides;
mod snapshot;
mod time;
mod topology;
#[cfg(feature = "udf")]
mod udf;

pub use builder::{Builder, StartError};
pub use cluster::{Node, NodeId, NodeState};
pub use command::{Command, RestoreError, Snapshot};
pub use config::{ConfigError, ConflictResolutionPolicy, Edition, NamespaceConfig};
pub use fixture::{Fixture, FixtureError, Loaded};
pub use inspect::Record;
pub use server::Server;
pub use spikelet_wire::{Digest, ResultCode, UserKey, Value};
pub use time::ServerClock;
pub use topology::TopologyError;
