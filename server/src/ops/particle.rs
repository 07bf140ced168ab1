//! The value of a bin, as the server keeps it.

use spikelet_wire::{DecodeError, ParticleType, Value};

use super::Bytes;

/// The value of a bin.
///
/// Scalars are decoded. Every other type is kept as the bytes that go over the wire, so that a read copies them without a
/// conversion.
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

/// A borrowed [`Particle`].
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
    /// A value of a type that is kept as bytes.
    #[must_use]
    pub fn bytes(particle_type: ParticleType, bytes: &[u8]) -> Self {
        Self::Bytes(Bytes::new(particle_type, bytes))
    }

    /// A borrowed view of the value.
    #[must_use]
    pub fn view(&self) -> ParticleRef<'_> {
        match self {
            Self::Int(n) => ParticleRef::Int(*n),
            Self::Float(n) => ParticleRef::Float(*n),
            Self::Bool(b) => ParticleRef::Bool(*b),
            Self::Bytes(bytes) => ParticleRef::Bytes(bytes.particle_type(), bytes),
        }
    }

    /// Whether a value of this type can be written.
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

    /// Whether a value of this type is stored as it is sent, whatever its bytes are.
    #[must_use]
    pub const fn is_opaque(particle_type: ParticleType) -> bool {
        Self::is_known(particle_type)
            && !matches!(
                particle_type,
                ParticleType::INTEGER
                    | ParticleType::FLOAT
                    | ParticleType::BOOL
                    | ParticleType::HLL
                    | ParticleType::MAP
                    | ParticleType::LIST
                    | ParticleType::GEOJSON
            )
    }

    /// The particle type.
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self {
            Self::Int(_) => ParticleType::INTEGER,
            Self::Float(_) => ParticleType::FLOAT,
            Self::Bool(_) => ParticleType::BOOL,
            Self::Bytes(bytes) => bytes.particle_type(),
        }
    }

    /// The bytes of the value, if it has the type `expected`.
    #[must_use]
    pub fn bytes_of(&self, expected: ParticleType) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) if bytes.particle_type() == expected => Some(bytes),
            _ => None,
        }
    }

    /// The value as a [`Value`], for tests that inspect the server.
    ///
    /// # Errors
    /// If it is a collection that nests deeper than a [`Value`] may.
    pub fn to_value(&self) -> Result<Value, DecodeError> {
        match self {
            Self::Int(n) => Ok(Value::Int(*n)),
            Self::Float(n) => Ok(Value::Float(*n)),
            Self::Bool(b) => Ok(Value::Bool(*b)),
            Self::Bytes(bytes) => Value::from_particle(bytes.particle_type(), bytes),
        }
    }
}

/// Decodes an integer from the wire.
pub(super) fn wire_int(data: &[u8]) -> Option<i64> {
    Some(match *data {
        [n] => i64::from(n),
        [a, b] => i64::from(u16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(u32::from_be_bytes([a, b, c, d])),
        _ => i64::from_be_bytes(data.try_into().ok()?),
    })
}

/// Decodes a double from the wire.
pub(super) fn wire_float(data: &[u8]) -> Option<f64> {
    data.try_into().ok().map(f64::from_be_bytes)
}
