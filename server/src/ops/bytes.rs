//! A compact byte string with a particle type.

use std::fmt;
use std::ops::Deref;

use spikelet_wire::ParticleType;
use triomphe::ThinArc;

/// A byte string with a particle type.
///
/// A server may hold millions of records with many bins each. This type therefore takes 16 bytes, and holds up to 13 bytes
/// inline, which is enough for most strings.
#[derive(Clone)]
pub struct Bytes(Inner);

#[derive(Clone)]
enum Inner {
    Short {
        particle_type: ParticleType,
        size: u8,
        bytes: [u8; SHORT],
    },
    Long(ParticleType, SharedBytes),
}

/// The number of bytes that fit beside type and size.
const SHORT: usize = 13;

impl Bytes {
    /// Copies `bytes`.
    #[must_use]
    pub fn new(particle_type: ParticleType, bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        Self(match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(size)) => {
                place.copy_from_slice(bytes);
                Inner::Short {
                    particle_type,
                    size,
                    bytes: short,
                }
            }
            _ => Inner::Long(particle_type, bytes.into()),
        })
    }

    /// The particle type.
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self.0 {
            Inner::Short { particle_type, .. } | Inner::Long(particle_type, _) => particle_type,
        }
    }

    /// The bytes.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Inner::Short { size, bytes, .. } => bytes.get(..usize::from(*size)).unwrap_or(bytes),
            Inner::Long(_, bytes) => bytes,
        }
    }
}

/// Immutable bytes that clones share. The size is stored beside the bytes, so that this type takes 8 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedBytes(ThinArc<(), u8>);

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(ThinArc::from_header_and_slice((), bytes))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0.slice
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.particle_type() == other.particle_type() && self.as_slice() == other.as_slice()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.particle_type(), self.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_size_take_16_bytes() {
        assert_eq!((size_of::<Bytes>(), size_of::<super::super::Particle>()), (16, 16));
        let all: Vec<u8> = (0..100).collect();
        for size in 0..all.len() {
            let bytes = Bytes::new(ParticleType::STRING, &all[..size]);
            assert_eq!((bytes.particle_type(), &*bytes), (ParticleType::STRING, &all[..size]));
            assert_eq!(bytes, bytes.clone());
            assert_ne!(bytes, Bytes::new(ParticleType::BLOB, &all[..size]));
            assert_ne!(bytes, Bytes::new(ParticleType::STRING, &all[..size + 1]));
        }
    }
}
