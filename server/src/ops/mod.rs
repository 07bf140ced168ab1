//! Operations on values, as pure functions.
//!
//! Nothing here depends on records, locks, sockets or the time. An operation takes the value of a bin, if there is one, and
//! the bytes of its argument. It returns a result, or the result code with which the real server refuses it.
//!
//! - `scalar`: add, append and prepend.
//! - `cdt`: lists and maps; `cdt_op` tells their operations from path expressions.
//! - `bits`: bit operations on blobs.
//! - `hll`: HyperLogLogs.
//! - `exp`: expressions, and path expressions.
//! - `geo`: GeoJSON.
//! - `order`: the order of values across types.
//! - `Particle`: the value of a bin; `particle_wire.rs` converts it from and to the wire.

pub(crate) mod bits;
pub(crate) mod bytes;
pub(crate) mod cdt;
pub(crate) mod cdt_op;
pub(crate) mod exp;
pub(crate) mod geo;
pub(crate) mod hll;
pub(crate) mod order;
pub(crate) mod particle;
mod particle_wire;
pub(crate) mod scalar;

pub(crate) use bytes::{Bytes, SharedBytes};
pub use particle::Particle;
pub(crate) use particle::ParticleRef;
