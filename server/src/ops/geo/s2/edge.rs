//! Whether edges cross, and the orientation of three points.

use super::{DBL_EPSILON, Point};

/// How two edges intersect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crossing {
    Apart,
    /// They share an end.
    AtEnd,
    Inside,
}

/// Compares an edge with the edges of a chain.
#[derive(Debug)]
pub(crate) struct EdgeCrosser {
    a: Point,
    b: Point,
    /// The outward tangents at the ends of the edge; computed when needed.
    tangents: Option<[Point; 2]>,
    /// The current end of the chain.
    c: Point,
    acb: Turn,
}

impl EdgeCrosser {
    /// For the edge from `a` to `b`, and a chain that begins in `c`.
    pub(crate) fn new(a: &Point, b: &Point, c: &Point) -> Self {
        Self {
            a: *a,
            b: *b,
            tangents: None,
            c: *c,
            acb: triage(a, b, c).reversed(),
        }
    }

    /// How the edge intersects the next edge of the chain, which ends in `d`.
    pub(crate) fn crossing(&mut self, d: &Point) -> Crossing {
        let (mut acb, mut bda) = (self.acb, triage(&self.a, &self.b, d));
        let crossing = if bda != Turn::Unknown && acb == bda.reversed() {
            Crossing::Apart
        } else {
            self.look_closely(&mut acb, &mut bda, d)
        };
        self.c = *d;
        self.acb = bda.reversed();
        crossing
    }

    /// Whether the edge crosses the next edge of the chain. Edges that share an end are counted such that a path through the
    /// shared point crosses a loop once.
    pub(crate) fn crosses(&mut self, d: &Point) -> bool {
        let c = self.c;
        match self.crossing(d) {
            Crossing::Apart => false,
            Crossing::Inside => true,
            Crossing::AtEnd => vertex_crossing(&self.a, &self.b, &c, d),
        }
    }

    fn look_closely(&mut self, acb: &mut Turn, bda: &mut Turn, d: &Point) -> Crossing {
        let (a, b, c) = (self.a, self.b, self.c);
        let tangents = self.tangents.get_or_insert_with(|| {
            let norm = robust_cross(&a, &b);
            [a.cross(&norm), norm.cross(&b)]
        });
        let error = (1.5 + 1.0 / 3f64.sqrt()) * DBL_EPSILON;
        let is_beyond = |tangent: &Point| c.dot(tangent) > error && d.dot(tangent) > error;
        if tangents.iter().any(is_beyond) {
            return Crossing::Apart;
        }
        if a == c || a == *d || b == c || b == *d {
            return Crossing::AtEnd;
        }
        if a == b || c == *d {
            return Crossing::Apart;
        }
        if *acb == Turn::Unknown {
            *acb = turn(&a, &b, &c).reversed();
        }
        if *bda == Turn::Unknown {
            *bda = turn(&a, &b, d);
        }
        if bda != acb || turn(&c, d, &b).reversed() != *acb || turn(&c, d, &a) != *acb {
            return Crossing::Apart;
        }
        Crossing::Inside
    }
}

/// Whether the angle `abc` contains its vertex `b`. Of the angles around a point exactly one does.
pub(crate) fn angle_contains_vertex(a: &Point, b: &Point, c: &Point) -> bool {
    !is_counterclockwise(&b.ortho(), c, a, b)
}

/// The orientation of three points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Clockwise,
    /// Two points are the same, or the three are collinear within the precision.
    Unknown,
    Counterclockwise,
}

impl Turn {
    const fn reversed(self) -> Self {
        match self {
            Self::Clockwise => Self::Counterclockwise,
            Self::Unknown => Self::Unknown,
            Self::Counterclockwise => Self::Clockwise,
        }
    }

    fn of(determinant: f64, error: f64) -> Self {
        if determinant > error {
            Self::Counterclockwise
        } else if determinant < -error {
            Self::Clockwise
        } else {
            Self::Unknown
        }
    }
}

fn turn(a: &Point, b: &Point, c: &Point) -> Turn {
    match triage(a, b, c) {
        Turn::Unknown if a != b && b != c && c != a => stable(a, b, c),
        turn => turn,
    }
}

/// The orientation, if a simple determinant is precise enough.
fn triage(a: &Point, b: &Point, c: &Point) -> Turn {
    Turn::of(a.cross(b).dot(c), 1.8274 * DBL_EPSILON)
}

/// The orientation by the determinant of the two shortest edges, which is more precise.
fn stable(a: &Point, b: &Point, c: &Point) -> Turn {
    let (ab, bc, ca) = (*b - *a, *c - *b, *a - *c);
    let (ab2, bc2, ca2) = (ab.norm2(), bc.norm2(), ca.norm2());
    let (first, second, apex) = if ab2 >= bc2 && ab2 >= ca2 {
        (ca, bc, c)
    } else if bc2 >= ca2 {
        (ab, ca, a)
    } else {
        (bc, ab, b)
    };
    let determinant = -first.cross(&second).dot(apex);
    Turn::of(
        determinant,
        3.2321 * DBL_EPSILON * (first.norm2() * second.norm2()).sqrt(),
    )
}

/// Whether `a`, `b`, `c` are in counterclockwise order around `o`.
fn is_counterclockwise(a: &Point, b: &Point, c: &Point, o: &Point) -> bool {
    let told = [
        turn(b, o, a) != Turn::Clockwise,
        turn(c, o, b) != Turn::Clockwise,
        turn(a, o, c) == Turn::Counterclockwise,
    ];
    told.iter().filter(|told| **told).count() >= 2
}

fn vertex_crossing(a: &Point, b: &Point, c: &Point, d: &Point) -> bool {
    if a == b || c == d {
        false
    } else if a == c {
        b == d || is_counterclockwise(&a.ortho(), d, b, a)
    } else if b == d {
        is_counterclockwise(&b.ortho(), c, a, b)
    } else if a == d {
        b == c || is_counterclockwise(&a.ortho(), c, b, a)
    } else {
        b == c && is_counterclockwise(&b.ortho(), d, a, b)
    }
}

/// The rounding error of a number near 1.
const DBL_ERROR: f64 = DBL_EPSILON / 2.0;

/// A vector in the direction of the cross product. It is not 0, even if the two are nearly parallel.
fn robust_cross(a: &Point, b: &Point) -> Point {
    let sqrt3 = 3f64.sqrt();
    let shortest = (32.0 * sqrt3 * DBL_ERROR) / (6.0 * DBL_ERROR / DBL_ERROR - (1.0 + 2.0 * sqrt3));
    let stable = (*a - *b).cross(&(*a + *b));
    if stable.norm2() >= shortest * shortest {
        stable
    } else if a == b {
        a.ortho()
    } else if a.is_before(b) {
        normalizable(symbolic_cross(b))
    } else {
        -normalizable(symbolic_cross(a))
    }
}

/// The cross product of two parallel vectors, as if they were moved by an infinitesimal distance. It depends only on the vector
/// that is greater in lexicographic order.
fn symbolic_cross(later: &Point) -> Point {
    if later.x != 0.0 || later.y != 0.0 {
        Point::new(-later.y, later.x, 0.0)
    } else {
        Point::new(later.z, 0.0, 0.0)
    }
}

/// Scales a vector so that its squared length does not underflow.
fn normalizable(vector: Point) -> Point {
    let largest = vector.max_abs();
    if largest >= 2f64.powi(-242) {
        vector
    } else {
        vector * 2f64.powi(-1 - largest.log2().floor() as i32)
    }
}
