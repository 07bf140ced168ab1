//! The range of values that a query searches an index for.

use spikelet_wire::Digest;

use super::definition::{Definition, KeyType};
use super::hash::wyhash;
use super::values::Value;
use crate::ops::geo::{self, Geometry};
use crate::store::bin::Bin;

/// The values that a query searches for.
#[derive(Debug)]
pub enum Range {
    /// Integers from the first to the last, inclusive.
    Ints(i64, i64),
    /// One string.
    String(Box<[u8]>),
    /// One blob.
    Blob(Box<[u8]>),
    /// The points in a region, or the regions that contain a point.
    Geo(Geometry),
}

impl Range {
    /// The key type of the indexes that can be searched for it.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match self {
            Self::Ints(..) => KeyType::Numeric,
            Self::String(_) => KeyType::String,
            Self::Blob(_) => KeyType::Blob,
            Self::Geo(_) => KeyType::Geo2dSphere,
        }
    }

    /// Whether it can contain more than one value. Only then the real server removes duplicate records.
    #[must_use]
    pub const fn is_range(&self) -> bool {
        match self {
            Self::Ints(first, last) => *first != *last,
            Self::String(_) | Self::Blob(_) => false,
            Self::Geo(_) => true,
        }
    }

    /// The ranges of sort keys, in order, each with its first and last key.
    ///
    /// `None` for a region that needs too many cells to cover.
    #[must_use]
    pub fn spans(&self) -> Option<Vec<(u64, u64)>> {
        let key_type = self.key_type();
        match self {
            Self::Ints(first, last) => Some(vec![(key_type.sort_key(*first), key_type.sort_key(*last))]),
            Self::String(bytes) | Self::Blob(bytes) => {
                let sort_key = key_type.sort_key(wyhash(bytes) as i64);
                Some(vec![(sort_key, sort_key)])
            }
            Self::Geo(geometry) => {
                let mut spans = geometry.spans()?;
                spans.sort_unstable();
                Some(spans)
            }
        }
    }

    /// Whether any value that an index takes from a record is in the range.
    pub(super) fn matches(&self, definition: &Definition, digest: &Digest, bins: &[Bin]) -> bool {
        let mut found = false;
        definition.for_each_value(digest, bins, |value| {
            found = match (self, value) {
                (Self::Ints(first, last), Value::Int(n)) => (*first..=*last).contains(&n),
                (Self::String(searched) | Self::Blob(searched), Value::Bytes(bytes)) => **searched == *bytes,
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
