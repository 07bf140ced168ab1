//! An Aerospike-compatible server that starts inside a test.
//!
//! ```
//! let server = spikelet::Server::start()?;
//! std::net::TcpStream::connect(server.addr())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod clock;
pub mod cluster;
pub mod command;
pub mod config;
pub mod ops;
pub mod store;

mod builder;
mod inspect;
mod net;
mod server;

pub use builder::{Builder, StartError};
pub use config::{ConfigError, Edition, NamespaceConfig};
pub use inspect::Record;
pub use server::Server;
pub use spikelet_wire::{Digest, ResultCode, UserKey, Value};
