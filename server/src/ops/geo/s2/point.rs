//! Points on the sphere, as vectors.

use std::f64::consts::{FRAC_PI_2, PI};
use std::ops::{Add, Mul, Neg, Sub};

/// A point on the unit sphere, or another vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: f64,
}

impl Point {
    /// The reference point of containment tests. It is unlikely to be a vertex.
    pub(crate) const ORIGIN: Self = Self::new(
        -0.009_999_466_435_025_02,
        0.002_592_454_260_932_412,
        0.999_946_643_502_502,
    );

    pub(super) const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    /// `None` for a latitude over 90, or a longitude over 180 degrees.
    pub(crate) fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        let (phi, theta) = (latitude * (PI / 180.0), longitude * (PI / 180.0));
        let valid = phi.abs() <= FRAC_PI_2 && theta.abs() <= PI;
        valid.then(|| {
            let cos_phi = phi.cos();
            Self::new(theta.cos() * cos_phi, theta.sin() * cos_phi, phi.sin())
        })
    }

    pub(crate) fn dot(&self, other: &Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn cross(&self, other: &Self) -> Self {
        Self {
            x: self.y * other.z - self.z * other.y,
            y: self.z * other.x - self.x * other.z,
            z: self.x * other.y - self.y * other.x,
        }
    }

    pub(crate) fn norm(&self) -> f64 {
        self.norm2().sqrt()
    }

    pub(super) fn norm2(&self) -> f64 {
        self.dot(self)
    }

    /// The vector of length 1 in the same direction.
    pub(crate) fn normalize(self) -> Self {
        if self == Self::new(0.0, 0.0, 0.0) {
            self
        } else {
            self * (1.0 / self.norm())
        }
    }

    /// The angle between two, in radians.
    pub(crate) fn angle(&self, other: &Self) -> f64 {
        self.cross(other).norm().atan2(self.dot(other))
    }

    /// An orthogonal vector of length 1.
    pub(super) fn ortho(&self) -> Self {
        let (x, y, z) = (self.x.abs(), self.y.abs(), self.z.abs());
        let mut other = Self::new(0.012, 0.0053, 0.00457);
        // The axis before that of the largest component.
        if x > y && x > z {
            other.z = 1.0;
        } else if x <= y && y > z {
            other.x = 1.0;
        } else {
            other.y = 1.0;
        }
        self.cross(&other).normalize()
    }

    /// The largest absolute value of a coordinate.
    pub(super) fn max_abs(&self) -> f64 {
        self.x.abs().max(self.y.abs()).max(self.z.abs())
    }

    /// Whether it is less than another in lexicographic order.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        (self.x, self.y, self.z) < (other.x, other.y, other.z)
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f64> for Point {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor, self.z * factor)
    }
}

impl Neg for Point {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.x, -self.y, -self.z)
    }
}
