//! An Aerospike client for Rust, async and [blocking].
//!
//! Every method of a client returns a [`Command`]: set its options, then await it.
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
//! The client keeps a map of which node owns which partition and sends each command to the right node. It pools
//! connections, finds nodes that join the cluster and drops nodes that leave. Reads that fail are retried. Writes are
//! retried only if they certainly were not applied; if that is not certain, [`Error::in_doubt`] is true.
//!
//! Operations on lists, maps, bits and HyperLogLogs are in [`ops`]. Expressions, as filters and as operations, are in [`exp`].
//!
//! The feature `serde`, on by default, reads and writes whole records as types that implement serde's traits.
//!
//! The feature `tls` connects with TLS, which needs the Enterprise Edition.
//!
//! The feature `security` is for clusters of the Enterprise Edition with security: logins, and the administration of users and
//! roles.
//!
//! A [`Transaction`] reads and writes several records, all or none. It needs the Enterprise Edition.
//!
//! The modules form layers, and imports go down only: the clients (`client`, [`blocking`]), the verbs (`verbs`), their
//! policies (`policy`), the cluster (`cluster`), the state of transactions (`transaction`), then bins, records and operations, then
//! errors, then keys.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

mod bin_name;
mod bins;
pub mod blocking;
mod client;
mod clock;
mod cluster;
#[cfg(feature = "security")]
mod credentials;
mod error;
pub mod exp;
mod key;
mod operation;
pub mod ops;
mod policy;
mod record;
#[cfg(feature = "serde")]
mod structs;
mod transaction;
mod verbs;

pub use bins::{Bins, IntoBins};
pub use client::{Client, ClientBuilder};
#[cfg(feature = "tls")]
pub use cluster::Tls;
pub use error::{Error, ErrorKind, OptionalExt};
pub use key::Key;
pub use operation::Operation;
pub use policy::{ExistsAction, FilterExpression, Generation, Policy, ReadMode, Ttl};
pub use record::{OrderedRecord, Record};
#[cfg(feature = "serde")]
pub use structs::{Serde, from_value, to_value};
pub use verbs::admin::{CollectionIndexType, Index, IndexInfo, IndexState, IndexType, Module, Task};
#[cfg(feature = "security")]
pub use verbs::admin::{Role, User, UserRates};
pub use verbs::batch::{BatchRecord, BatchRow};
pub use verbs::command::{Command, OnRecords, Reads, Transactional, Verb, Writes};
pub use verbs::query::{Cursor, Page, Predicate, QueryDuration, Records, Values};
pub use verbs::transaction_end::{AbortStatus, CommitStatus, Transaction};
pub use verbs::udf_call::IntoArguments;
pub use verbs::verb;

#[cfg(feature = "security")]
pub use spikelet_wire::admin::{Privilege, PrivilegeCode, UnknownPrivilege};
pub use spikelet_wire::value::WrongType;
pub use spikelet_wire::{self as wire, Digest, Map, MapOrder, OpCode, ParticleType, ResultCode, UserKey, Value};
