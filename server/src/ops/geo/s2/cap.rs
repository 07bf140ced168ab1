//! Caps: the points within a distance of a center.

use std::f64::consts::{PI, SQRT_2};

use super::{Cell, CellId, Point, Region};

/// The squared chord of a right angle.
const RIGHT: f64 = 2.0;
/// The squared chord of a straight angle, the longest.
const STRAIGHT: f64 = 4.0;
const ANYWHERE: Point = Point::new(1.0, 0.0, 0.0);

/// The points within a distance of a center.
#[derive(Debug, Clone)]
pub struct Cap {
    center: Point,
    /// The squared length of the chord from the center to the border; negative if the cap is empty.
    radius: f64,
}

impl Cap {
    /// A cap with a radius in radians.
    pub(crate) fn new(center: Point, angle: f64) -> Self {
        let radius = if angle < 0.0 {
            -1.0
        } else {
            let chord = 2.0 * (0.5 * angle.min(PI)).sin();
            chord * chord
        };
        Self { center, radius }
    }

    pub(crate) const fn empty() -> Self {
        Self {
            center: ANYWHERE,
            radius: -1.0,
        }
    }

    pub(crate) const fn full() -> Self {
        Self {
            center: ANYWHERE,
            radius: STRAIGHT,
        }
    }

    /// Whether a point is in the cap or on its border.
    pub(crate) fn contains_point(&self, point: &Point) -> bool {
        STRAIGHT.min((self.center - *point).norm2()) <= self.radius
    }

    /// A few cells that cover it: at most four, or all the faces.
    pub(super) fn cell_bound(&self) -> Vec<CellId> {
        // The highest level whose cells are nowhere narrower than the radius.
        let narrowest = 2.0 * SQRT_2 / 3.0;
        let angle = if self.radius < 0.0 {
            -1.0
        } else {
            2.0 * (0.5 * self.radius.sqrt()).asin()
        };
        let level = if angle <= 0.0 {
            30
        } else {
            exponent(narrowest / angle).clamp(0, 30)
        };
        match level {
            0 => (0..6).map(CellId::from_face).collect(),
            _ => CellId::from_point(&self.center).vertex_neighbors(level.cast_unsigned() - 1),
        }
    }

    /// The center, and the squared chord of the radius.
    #[cfg(test)]
    pub(super) const fn parts(&self) -> (Point, f64) {
        (self.center, self.radius)
    }

    fn is_empty(&self) -> bool {
        self.radius < 0.0
    }

    fn complement(&self) -> Self {
        if self.radius == STRAIGHT {
            Self::empty()
        } else if self.is_empty() {
            Self::full()
        } else {
            Self {
                center: -self.center,
                radius: STRAIGHT * (1.0 - 0.25 * self.radius),
            }
        }
    }

    /// Whether it intersects a cell of which it contains no corner.
    fn meets(&self, cell: &Cell, corners: &[Point; 4]) -> bool {
        // The complement of a hemisphere or more is convex. It contains the corners, so it contains the cell.
        if self.radius >= RIGHT || self.is_empty() {
            return false;
        }
        if cell.contains_point(&self.center) {
            return true;
        }
        // Only the inside of an edge is left to intersect.
        let squared_sine = self.radius * (1.0 - 0.25 * self.radius);
        for (k, edge) in cell.edges().iter().enumerate() {
            let dot = self.center.dot(edge);
            // The center is on the inner side of this edge, so the opposite edge is closer.
            if dot > 0.0 {
                continue;
            }
            if dot * dot > squared_sine * edge.norm2() {
                return false;
            }
            // The great circle of the edge intersects the cap; check that the closest point is between the corners.
            let along = edge.cross(&self.center);
            if along.dot(&corners[k]) < 0.0 && along.dot(&corners[(k + 1) & 3]) > 0.0 {
                return true;
            }
        }
        false
    }
}

impl Region for Cap {
    fn cap_bound(&self) -> Cap {
        self.clone()
    }

    fn contains_cell(&self, cell: &Cell) -> bool {
        let corners = cell.vertices();
        corners.iter().all(|corner| self.contains_point(corner)) && !self.complement().meets(cell, &corners)
    }

    fn intersects_cell(&self, cell: &Cell) -> bool {
        let corners = cell.vertices();
        corners.iter().any(|corner| self.contains_point(corner)) || self.meets(cell, &corners)
    }
}

/// The binary exponent of a normal number.
fn exponent(number: f64) -> i32 {
    (number.to_bits() >> 52 & 0x7ff) as i32 - 0x3ff
}
