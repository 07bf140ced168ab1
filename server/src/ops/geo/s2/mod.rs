//! The part of S2 geometry that GeoJSON needs: cells on the sphere, caps, coverings, and which edges cross.
//!
//! The cells of a stored value are bytes that clients see, so every step rounds as in the S2 library (Apache-2.0): the
//! same operations on `f64` in the same order. The tests compare with its port, the crate `s2`, which as a dependency
//! would bring arithmetic of arbitrary precision along.

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

/// A bound of what rounding adds to a coordinate of a point.
const DBL_EPSILON: f64 = f64::EPSILON;
