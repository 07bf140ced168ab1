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
//! The feature `program`, on by default, is for the program `spikelet`; a test that embeds the server needs none:
//! `spikelet = { version = "0.1", default-features = false }`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// What the feature `unstable` exports is `pub` inside private modules.
#![cfg_attr(not(feature = "unstable"), allow(unreachable_pub))]

mod clock;
mod cluster;
mod command;
mod config;
mod controls;
mod fault_rules;
pub mod fixture;
mod handle;
mod net;
mod ops;
mod refusal;
mod request_log;
mod selector;
mod state;
mod store;
pub mod support;
#[cfg(feature = "udf")]
mod udf;
#[cfg(feature = "unstable")]
pub mod unstable;
mod version;

pub use clock::Now;
pub use cluster::{ClusterError, Node, NodeId, NodeState};
pub use config::{ConfigError, ConflictResolutionPolicy, NamespaceConfig};
pub use fixture::{Fixture, FixtureError, Loaded};
pub use handle::{Builder, Record, Server, ServerClock, StartError, TopologyError, fault, journal};
pub use selector::{Command, UnknownCommand};
pub use spikelet_wire::{Digest, ResultCode, UserKey, Value};
pub use state::{RestoreError, Snapshot};
pub use version::Edition;
