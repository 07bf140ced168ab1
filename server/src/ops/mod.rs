//! Pure functions: an operation applied to a value.
//!
//! Nothing here knows of records, locks, sockets or time. An operation takes the bin's value, if it has one, and the
//! bytes of its argument, and gives a result or the result code that the real server answers.

pub mod bits;
pub mod bytes;
pub mod cdt;
pub mod exp;
pub mod geo;
pub mod hll;
pub mod order;
pub mod particle;
pub mod scalar;

pub use bytes::{Bytes, SharedBytes};
pub use particle::{Particle, ParticleRef};
