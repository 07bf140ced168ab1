//! An Aerospike-compatible server that starts inside a test.
//!
//! Every Aerospike client, in any language, can connect to it over TCP. All data is in memory, and is gone when the [`Server`]
//! is dropped.
//!
//! ```
//! use spikelet::{NamespaceConfig, Server};
//!
//! // The namespaces `test` and `bar`, on a free port of 127.0.0.1.
//! let server = Server::start()?;
//! println!("clients connect to {}", server.hosts());
//!
//! // A test can write and read records without a client.
//! server.insert("test", "users", "alice", [("age", 30)])?;
//! assert_eq!(server.record("test", "users", "alice").unwrap().bins["age"], 30.into());
//!
//! // A second server, with its own configuration.
//! let expiring = NamespaceConfig { default_ttl: 3600, ..NamespaceConfig::new("cache") };
//! let other = Server::builder().namespace(expiring).start()?;
//! assert_ne!(server.addr(), other.addr());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `program`, on by default, is for the program `spikelet`. A test that embeds the server does not need it.
//! - `udf`, on by default, is for UDFs. It compiles Lua, which is written in C. Without it, modules cannot be registered, and
//!   calls of UDFs fail with result code 16 ([`ResultCode::UNSUPPORTED_FEATURE`]).
//! - `security`, on by default, is for [security](SecurityConfig). It compiles bcrypt. Without it, a server with security does not
//!   start.
//! - `tls`, on by default, is for TLS, a feature of the Enterprise Edition. It compiles ring, which is written in C and assembler.
//!
//! With `default-features = false` all are off. To save the dependencies of the program but keep UDFs:
//!
//! ```toml
//! [dev-dependencies]
//! spikelet = { version = "0.1", default-features = false, features = ["udf"] }
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]
// Items exported by the feature `unstable` are `pub` in private modules.
#![cfg_attr(not(feature = "unstable"), allow(unreachable_pub))]

mod access;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod cli;
mod clock;
mod cluster;
mod command;
mod config;
mod config_file;
mod config_parameters;
mod controls;
mod fault_rules;
pub mod fixture;
mod handle;
mod net;
mod ops;
mod parameter;
mod permission;
mod refusal;
mod request_log;
mod selector;
mod state;
mod store;
#[doc(hidden)]
pub mod support;
#[cfg(feature = "udf")]
mod udf;
#[cfg(feature = "unstable")]
pub mod unstable;
mod version;

pub use clock::Now;
pub use cluster::{ClusterError, Node, NodeId, NodeState, Outage};
pub use config::{
    AuthenticateClient, Authentication, ConfigError, ConfigParameterError, ConflictResolutionPolicy, NamespaceConfig,
    ParameterValues, RoleConfig, SecurityConfig, SetConfig, TlsConfig, UserConfig,
};
pub use config_file::{ConfigFile, ConfigFileError, OtherPorts};
pub use fixture::{Fixture, FixtureError, Loaded};
pub use handle::{
    Builder, Record, Server, ServerClock, StartError, TestServer, TopologyError, Transaction, UserInfo, fault, journal,
    test,
};
#[cfg(feature = "tls")]
pub use net::{Certificate, CertificateKind, TlsError};
pub use parameter::ParameterError;
pub use selector::{Command, UnknownCommand};
pub use spikelet_wire::admin::{Privilege, PrivilegeCode};
pub use spikelet_wire::value::{Map, MapOrder};
pub use spikelet_wire::{Digest, ResultCode, UserKey, Value};
pub use state::{RestoreError, Snapshot};
pub use version::Edition;
