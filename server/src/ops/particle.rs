//! The value of a bin, as the server keeps it.

use spikelet_wire::{DecodeError, ParticleType, Value};

use super::Bytes;

/// The value of a bin.
///
/// Scalars are kept as such; everything else is kept as the bytes that go over the wire, so that reading a bin copies
/// and never converts.
#[derive(Debug, Clone, PartialEq)]
pub enum Particle {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// Any other type, and its bytes.
    Bytes(Bytes),
}

/// A [`Particle`] to look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParticleRef<'p> {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// Any other type, and its bytes.
    Bytes(ParticleType, &'p [u8]),
}

impl Particle {
    /// Bytes of a type that is kept as bytes.
    #[must_use]
    pub fn bytes(particle_type: ParticleType, bytes: &[u8]) -> Self {
        Self::Bytes(Bytes::new(particle_type, bytes))
    }

    /// It, to look at.
    #[must_use]
    pub fn view(&self) -> ParticleRef<'_> {
        match self {
            Self::Int(n) => ParticleRef::Int(*n),
            Self::Float(n) => ParticleRef::Float(*n),
            Self::Bool(b) => ParticleRef::Bool(*b),
            Self::Bytes(bytes) => ParticleRef::Bytes(bytes.particle_type(), bytes),
        }
    }

    /// Whether a value of that type can be written.
    #[must_use]
    pub const fn is_known(particle_type: ParticleType) -> bool {
        matches!(
            particle_type,
            ParticleType::INTEGER
                | ParticleType::FLOAT
                | ParticleType::STRING
                | ParticleType::BLOB
                | ParticleType::JAVA_BLOB
                | ParticleType::CSHARP_BLOB
                | ParticleType::PYTHON_BLOB
                | ParticleType::RUBY_BLOB
                | ParticleType::PHP_BLOB
                | ParticleType::ERLANG_BLOB
                | ParticleType::VECTOR
                | ParticleType::BOOL
                | ParticleType::HLL
                | ParticleType::MAP
                | ParticleType::LIST
                | ParticleType::GEOJSON
        )
    }

    /// Its type.
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self {
            Self::Int(_) => ParticleType::INTEGER,
            Self::Float(_) => ParticleType::FLOAT,
            Self::Bool(_) => ParticleType::BOOL,
            Self::Bytes(bytes) => bytes.particle_type(),
        }
    }

    /// Its bytes, where it is of a type.
    #[must_use]
    pub fn bytes_of(&self, wanted: ParticleType) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) if bytes.particle_type() == wanted => Some(bytes),
            _ => None,
        }
    }

    /// It as a [`Value`], for those who look into the server.
    ///
    /// # Errors
    /// When it is a collection that nests deeper than a value may.
    pub fn to_value(&self) -> Result<Value, DecodeError> {
        match self {
            Self::Int(n) => Ok(Value::Int(*n)),
            Self::Float(n) => Ok(Value::Float(*n)),
            Self::Bool(b) => Ok(Value::Bool(*b)),
            Self::Bytes(bytes) => Value::from_particle(bytes.particle_type(), bytes),
        }
    }
}

/// An integer as it goes over the wire.
pub(super) fn wire_int(data: &[u8]) -> Option<i64> {
    Some(match *data {
        [n] => i64::from(n),
        [a, b] => i64::from(u16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(u32::from_be_bytes([a, b, c, d])),
        _ => i64::from_be_bytes(data.try_into().ok()?),
    })
}

/// A double as it goes over the wire.
pub(super) fn wire_float(data: &[u8]) -> Option<f64> {
    data.try_into().ok().map(f64::from_be_bytes)
}
