//! Pure functions: an operation applied to a value.
//!
//! Nothing here knows of records, locks, sockets or time. An operation takes the bin's value, if it has one, and the
//! bytes of its argument, and gives a result or the result code that the real server answers.

pub(crate) mod bits;
pub(crate) mod bytes;
pub(crate) mod cdt;
pub(crate) mod collection;
pub(crate) mod exp;
pub(crate) mod geo;
pub(crate) mod hll;
pub(crate) mod order;
pub(crate) mod particle;
pub(crate) mod scalar;
mod wire;

pub(crate) use bytes::{Bytes, SharedBytes};
pub use particle::Particle;
pub(crate) use particle::ParticleRef;
