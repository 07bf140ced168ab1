//! Polygons: the points and cells that they contain or touch.

use super::s2::{Cap, Cell, Crossing, EdgeCrosser, Point, Region, angle_contains_vertex};

/// Polygons. Each is a list of loops: first the shell, then the holes.
#[derive(Debug, Clone)]
pub struct Polygons(pub(super) Vec<Vec<Loop>>);

/// A loop. It encloses the smaller of its two sides, whatever its orientation.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    /// The vertices, without the repeated last one.
    vertices: Vec<Point>,
    contains_origin: bool,
}

/// An upper bound of the rounding error of an angle, in radians.
const TOLERANCE: f64 = 1e-14;

impl Polygons {
    /// Whether any polygon contains a point. A hole excludes the points inside it.
    pub(super) fn contain(&self, point: &Point) -> bool {
        let mut polygons = self.0.iter();
        polygons.any(|polygon| polygon_contains(polygon, point))
    }
}

fn polygon_contains(polygon: &[Loop], point: &Point) -> bool {
    polygon.iter().filter(|inside| inside.contains(point)).count() % 2 == 1
}

impl Region for Polygons {
    fn cap_bound(&self) -> Cap {
        let vertices = || self.0.iter().flatten().flat_map(|inside| &inside.vertices);
        let Some(sum) = vertices().copied().reduce(|sum, vertex| sum + vertex) else {
            return Cap::empty();
        };
        let center = sum.normalize();
        let angles = vertices().map(|vertex| center.angle(vertex));
        let radius = angles.fold(0.0, f64::max) + TOLERANCE;
        // A cap smaller than a hemisphere also holds every edge between two of its points, and the smaller side of every loop.
        if radius < std::f64::consts::FRAC_PI_2 {
            Cap::new(center, radius)
        } else {
            Cap::full()
        }
    }

    fn contains_cell(&self, cell: &Cell) -> bool {
        let bounds = Bounds::of(cell);
        // A single polygon must contain the whole cell.
        self.0.iter().any(|polygon| {
            polygon_contains(polygon, &cell.center()) && !polygon.iter().any(|inside| inside.touches(cell, &bounds))
        })
    }

    fn intersects_cell(&self, cell: &Cell) -> bool {
        let bounds = Bounds::of(cell);
        self.0.iter().any(|polygon| {
            polygon.iter().any(|inside| inside.touches(cell, &bounds)) || polygon_contains(polygon, &cell.center())
        })
    }
}

impl Loop {
    pub(super) fn new(vertices: Vec<Point>) -> Self {
        let mut made = Self {
            vertices,
            contains_origin: false,
        };
        if let [v0, v1, v2, ..] = made.vertices.as_slice() {
            // The angle at a vertex tells whether the left side contains it; the edges that the path from the origin crosses
            // tell whether both are on the same side.
            let on_left = angle_contains_vertex(v0, v1, v2) != made.crosses_to(v1);
            made.contains_origin = on_left != (made.area_on_left() > std::f64::consts::TAU);
        }
        made
    }

    fn contains(&self, point: &Point) -> bool {
        self.contains_origin != self.crosses_to(point)
    }

    /// Whether the path from the origin to a point crosses the loop an odd number of times.
    fn crosses_to(&self, point: &Point) -> bool {
        let Some(last) = self.vertices.last() else { return false };
        let mut crosser = EdgeCrosser::new(&Point::ORIGIN, point, last);
        let crossed = self.vertices.iter().filter(|vertex| crosser.crosses(vertex));
        crossed.count() % 2 == 1
    }

    /// The area to the left of the loop, in steradians.
    fn area_on_left(&self) -> f64 {
        let Some((apex, rest)) = self.vertices.split_first() else {
            return 0.0;
        };
        let area: f64 = rest.windows(2).map(|edge| signed_area(apex, &edge[0], &edge[1])).sum();
        area.rem_euclid(2.0 * std::f64::consts::TAU)
    }

    fn edges(&self) -> impl Iterator<Item = (&Point, &Point)> {
        self.vertices.iter().zip(self.vertices.iter().cycle().skip(1))
    }

    /// Whether an edge of the loop has a point in a cell.
    fn touches(&self, cell: &Cell, bounds: &Bounds) -> bool {
        self.edges().any(|(a, b)| {
            bounds.is_near(a, b) && (cell.contains_point(a) || cell.contains_point(b) || bounds.is_crossed(a, b))
        })
    }
}

/// A cell, prepared for comparison with many edges.
struct Bounds {
    center: Point,
    /// The corners, in order.
    corners: [Point; 4],
    /// The sine and cosine of the angle from the center to the farthest corner.
    radius: (f64, f64),
}

impl Bounds {
    fn of(cell: &Cell) -> Self {
        let (center, corners) = (cell.center(), cell.vertices());
        let angles = corners.iter().map(|corner| center.angle(corner));
        let radius = angles.fold(0.0, f64::max) + TOLERANCE;
        Self {
            center,
            corners,
            radius: radius.sin_cos(),
        }
    }

    /// Whether the circles around the cell and around an edge meet: a cheap check before the exact one.
    fn is_near(&self, a: &Point, b: &Point) -> bool {
        let middle = *a + *b;
        let length = middle.norm();
        // Half of the length of the sum is the cosine of half the angle between the two.
        let cos = length / 2.0;
        let sin = (1.0 - cos * cos).max(0.0).sqrt();
        let (radius_sin, radius_cos) = self.radius;
        let reach = radius_cos * cos - radius_sin * sin;
        middle.dot(&self.center) >= (reach - 1e-12) * length
    }

    fn is_crossed(&self, a: &Point, b: &Point) -> bool {
        let [.., last] = &self.corners;
        let mut crosser = EdgeCrosser::new(a, b, last);
        let mut corners = self.corners.iter();
        corners.any(|corner| crosser.crossing(corner) != Crossing::Apart)
    }
}

/// The area of a triangle; negative if it is clockwise.
fn signed_area(a: &Point, b: &Point, c: &Point) -> f64 {
    let volume = a.dot(&b.cross(c));
    2.0 * volume.atan2(1.0 + a.dot(b) + b.dot(c) + c.dot(a))
}
