//! Selecting pairs of a map by key, index, value or rank, and by intervals and lists of keys and values.

mod by_index;
mod by_key;
mod by_rank;
mod by_value;
mod map_view;

use self::by_index::by_index;
use self::by_key::{by_any_key, by_key, by_key_interval};
use self::by_rank::by_rank;
use self::by_value::{by_any_value, by_value};
use self::map_view::Map;
use crate::ops::cdt::bounds::relative;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::map::pairs::Pairs;
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::Selection;
use crate::ops::order::Equal;

/// How an operation selects pairs.
pub(in crate::ops::cdt::map) enum Select<'a> {
    /// The pair with a key.
    Key(&'a [u8]),
    /// The pairs from one key, inclusive, to another, exclusive.
    KeyInterval(&'a [u8], Option<&'a [u8]>),
    /// The pairs with any key of a list.
    AnyKey(&'a [u8]),
    /// An index, and a count.
    Index(i64, u64),
    /// An index relative to that of a key, and a count.
    RelativeIndex(&'a [u8], i64, u64),
    /// The pairs with a value.
    Value(&'a [u8]),
    /// The pairs from one value, inclusive, to another, exclusive.
    ValueInterval(&'a [u8], Option<&'a [u8]>),
    /// The pairs with any value of a list.
    AnyValue(&'a [u8]),
    /// A rank, and a count.
    Rank(i64, u64),
    /// A rank relative to that of a value, and a count.
    RelativeRank(&'a [u8], i64, u64),
}

impl Select<'_> {
    /// Selects pairs of a map.
    ///
    /// # Errors
    /// `OP_NOT_APPLICABLE` for a return type that the selection does not support, inversion of a single pair, and an index or
    /// rank out of bounds; `PARAMETER` if a list of keys or values is not a list.
    pub(in crate::ops::cdt::map) fn apply(&self, collection: &Collection<'_>, spec: ReturnSpec) -> Selection {
        let map = &Map {
            pairs: Pairs::of(collection)?,
            is_ordered: collection.flags != 0,
            is_indexed: collection.is_indexed_by_value(),
            n: collection.count,
        };
        match *self {
            Self::Key(key) => by_key(map, spec, key),
            Self::KeyInterval(start, end) => by_key_interval(map, spec, start, end),
            Self::AnyKey(keys) => by_any_key(map, spec, keys),
            Self::Index(index, count) => by_index(map, spec, index, count),
            Self::RelativeIndex(key, index, count) => {
                let base = match map.is_ordered {
                    true => map.pairs.find_key(key, Equal::Any).rank,
                    false => map.pairs.keys_below(key),
                };
                let (index, count) = relative(index, count, base);
                by_index(map, spec, index, count)
            }
            Self::Value(value) => by_value(map, spec, value, None),
            Self::ValueInterval(start, end) => by_value(map, spec, start, Some(end)),
            Self::AnyValue(values) => by_any_value(map, spec, values),
            Self::Rank(rank, count) => by_rank(map, spec, rank, count),
            Self::RelativeRank(value, rank, count) => {
                let (rank, count) = relative(rank, count, map.pairs.values_below(value));
                by_rank(map, spec, rank, count)
            }
        }
    }
}
