//! The values that an index takes from a record.

use std::borrow::Cow;

use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{Digest, ParticleType};

use super::definition::{Definition, IndexType, KeyType, Source};
use super::hash::wyhash;
use crate::clock::Now;
use crate::ops::exp::{Expression, RecordView};
use crate::ops::{Particle, ParticleRef, cdt, geo};
use crate::store::bin::{Bin, BinName};

/// The longest string or blob in a bin that is indexed, in bytes.
const MAX_BYTES: usize = 2048;

/// A value that an index takes from a record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    Int(i64),
    /// The bytes of a string or blob.
    Bytes(&'v [u8]),
    /// A stored GeoJSON particle, which includes its cells.
    Geo(&'v [u8]),
    /// The text of a GeoJSON value in a list or map.
    GeoText(&'v [u8]),
}

impl Value<'_> {
    /// Passes its sort keys to `put`. A region has one for each cell that covers it.
    pub(super) fn sort_keys(&self, key_type: KeyType, mut put: impl FnMut(u64)) {
        match self {
            Self::Int(n) => put(key_type.sort_key(*n)),
            Self::Bytes(bytes) => put(key_type.sort_key(wyhash(bytes) as i64)),
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
    /// Passes the values that the index takes from a record to `visit`, until it returns `false`.
    pub(super) fn for_each_value(&self, digest: &Digest, bins: &[Bin], mut visit: impl FnMut(Value<'_>) -> bool) {
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
        let mut element = |bytes: &[u8]| self.element(bytes).is_none_or(&mut visit);
        match (self.index_type, found.view()) {
            (IndexType::Default, _) => {
                if let Some(value) = self.whole_value(&found) {
                    visit(value);
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

    /// A whole bin, or the value at a context.
    fn whole_value<'p>(&self, particle: &'p Particle) -> Option<Value<'p>> {
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
            // As in the real server, an unsigned integer is read into a signed one.
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

/// Evaluates the expression of an index. It is valid, since it was built when the index was created.
fn evaluate(bytes: &[u8], digest: &Digest, bins: &[Bin]) -> Option<Particle> {
    let expression = Expression::build(bytes).ok()?;
    expression
        .evaluate(&IndexedView { digest, bins }, Now::default())
        .ok()?
}

/// The parts of a record that the expression of an index can use: bins and digest. Metadata can change without a write, and the
/// index would not be updated.
struct IndexedView<'r> {
    digest: &'r Digest,
    bins: &'r [Bin],
}

impl RecordView for IndexedView<'_> {
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
