//! What a query asks of an index.

use spikelet_wire::Digest;

use super::definition::{Definition, KeyType, Value};
use super::hash::wyhash;
use crate::ops::geo::{self, Geometry};
use crate::store::bin::Bin;

/// The values that a query asks for.
#[derive(Debug)]
pub enum Range {
    /// Integers from the first to the last.
    Ints(i64, i64),
    /// This string.
    String(Box<[u8]>),
    /// This blob.
    Blob(Box<[u8]>),
    /// The points in a region, or the regions around a point.
    Geo(Geometry),
}

impl Range {
    /// The type of index that it can be asked of.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match self {
            Self::Ints(..) => KeyType::Numeric,
            Self::String(_) => KeyType::String,
            Self::Blob(_) => KeyType::Blob,
            Self::Geo(_) => KeyType::Geo2dSphere,
        }
    }

    /// Whether it may stand for more than one value: only then the real server looks for records that it finds twice.
    #[must_use]
    pub const fn is_range(&self) -> bool {
        match self {
            Self::Ints(first, last) => *first != *last,
            Self::String(_) | Self::Blob(_) => false,
            Self::Geo(_) => true,
        }
    }

    /// Where in the order of the index the values stand: ranges, the first one first, each with its end.
    ///
    /// None for a region that takes too many cells to cover.
    #[must_use]
    pub fn spans(&self) -> Option<Vec<(u64, u64)>> {
        let key_type = self.key_type();
        match self {
            Self::Ints(first, last) => Some(vec![(key_type.order(*first), key_type.order(*last))]),
            Self::String(bytes) | Self::Blob(bytes) => {
                let place = key_type.order(wyhash(bytes) as i64);
                Some(vec![(place, place)])
            }
            Self::Geo(geometry) => {
                let mut spans = geometry.spans()?;
                spans.sort_unstable();
                Some(spans)
            }
        }
    }

    /// Whether any value that an index takes from a record is one of those asked for.
    pub(super) fn matches(&self, definition: &Definition, digest: &Digest, bins: &[Bin]) -> bool {
        let mut found = false;
        definition.values(digest, bins, |value| {
            found = match (self, value) {
                (Self::Ints(first, last), Value::Int(n)) => (*first..=*last).contains(&n),
                (Self::String(wanted) | Self::Blob(wanted), Value::Bytes(bytes)) => **wanted == *bytes,
                (Self::Geo(geometry), Value::Geo(stored)) => {
                    let other = geo::text(stored).and_then(Geometry::parse);
                    other.is_some_and(|other| geometry.matches(&other))
                }
                (Self::Geo(geometry), Value::GeoText(text)) => {
                    Geometry::parse(text).is_some_and(|other| geometry.matches(&other))
                }
                _ => false,
            };
            !found
        });
        found
    }
}
