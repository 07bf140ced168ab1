//! The part of S2 geometry that GeoJSON needs: cells on the sphere, caps, coverings, and which edges cross.
//!
//! Clients see the cells of a stored value, so rounding has to be that of the S2 library (Apache-2.0): the same operations on
//! `f64` in the same order. The tests compare with its port, the crate `s2`. That crate is no dependency because it depends on
//! crates for big numbers.

mod cap;
mod cell;
mod cover;
mod edge;
mod point;
#[cfg(test)]
mod tests;

pub(super) use self::cap::Cap;
pub(super) use self::cell::{Cell, CellId};
pub(super) use self::cover::{Coverer, Region};
pub(super) use self::edge::{Crossing, EdgeCrosser, angle_contains_vertex};
pub(super) use self::point::Point;

/// The bound of rounding errors in a coordinate.
const DBL_EPSILON: f64 = f64::EPSILON;
