//! The Aerospike wire protocol: bytes to typed messages and back.
//!
//! Each file describes one part of the protocol, with its encoder and its decoder side by side. A decoder borrows from
//! its input, never panics, and never allocates memory from an announced size alone. Its errors name the problem and
//! the offset. Nothing here does I/O, reads a clock or keeps state.
//!
//! ```
//! use spikelet_wire::{Digest, UserKey};
//!
//! let digest = Digest::of("demo", &UserKey::from("user1"));
//! assert!(digest.partition_id().get() < spikelet_wire::PARTITIONS);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

pub mod admin;
pub mod batch;
mod bit_hll;
pub mod bits;
pub mod cdt;
pub mod certificate;
pub mod context;
pub mod error;
pub mod exists_action;
pub mod exp;
pub mod field;
pub mod flags;
pub mod frame;
pub mod hll;
pub mod info;
pub mod key;
pub mod list;
pub mod map;
pub mod message;
pub mod mrt;
pub mod msgpack;
pub mod op;
pub mod particle;
pub mod result_code;
pub mod value;

pub use error::DecodeError;
pub use exists_action::ExistsAction;
pub use field::{Field, FieldType};
pub use flags::{Info1, Info2, Info3, Info4};
pub use frame::{FrameHeader, FrameType};
pub use key::{Digest, PARTITIONS, PartitionId, UserKey};
pub use message::{Header, Message, MessageWriter};
pub use op::{Op, OpCode};
pub use particle::ParticleType;
pub use result_code::ResultCode;
pub use value::{Map, MapOrder, Value};
