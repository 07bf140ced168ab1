//! What a secondary index is about: whose values, found where, taken as what.

use std::borrow::Cow;

use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{Digest, ParticleType};

use super::hash::wyhash;
use crate::clock::Now;
use crate::ops::exp::{Expression, RecordView};
use crate::ops::{Particle, ParticleRef, cdt, geo};
use crate::store::bin::{Bin, BinName};
use crate::store::set::SetId;

/// The longest string or blob in a bin that is indexed, in bytes.
const MAX_BYTES: usize = 2048;

/// The definition of an index. No two indexes of a namespace have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The set whose records it is about; none for all records.
    pub set: Option<SetId>,
    /// Where the values come from.
    pub source: Source,
    /// Which of them count.
    pub index_type: IndexType,
    /// What they must be.
    pub key_type: KeyType,
}

/// Where an index takes a record's values from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A bin.
    Bin {
        /// Its name.
        name: BinName,
        /// The context that leads to the value inside of its list or map; none for the bin itself.
        context: Option<Box<[u8]>>,
    },
    /// What an expression evaluates to.
    Expression(Box<[u8]>),
}

/// Which values an index takes.
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
    /// All of them, in the order of their codes on the wire.
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

/// What an index takes values for.
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
    /// All of them.
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

    /// The type of a bin that it takes.
    #[must_use]
    pub const fn particle_type(self) -> ParticleType {
        match self {
            Self::Numeric => ParticleType::INTEGER,
            Self::String => ParticleType::STRING,
            Self::Blob => ParticleType::BLOB,
            Self::Geo2dSphere => ParticleType::GEOJSON,
        }
    }

    /// The place of a value on the wire in the order of the index: that of integers with a sign, but for cells.
    #[must_use]
    pub const fn order(self, value: i64) -> u64 {
        match self {
            Self::Geo2dSphere => value as u64,
            _ => value as u64 ^ 1 << 63,
        }
    }

    /// The value on the wire that has a place in the order of the index.
    #[must_use]
    pub const fn value(self, order: u64) -> i64 {
        match self {
            Self::Geo2dSphere => order as i64,
            _ => (order ^ 1 << 63) as i64,
        }
    }
}

/// One value of a record, as an index sees it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    Int(i64),
    /// Of a string or a blob.
    Bytes(&'v [u8]),
    /// A GeoJSON value with the cells that are kept with it.
    Geo(&'v [u8]),
    /// The text of a GeoJSON value.
    GeoText(&'v [u8]),
}

impl Value<'_> {
    /// Says at what places of the index it stands: a region stands at that of each cell that covers it.
    pub(super) fn keys(&self, key_type: KeyType, mut put: impl FnMut(u64)) {
        match self {
            Self::Int(n) => put(key_type.order(*n)),
            Self::Bytes(bytes) => put(key_type.order(wyhash(bytes) as i64)),
            Self::Geo(stored) => geo::stored_cells(stored).for_each(put),
            Self::GeoText(text) => geo::Geometry::parse(text)
                .and_then(|geometry| geometry.cells())
                .into_iter()
                .flatten()
                .for_each(|cell| put(cell.0)),
        }
    }
}

impl Definition {
    /// Gives the values of a record that the index takes, until `each` has had enough and says so.
    pub(super) fn values(&self, digest: &Digest, bins: &[Bin], mut each: impl FnMut(Value<'_>) -> bool) {
        let found = match &self.source {
            Source::Bin { name, context } => {
                let bin = bins.iter().find(|bin| bin.name == *name);
                bin.and_then(|bin| match context {
                    Some(context) => cdt::at_context(&bin.value, context).map(Cow::Owned),
                    None => Some(Cow::Borrowed(&bin.value)),
                })
            }
            Source::Expression(bytes) => evaluate(bytes, digest, bins).map(Cow::Owned),
        };
        let Some(found) = found else {
            return;
        };
        let mut element = |bytes: &[u8]| self.element(bytes).is_none_or(&mut each);
        match (self.index_type, found.view()) {
            (IndexType::Default, _) => {
                if let Some(value) = self.simple(&found) {
                    each(value);
                }
            }
            (IndexType::List, ParticleRef::Bytes(ParticleType::LIST, list)) => cdt::each_element(list, element),
            (IndexType::MapKeys, ParticleRef::Bytes(ParticleType::MAP, map)) => {
                cdt::each_pair(map, |key, _| element(key));
            }
            (IndexType::MapValues, ParticleRef::Bytes(ParticleType::MAP, map)) => {
                cdt::each_pair(map, |_, value| element(value));
            }
            _ => {}
        }
    }

    fn simple<'p>(&self, particle: &'p Particle) -> Option<Value<'p>> {
        match (self.key_type, particle.view()) {
            (KeyType::Numeric, ParticleRef::Int(n)) => Some(Value::Int(n)),
            (KeyType::String, ParticleRef::Bytes(ParticleType::STRING, bytes))
            | (KeyType::Blob, ParticleRef::Bytes(ParticleType::BLOB, bytes)) => {
                (bytes.len() <= MAX_BYTES).then_some(Value::Bytes(bytes))
            }
            (KeyType::Geo2dSphere, ParticleRef::Bytes(ParticleType::GEOJSON, stored)) => Some(Value::Geo(stored)),
            _ => None,
        }
    }

    /// An element of a list, or a key or a value of a map.
    fn element<'v>(&self, element: &'v [u8]) -> Option<Value<'v>> {
        match (self.key_type, Reader::new(element).token().ok()?) {
            (KeyType::Numeric, Token::Int(n)) => Some(Value::Int(n)),
            // The server reads an unsigned integer into a signed one.
            (KeyType::Numeric, Token::Uint(n)) => Some(Value::Int(n as i64)),
            (key_type, Token::Bytes([particle_type, bytes @ ..]))
                if ParticleType(*particle_type) == key_type.particle_type() =>
            {
                Some(match key_type {
                    KeyType::Geo2dSphere => Value::GeoText(bytes),
                    _ => Value::Bytes(bytes),
                })
            }
            _ => None,
        }
    }
}

/// What the expression of an index evaluates to. It was built before, when the index was defined.
fn evaluate(bytes: &[u8], digest: &Digest, bins: &[Bin]) -> Option<Particle> {
    let expression = Expression::build(bytes).ok()?;
    expression.evaluate(&Seen { digest, bins }, Now::default()).ok()?
}

/// What the expression of an index may ask of a record: its bins, and its digest. Metadata changes without a write.
struct Seen<'r> {
    digest: &'r Digest,
    bins: &'r [Bin],
}

impl RecordView for Seen<'_> {
    fn bin(&self, name: &[u8]) -> Option<&Particle> {
        let name = BinName::new(name)?;
        self.bins.iter().find(|bin| bin.name == name).map(|bin| &bin.value)
    }

    fn digest(&self) -> &Digest {
        self.digest
    }

    fn set_name(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn key(&self) -> Option<(ParticleType, &[u8])> {
        None
    }

    fn void_time(&self) -> u32 {
        0
    }

    fn last_update(&self) -> Now {
        Now::default()
    }

    fn stored_size(&self) -> u32 {
        0
    }
}
