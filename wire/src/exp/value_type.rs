//! The types of expression values.

use crate::particle::ParticleType;

/// The type of an expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Type {
    /// Nothing.
    Nil = 0,
    /// A boolean.
    Bool = 1,
    /// An integer.
    Int = 2,
    /// Text.
    String = 3,
    /// A list.
    List = 4,
    /// A map.
    Map = 5,
    /// Bytes.
    Blob = 6,
    /// A double.
    Float = 7,
    /// A geographic point or region.
    GeoJson = 8,
    /// A HyperLogLog.
    Hll = 9,
}

impl Type {
    /// All types, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Nil,
        Self::Bool,
        Self::Int,
        Self::String,
        Self::List,
        Self::Map,
        Self::Blob,
        Self::Float,
        Self::GeoJson,
        Self::Hll,
    ];

    /// The type with a code.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// The type's code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The particle type of such a value.
    #[must_use]
    pub const fn particle_type(self) -> ParticleType {
        match self {
            Self::Nil => ParticleType::NULL,
            Self::Bool => ParticleType::BOOL,
            Self::Int => ParticleType::INTEGER,
            Self::String => ParticleType::STRING,
            Self::List => ParticleType::LIST,
            Self::Map => ParticleType::MAP,
            Self::Blob => ParticleType::BLOB,
            Self::Float => ParticleType::FLOAT,
            Self::GeoJson => ParticleType::GEOJSON,
            Self::Hll => ParticleType::HLL,
        }
    }
}
