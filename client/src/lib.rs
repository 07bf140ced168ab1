//! An Aerospike client for Rust, async and [blocking].
//!
//! Every verb of a client gives a [`Command`]: set its options, then await it.
//!
//! ```no_run
//! use std::time::Duration;
//! use spikelet_client::{Client, Key, bins};
//!
//! # async fn example() -> Result<(), spikelet_client::Error> {
//! let client = Client::connect("127.0.0.1:3000").await?;
//! let key = Key::new("test", "demo", "user1");
//!
//! client.put(&key, bins! {"name" => "Alice", "age" => 30}).ttl(Duration::from_secs(300)).create_only().await?;
//! let record = client.get(&key).await?;
//! println!("{} is {}", record.get::<String>("name")?, record.get::<i64>("age")?);
//! # Ok(())
//! # }
//! ```
//!
//! The client knows which node has which partition and sends each command there; it keeps connections in pools, finds
//! nodes that join and drops nodes that leave. Reads that fail on the way are tried again. Writes are tried again only
//! where they certainly were not applied; [`Error::in_doubt`] says where that is not certain.
//!
//! Operations on lists, maps, bits and HyperLogLogs are in [`ops`]; expressions, as filters and as operations, in [`exp`].
//!
//! Not supported: TLS, authentication and multi-record transactions, which are the Enterprise Edition's.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bin_name;
mod bins;
pub mod blocking;
mod client;
mod clock;
mod cluster;
mod error;
pub mod exp;
mod key;
mod operation;
pub mod ops;
mod policy;
mod record;
#[cfg(feature = "serde")]
mod structs;
mod verbs;

pub use bins::{Bins, IntoBins};
pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind, OptionalExt};
pub use key::Key;
pub use operation::Operation;
pub use policy::{ExistsAction, FilterExpression, Generation, Policy, Ttl};
pub use record::{OrderedRecord, Record};
#[cfg(feature = "serde")]
pub use structs::{Serde, from_value, to_value};
pub use verbs::admin::{CollectionIndexType, Index, IndexInfo, IndexState, IndexType, Module, Task};
pub use verbs::batch::{BatchRecord, BatchRow};
pub use verbs::command::{Command, OnRecords, Reads, Verb, Writes};
pub use verbs::query::{Cursor, Page, Predicate, QueryDuration, Records, Values};
pub use verbs::udf_call::IntoArguments;
pub use verbs::verb;

pub use spikelet_wire::value::WrongType;
pub use spikelet_wire::{self as wire, Digest, Map, MapOrder, OpCode, ParticleType, ResultCode, UserKey, Value};
