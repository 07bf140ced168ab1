//! Cells: the faces of a cube around the sphere, each divided into four down to level 30, and numbered along a Hilbert curve.

use super::{DBL_EPSILON, Point};

/// The level of the smallest cells, the leaves.
const MAX_LEVEL: u32 = 30;
/// The number of leaves along an edge of a face.
const FACE_SIZE: i32 = 1 << MAX_LEVEL;
/// The bits of an id after the face.
const POSITION_BITS: u32 = 2 * MAX_LEVEL + 1;

/// The order of the four quarters of a cell on the curve: bit 0 swaps the axes, bit 1 inverts them.
type Orientation = usize;
const SWAPPED: Orientation = 1;
/// The difference between the orientations of a quarter and of its cell, by the quarter's position on the curve.
const POSITION_TO_ORIENTATION: [Orientation; 4] = [1, 0, 0, 3];
/// The quarter (`2 * i + j`) at a position on the curve, by orientation.
const POSITION_TO_IJ: [[usize; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// The position of a quarter on the curve, by orientation.
const IJ_TO_POSITION: [[usize; 4]; 4] = [[0, 1, 3, 2], [0, 3, 1, 2], [2, 3, 1, 0], [2, 1, 3, 0]];

/// The axes of u, of v, and outwards, for each face.
const FACE_AXES: [[Point; 3]; 6] = {
    const X: Point = Point::new(1.0, 0.0, 0.0);
    const Y: Point = Point::new(0.0, 1.0, 0.0);
    const Z: Point = Point::new(0.0, 0.0, 1.0);
    const MINUS_X: Point = Point::new(-1.0, 0.0, 0.0);
    const MINUS_Y: Point = Point::new(0.0, -1.0, 0.0);
    const MINUS_Z: Point = Point::new(0.0, 0.0, -1.0);
    [
        [Y, Z, X],
        [MINUS_X, Z, Y],
        [MINUS_X, MINUS_Y, Z],
        [MINUS_Z, MINUS_Y, MINUS_X],
        [MINUS_Z, X, MINUS_Y],
        [Y, X, MINUS_Z],
    ]
};

/// The id of a cell: 3 bits for the face, 2 bits for each level, then a 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId(pub u64);

impl CellId {
    pub(super) const fn from_face(face: u8) -> Self {
        Self(((face as u64) << POSITION_BITS) + lsb_of(0))
    }

    /// The leaf that contains a point.
    pub(crate) fn from_point(point: &Point) -> Self {
        let (face, u, v) = face_uv(point);
        Self::from_face_ij(face, st_to_ij(uv_to_st(u)), st_to_ij(uv_to_st(v)))
    }

    /// A leaf by its place on a face.
    fn from_face_ij(face: usize, i: i32, j: i32) -> Self {
        let mut orientation = face & SWAPPED;
        let mut id = face as u64;
        for shift in (0..MAX_LEVEL).rev() {
            let ij = 2 * (i >> shift & 1) + (j >> shift & 1);
            let position = IJ_TO_POSITION[orientation][ij as usize];
            id = id << 2 | position as u64;
            orientation ^= POSITION_TO_ORIENTATION[position];
        }
        Self(id << 1 | 1)
    }

    /// A leaf by its place on a face; a place beyond its edge is on the next face.
    fn from_face_ij_wrap(face: usize, i: i32, j: i32) -> Self {
        // One leaf beyond the edge is far enough. A linear projection gives the same leaf.
        let uv = |place: i32| {
            let place = f64::from(place.clamp(-1, FACE_SIZE));
            let limit = 1.0 + f64::EPSILON;
            (1.0 / f64::from(FACE_SIZE) * (2.0 * place + 1.0 - f64::from(FACE_SIZE))).clamp(-limit, limit)
        };
        let (face, u, v) = face_uv(&face_uv_to_xyz(face, uv(i), uv(j)));
        Self::from_face_ij(face, st_to_ij(0.5 * (u + 1.0)), st_to_ij(0.5 * (v + 1.0)))
    }

    fn face(self) -> usize {
        (self.0 >> POSITION_BITS) as usize
    }

    /// 0 for a face, 30 for a leaf.
    pub(crate) const fn level(self) -> u32 {
        MAX_LEVEL - self.0.trailing_zeros() / 2
    }

    pub(super) const fn is_face(self) -> bool {
        self.0 & (lsb_of(0) - 1) == 0
    }

    /// The cell of a lower level that contains it, or itself.
    pub(crate) const fn parent(self, level: u32) -> Self {
        let lsb = lsb_of(level);
        Self(self.0 & lsb.wrapping_neg() | lsb)
    }

    /// The cells of the next level, in their order.
    pub(super) fn children(self) -> [Self; 4] {
        let quarter = self.lsb() >> 2;
        [-3i64, -1, 1, 3].map(|steps| Self(self.0.wrapping_add_signed(steps * quarter.cast_signed())))
    }

    /// The first of the leaves in it.
    pub(crate) const fn range_min(self) -> Self {
        Self(self.0 - (self.lsb() - 1))
    }

    /// The last of the leaves in it.
    pub(crate) const fn range_max(self) -> Self {
        Self(self.0 + (self.lsb() - 1))
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.range_min() <= other && other <= self.range_max()
    }

    /// The cells of a lower level around the vertex that is closest to this cell: four, or three at a corner of the cube.
    pub(super) fn vertex_neighbors(self, level: u32) -> Vec<Self> {
        let (face, i, j) = self.face_ij();
        let half = FACE_SIZE >> (level + 1);
        // Whether the neighbor in that direction is on this face, and its distance.
        let neighbor = |at: i32| {
            if at & half == 0 {
                (at >= 2 * half, -2 * half)
            } else {
                (at + 2 * half < FACE_SIZE, 2 * half)
            }
        };
        let ((same_i, to_i), (same_j, to_j)) = (neighbor(i), neighbor(j));
        let cell = |i, j, same_face| {
            let leaf = if same_face {
                Self::from_face_ij(face, i, j)
            } else {
                Self::from_face_ij_wrap(face, i, j)
            };
            leaf.parent(level)
        };
        let mut found = vec![self.parent(level), cell(i + to_i, j, same_i), cell(i, j + to_j, same_j)];
        if same_i || same_j {
            found.push(cell(i + to_i, j + to_j, same_i && same_j));
        }
        found
    }

    /// Its center, a point of the sphere.
    pub(crate) fn center(self) -> Point {
        let (face, i, j) = self.face_ij();
        let size = self.size();
        // In halves of a leaf, because a leaf's center is between its bounds.
        let st = |at: i32| (2 * i64::from(at & -size) + i64::from(size)) as f64 / (2.0 * f64::from(FACE_SIZE));
        face_uv_to_xyz(face, st_to_uv(st(i)), st_to_uv(st(j))).normalize()
    }

    /// Its face, and the place of one of its leaves.
    fn face_ij(self) -> (usize, i32, i32) {
        let face = self.face();
        let mut orientation = face & SWAPPED;
        let (mut i, mut j) = (0, 0);
        for shift in (0..MAX_LEVEL).rev() {
            let position = (self.0 >> (2 * shift + 1) & 3) as usize;
            let ij = POSITION_TO_IJ[orientation][position] as i32;
            i = i << 1 | ij >> 1;
            j = j << 1 | ij & 1;
            orientation ^= POSITION_TO_ORIENTATION[position];
        }
        (face, i, j)
    }

    /// The number of leaves along its edge.
    const fn size(self) -> i32 {
        FACE_SIZE >> self.level()
    }

    /// Its lowest set bit, which gives the level.
    pub(super) const fn lsb(self) -> u64 {
        self.0 & self.0.wrapping_neg()
    }
}

/// A cell with its bounds.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(super) id: CellId,
    face: usize,
    u: [f64; 2],
    v: [f64; 2],
}

impl Cell {
    pub(super) fn new(id: CellId) -> Self {
        let (face, i, j) = id.face_ij();
        let size = id.size();
        let uv = |place: i32| st_to_uv(f64::from(place) / f64::from(FACE_SIZE));
        let bounds = |at: i32| [uv(at & -size), uv((at & -size) + size)];
        Self {
            id,
            face,
            u: bounds(i),
            v: bounds(j),
        }
    }

    /// The corners, counterclockwise.
    pub(crate) fn vertices(&self) -> [Point; 4] {
        let ([u0, u1], [v0, v1]) = (self.u, self.v);
        [(u0, v0), (u1, v0), (u1, v1), (u0, v1)].map(|(u, v)| face_uv_to_xyz(self.face, u, v).normalize())
    }

    /// The inward normals of the edges, from each corner to the next.
    pub(super) fn edges(&self) -> [Point; 4] {
        let [u_axis, v_axis, out] = FACE_AXES[self.face];
        let ([u0, u1], [v0, v1]) = (self.u, self.v);
        let (at_u, at_v) = (|u| out * u - u_axis, |v| v_axis - out * v);
        [at_v(v0), at_u(u1), -at_v(v1), -at_u(u0)].map(Point::normalize)
    }

    pub(crate) fn center(&self) -> Point {
        self.id.center()
    }

    /// Whether a point is in the cell or on its border.
    pub(crate) fn contains_point(&self, point: &Point) -> bool {
        let Some((u, v)) = uv_on(self.face, point) else {
            return false;
        };
        let within = |[from, to]: [f64; 2], at| (from - DBL_EPSILON..=to + DBL_EPSILON).contains(&at);
        within(self.u, u) && within(self.v, v)
    }
}

const fn lsb_of(level: u32) -> u64 {
    1 << (2 * (MAX_LEVEL - level))
}

/// From (s, t), in which the cells of a level have the same size, to (u, v) on the plane of the face. It is quadratic, so that
/// the cells have about the same size on the sphere.
fn st_to_uv(s: f64) -> f64 {
    if s >= 0.5 {
        (1.0 / 3.0) * (4.0 * s * s - 1.0)
    } else {
        (1.0 / 3.0) * (1.0 - 4.0 * (1.0 - s) * (1.0 - s))
    }
}

fn uv_to_st(u: f64) -> f64 {
    if u >= 0.0 {
        0.5 * (1.0 + 3.0 * u).sqrt()
    } else {
        1.0 - 0.5 * (1.0 - 3.0 * u).sqrt()
    }
}

fn st_to_ij(s: f64) -> i32 {
    ((f64::from(FACE_SIZE) * s).floor() as i32).clamp(0, FACE_SIZE - 1)
}

fn face_uv_to_xyz(face: usize, u: f64, v: f64) -> Point {
    // Exact: in each coordinate only one of the three axes is not 0.
    let [u_axis, v_axis, out] = FACE_AXES[face];
    u_axis * u + v_axis * v + out
}

/// The face of a point, and its place there.
fn face_uv(point: &Point) -> (usize, f64, f64) {
    let Point { x, y, z } = *point;
    let (mut face, mut largest) = (0, x);
    if y.abs() > x.abs() {
        (face, largest) = (1, y);
    }
    if z.abs() > largest.abs() {
        (face, largest) = (2, z);
    }
    if largest < 0.0 {
        face += 3;
    }
    let (u, v) = project(face, point);
    (face, u, v)
}

/// The place of a point on the plane of a face. `None` if the point is on the other side.
fn uv_on(face: usize, point: &Point) -> Option<(f64, f64)> {
    let [_, _, out] = FACE_AXES[face];
    (point.dot(&out) > 0.0).then(|| project(face, point))
}

fn project(face: usize, point: &Point) -> (f64, f64) {
    let [u_axis, v_axis, out] = FACE_AXES[face];
    let distance = point.dot(&out);
    (point.dot(&u_axis) / distance, point.dot(&v_axis) / distance)
}
