//! The value of a bin, as the server keeps it.

use bytes::{BufMut, BytesMut};
use spikelet_wire::{DecodeError, ParticleType, Value};

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
    Bytes(ParticleType, Box<[u8]>),
}

impl Particle {
    /// Its type.
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self {
            Self::Int(_) => ParticleType::INTEGER,
            Self::Float(_) => ParticleType::FLOAT,
            Self::Bool(_) => ParticleType::BOOL,
            Self::Bytes(particle_type, _) => *particle_type,
        }
    }

    /// Its bytes, where it is of a type.
    #[must_use]
    pub fn bytes_of(&self, wanted: ParticleType) -> Option<&[u8]> {
        match self {
            Self::Bytes(particle_type, bytes) if *particle_type == wanted => Some(bytes),
            _ => None,
        }
    }

    /// How many bytes it takes on the wire.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        match self {
            Self::Int(_) | Self::Float(_) => 8,
            Self::Bool(_) => 1,
            Self::Bytes(_, bytes) => bytes.len(),
        }
    }

    /// Appends its bytes as they go over the wire.
    pub fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Int(n) => out.put_i64(*n),
            Self::Float(n) => out.put_f64(*n),
            Self::Bool(b) => out.put_u8(u8::from(*b)),
            Self::Bytes(_, bytes) => out.put_slice(bytes),
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
            Self::Bytes(particle_type, bytes) => Value::from_particle(*particle_type, bytes),
        }
    }
}
