//! The definition of a secondary index: its set, and the source, index type and key type of its values.

use spikelet_wire::ParticleType;

use crate::store::bin::BinName;
use crate::store::set::SetId;

/// The definition of an index. No two indexes of a namespace have the same definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The set whose records are indexed; `None` for all records.
    pub set: Option<SetId>,
    /// Where the values come from.
    pub source: Source,
    /// Which part of the source is indexed.
    pub index_type: IndexType,
    /// The type of the indexed values. Values of other types are not indexed.
    pub key_type: KeyType,
}

/// Where the values of a record come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A bin.
    Bin {
        /// Its name.
        name: BinName,
        /// The context of a value inside the bin's list or map; `None` for the whole bin.
        context: Option<Box<[u8]>>,
    },
    /// The result of an expression.
    Expression(Box<[u8]>),
}

/// Which part of its source an index covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexType {
    /// The value itself.
    Default,
    /// The elements of a list.
    List,
    /// The keys of a map.
    MapKeys,
    /// The values of a map.
    MapValues,
}

impl IndexType {
    /// All types, in the order of their codes on the wire.
    pub const ALL: [Self; 4] = [Self::Default, Self::List, Self::MapKeys, Self::MapValues];

    /// Its name in the info protocol.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::List => "list",
            Self::MapKeys => "mapkeys",
            Self::MapValues => "mapvalues",
        }
    }
}

/// The type of the values in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Integers.
    Numeric,
    /// Strings.
    String,
    /// Blobs.
    Blob,
    /// GeoJSON points and regions.
    Geo2dSphere,
}

impl KeyType {
    /// All types.
    pub const ALL: [Self; 4] = [Self::Numeric, Self::String, Self::Blob, Self::Geo2dSphere];

    /// Its name in the info protocol.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::String => "string",
            Self::Blob => "blob",
            Self::Geo2dSphere => "geo2dsphere",
        }
    }

    /// The particle type of the values.
    #[must_use]
    pub const fn particle_type(self) -> ParticleType {
        match self {
            Self::Numeric => ParticleType::INTEGER,
            Self::String => ParticleType::STRING,
            Self::Blob => ParticleType::BLOB,
            Self::Geo2dSphere => ParticleType::GEOJSON,
        }
    }

    /// The sort key of a value on the wire. Values are sorted as signed integers, and the cells of geo indexes as unsigned ones.
    #[must_use]
    pub const fn sort_key(self, value: i64) -> u64 {
        match self {
            Self::Geo2dSphere => value as u64,
            _ => value as u64 ^ 1 << 63,
        }
    }

    /// The value on the wire with this sort key.
    #[must_use]
    pub const fn value(self, sort_key: u64) -> i64 {
        match self {
            Self::Geo2dSphere => sort_key as i64,
            _ => (sort_key ^ 1 << 63) as i64,
        }
    }
}
