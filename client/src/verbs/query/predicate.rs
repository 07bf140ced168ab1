//! Predicates: which records a query selects by a secondary index.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::{Bound, RangeBounds};

use spikelet_wire::context::Context;
use spikelet_wire::exp::build::Exp;
use spikelet_wire::{FieldType, ParticleType, UserKey};

use super::super::admin::CollectionIndexType;
use crate::error::Error;

/// A condition on the indexed value of a record, for a query by secondary index.
///
/// By default the index is the one on the bin. It must exist and be of the type of the values.
///
/// ```
/// use spikelet_client::{CollectionIndexType, Predicate};
///
/// let adults = Predicate::range("age", 18..);
/// let tagged = Predicate::equal("tags", "rust").within(CollectionIndexType::List);
/// let near = Predicate::within_radius("home", 13.4, 52.5, 1000.0);
/// let named = Predicate::equal("", "Berlin").index("by_city");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Predicate {
    bin: String,
    particle_type: ParticleType,
    begin: Vec<u8>,
    end: Vec<u8>,
    collection: CollectionIndexType,
    index: Option<String>,
    context: Option<Vec<u8>>,
    expression: Option<Vec<u8>>,
}

impl Predicate {
    fn new(bin: impl Into<String>, particle_type: ParticleType, begin: Vec<u8>, end: Vec<u8>) -> Self {
        Self {
            bin: bin.into(),
            particle_type,
            begin,
            end,
            collection: CollectionIndexType::Default,
            index: None,
            context: None,
            expression: None,
        }
    }

    /// The value equals this integer, text or blob. For a list or a map, at least one of its values does; see
    /// [`within`](Self::within).
    pub fn equal(bin: impl Into<String>, value: impl Into<UserKey>) -> Self {
        let value = value.into();
        let data = match &value {
            UserKey::Int(n) => n.to_be_bytes().to_vec(),
            UserKey::String(text) => text.clone().into_bytes(),
            UserKey::Blob(bytes) => bytes.clone(),
        };
        Self::new(bin, value.particle_type(), data.clone(), data)
    }

    /// The value is an integer in a range.
    pub fn range(bin: impl Into<String>, range: impl RangeBounds<i64>) -> Self {
        let begin = match range.start_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n.saturating_add(1),
            Bound::Unbounded => i64::MIN,
        };
        let end = match range.end_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n.saturating_sub(1),
            Bound::Unbounded => i64::MAX,
        };
        let [begin, end] = [begin, end].map(|n| n.to_be_bytes().to_vec());
        Self::new(bin, ParticleType::INTEGER, begin, end)
    }

    /// The value is a point in a region, given as GeoJSON.
    pub fn within_region(bin: impl Into<String>, region: impl Into<String>) -> Self {
        Self::geo(bin, region.into())
    }

    /// The value is a point at most this many metres from another point.
    pub fn within_radius(bin: impl Into<String>, longitude: f64, latitude: f64, metres: f64) -> Self {
        Self::geo(bin, circle(longitude, latitude, metres))
    }

    /// The value is a region that contains a point, given as GeoJSON.
    pub fn contains_point(bin: impl Into<String>, point: impl Into<String>) -> Self {
        Self::geo(bin, point.into())
    }

    fn geo(bin: impl Into<String>, json: String) -> Self {
        let json = json.into_bytes();
        Self::new(bin, ParticleType::GEOJSON, json.clone(), json)
    }

    /// Sets which part of the bin the index is built from.
    pub const fn within(mut self, collection: CollectionIndexType) -> Self {
        self.collection = collection;
        self
    }

    /// Uses the index with this name. The bin is then ignored and may be empty.
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.index = Some(name.into());
        self
    }

    /// Uses the index on the value at this context.
    pub fn context(mut self, context: &Context) -> Self {
        let mut packed = Vec::new();
        context.pack(&mut packed);
        self.context = Some(packed);
        self
    }

    /// Uses the index on this expression. The bin is then ignored and may be empty.
    pub fn expression<T>(mut self, expression: &Exp<T>) -> Self {
        self.bin.clear();
        self.expression = Some(expression.as_bytes().to_vec());
        self
    }

    /// Rejects a predicate that cannot be encoded. Names over 15 bytes are refused by the server.
    pub(super) fn check(&self) -> Result<(), Error> {
        match u8::try_from(self.bin.len()) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::argument("a bin's name is over 255 bytes")),
        }
    }

    /// The fields of a query with this predicate, for tools that encode queries themselves.
    pub fn fields(&self) -> impl Iterator<Item = (FieldType, Cow<'_, [u8]>)> {
        let collection: Option<&[u8]> = match self.collection {
            CollectionIndexType::Default => None,
            CollectionIndexType::List => Some(&[1]),
            CollectionIndexType::MapKeys => Some(&[2]),
            CollectionIndexType::MapValues => Some(&[3]),
        };
        let fields = [
            (FieldType::INDEX_RANGE, Some(Cow::Owned(self.to_range()))),
            (FieldType::INDEX_TYPE, collection.map(Cow::Borrowed)),
            (FieldType::INDEX_CONTEXT, self.context.as_deref().map(Cow::Borrowed)),
            (
                FieldType::INDEX_NAME,
                self.index.as_deref().map(|name| Cow::Borrowed(name.as_bytes())),
            ),
            (
                FieldType::INDEX_EXPRESSION,
                self.expression.as_deref().map(Cow::Borrowed),
            ),
        ];
        fields
            .into_iter()
            .filter_map(|(field_type, data)| Some((field_type, data?)))
    }

    /// Encodes the range: the number of ranges, which is 1; the bin and the type; the first and the last value, each after its
    /// size.
    fn to_range(&self) -> Vec<u8> {
        let mut range = vec![1, self.bin.len() as u8];
        range.extend_from_slice(self.bin.as_bytes());
        range.push(self.particle_type.0);
        for value in [&self.begin, &self.end] {
            range.extend_from_slice(&(value.len() as u32).to_be_bytes());
            range.extend_from_slice(value);
        }
        range
    }
}

fn circle(longitude: impl Display, latitude: impl Display, metres: impl Display) -> String {
    format!(r#"{{"type":"AeroCircle","coordinates":[[{longitude},{latitude}],{metres}]}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_closed() {
        let (one, nine) = (1_i64.to_be_bytes(), 9_i64.to_be_bytes());
        let closed = [&[1, 1, b'a', 1, 0, 0, 0, 8][..], &one, &[0, 0, 0, 8], &nine].concat();
        assert_eq!(Predicate::range("a", 1..=9).to_range(), closed);
        assert_eq!(Predicate::range("a", 1..10).to_range(), closed);
        let open = Predicate::range("a", ..);
        assert_eq!(
            (&open.begin[..], &open.end[..]),
            (&i64::MIN.to_be_bytes()[..], &i64::MAX.to_be_bytes()[..])
        );
    }

    #[test]
    fn values_have_the_type_of_their_index() {
        assert_eq!(
            Predicate::equal("b", "x").to_range(),
            [1, 1, b'b', 3, 0, 0, 0, 1, b'x', 0, 0, 0, 1, b'x']
        );
        assert_eq!(Predicate::equal("b", &[7]).particle_type, ParticleType::BLOB);
        let near = Predicate::within_radius("b", -1.5, 2.0, 100.0);
        assert_eq!(near.particle_type, ParticleType::GEOJSON);
        assert_eq!(near.begin, br#"{"type":"AeroCircle","coordinates":[[-1.5,2],100]}"#);
    }
}
