//! The order of values across types, compared in their msgpack encoding.
//!
//! nil < false < true < negative integers < other integers < strings < lists < maps < blobs < doubles < GeoJSON < other
//! extensions < infinity. A wildcard equals every value. Lists compare element by element, and a list that is a prefix of
//! another is less. Maps compare by their number of pairs first, then pair by pair in their stored order.

mod heap;
mod search;
mod sort;

use std::cmp::Ordering;

use spikelet_wire::ParticleType;
use spikelet_wire::msgpack::{COMPARE_ONLY, INFINITY, ORDERED, Reader, Token, WILDCARD};

pub(crate) use heap::{Ranked, ranked};
pub(crate) use search::{Equal, Found, search};
pub(crate) use sort::merge_sort;

/// The first byte of a string.
const STRING: u8 = ParticleType::STRING.0;

/// One step of a comparison: a scalar, or the head of a collection without its flags.
enum Item<'a> {
    Int(u64),
    Bytes(&'a [u8]),
    Float(f64),
    List(u64),
    Map(u64),
    Bare,
}

/// Compares two values.
///
/// Only the first value in each slice is compared. NaN equals every double, and a wildcard inside a collection ends the
/// comparison as equal. The order is therefore not total: sort with [`merge_sort`], which copes with that.
#[must_use]
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    compare_tracking(a, b, &mut false)
}

/// Compares two values as [`compare`] does. Returns `None` if the comparison reached an unordered map.
///
/// Expressions do not compare unordered maps, since their pairs have no defined order.
#[must_use]
pub(crate) fn compare_in_order(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let mut unordered_map = false;
    let order = compare_tracking(a, b, &mut unordered_map);
    (!unordered_map).then_some(order)
}

fn compare_tracking(a: &[u8], b: &[u8], unordered_map: &mut bool) -> Ordering {
    // Fast path: small integers and short strings can be compared by their encodings.
    if let (&[a @ 0..=0x7f, ..], &[b @ 0..=0x7f, ..]) = (a, b) {
        return a.cmp(&b);
    }
    if let (Some(a), Some(b)) = (short_string(a), short_string(b)) {
        return a.cmp(b);
    }
    let (mut a, mut b) = (Reader::new(a), Reader::new(b));
    let (mut left, mut end) = (1_u64, Ordering::Equal);
    while left > 0 {
        left -= 1;
        let (Some((kind_a, a)), Some((kind_b, b))) = (item(&mut a, unordered_map), item(&mut b, unordered_map)) else {
            return Ordering::Equal;
        };
        if kind_a == Kind::Wildcard || kind_b == Kind::Wildcard {
            return Ordering::Equal;
        }
        let order = kind_a.cmp(&kind_b).then_with(|| match (a, b) {
            (Item::Int(a), Item::Int(b)) => a.cmp(&b),
            (Item::Bytes(a), Item::Bytes(b)) => a.cmp(b),
            (Item::Float(a), Item::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Item::Map(a), Item::Map(b)) => {
                left += 2 * a;
                a.cmp(&b)
            }
            (Item::List(a), Item::List(b)) if a == b => {
                left += a;
                Ordering::Equal
            }
            (Item::List(a), Item::List(b)) => {
                // Elements after the shorter list, in the enclosing lists, no longer matter.
                (left, end) = (a.min(b), a.cmp(&b));
                Ordering::Equal
            }
            _ => Ordering::Equal,
        });
        if order.is_ne() {
            return order;
        }
    }
    end
}

/// The types of values, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Nil.
    Nil,
    /// The boolean false.
    False,
    /// The boolean true.
    True,
    /// An integer below 0.
    Negative,
    /// An integer of 0 or more.
    Int,
    /// A string.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// A blob of any particle type other than string and GeoJSON.
    Bytes,
    /// A double.
    Float,
    /// GeoJSON.
    GeoJson,
    /// Any other extension.
    Ext,
    /// The wildcard, which equals every value.
    Wildcard,
    /// Infinity, which is greater than every value.
    Infinity,
}

impl Kind {
    /// The type of a token's value.
    #[must_use]
    pub(crate) fn of(token: &Token<'_>) -> Self {
        match token {
            Token::Nil => Self::Nil,
            Token::Bool(false) => Self::False,
            Token::Bool(true) => Self::True,
            Token::Int(n) if *n < 0 => Self::Negative,
            Token::Int(_) | Token::Uint(_) => Self::Int,
            Token::Float(_) => Self::Float,
            Token::List(_) => Self::List,
            Token::Map(_) => Self::Map,
            Token::Bytes(bytes) => match bytes.first().copied().map(ParticleType) {
                Some(ParticleType::STRING) => Self::String,
                Some(ParticleType::GEOJSON) => Self::GeoJson,
                _ => Self::Bytes,
            },
            Token::Ext(COMPARE_ONLY, [WILDCARD]) => Self::Wildcard,
            Token::Ext(COMPARE_ONLY, [INFINITY]) => Self::Infinity,
            Token::Ext(..) => Self::Ext,
        }
    }

    /// The type of the first value in `msgpack`.
    #[must_use]
    pub(crate) fn first_of(msgpack: &[u8]) -> Option<Self> {
        Reader::new(msgpack).token().ok().as_ref().map(Self::of)
    }
}

/// The first value, if it is a string of at most 30 bytes.
fn short_string(value: &[u8]) -> Option<&[u8]> {
    match *value {
        [marker @ 0xa1..=0xbf, STRING, ref rest @ ..] => rest.get(..usize::from(marker & 0x1f) - 1),
        _ => None,
    }
}

fn item<'a>(reader: &mut Reader<'a>, unordered_map: &mut bool) -> Option<(Kind, Item<'a>)> {
    let token = reader.token().ok()?;
    let item = match token {
        Token::Int(n) => Item::Int(n as u64),
        Token::Uint(n) => Item::Int(n),
        Token::Float(n) => Item::Float(n),
        Token::Bytes(bytes) | Token::Ext(_, bytes) => Item::Bytes(bytes),
        Token::List(n) => Item::List(u64::from(n) - u64::from(skip_flags(reader, n, 1)?.is_some())),
        Token::Map(n) => {
            let flags = skip_flags(reader, n, 2)?;
            *unordered_map |= n > 0 && flags.unwrap_or(0) & ORDERED == 0;
            Item::Map(u64::from(n) - u64::from(flags.is_some()))
        }
        Token::Nil | Token::Bool(_) => Item::Bare,
    };
    Some((Kind::of(&token), item))
}

/// Skips the flags in front of a collection's elements, and returns them. In a map the flags are a key, whose value is
/// skipped too.
fn skip_flags(reader: &mut Reader<'_>, n: u32, values: u32) -> Option<Option<u8>> {
    if n == 0 {
        return Some(None);
    }
    let flags = match reader.peek().ok()? {
        Token::Ext(ext_type, _) if ext_type != COMPARE_ONLY => ext_type as u8,
        _ => return Some(None),
    };
    for _ in 0..values {
        reader.element().ok()?;
    }
    Some(Some(flags))
}

#[cfg(test)]
mod tests {
    use spikelet_wire::{Map, Value};

    use super::*;

    fn order(a: impl Into<Value>, b: impl Into<Value>) -> Ordering {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        a.into().pack(&mut left);
        b.into().pack(&mut right);
        compare(&left, &right)
    }

    #[test]
    fn types_are_compared_before_values() {
        let map: Map = [(1, 2)].into_iter().collect();
        let ascending = [
            Value::Nil,
            false.into(),
            true.into(),
            i64::MIN.into(),
            (-1).into(),
            0.into(),
            i64::MAX.into(),
            "".into(),
            "a".into(),
            "ab".into(),
            "b".into(),
            Value::List(Vec::new()),
            Value::from(vec![1]),
            Value::from(vec![1, 0]),
            Value::from(vec![2]),
            Value::Map(map),
            (&[]).into(),
            (&[9]).into(),
            (-1.5).into(),
            7.25.into(),
            Value::GeoJson("{}".into()),
            Value::Infinity,
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(order(a.clone(), b.clone()), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn a_wildcard_ends_the_comparison() {
        assert_eq!(order(Value::Wildcard, "x"), Ordering::Equal);
        let pattern = Value::List(vec![1.into(), Value::Wildcard, 9.into()]);
        assert_eq!(order(pattern.clone(), vec![1, 2]), Ordering::Equal);
        assert_eq!(order(pattern.clone(), vec![1, 2, 3, 4]), Ordering::Equal);
        assert_eq!(order(pattern, vec![2, 2]), Ordering::Less);
    }

    #[test]
    fn maps_compare_by_size_first_and_without_their_flags() {
        let small: Map = [(9, 9)].into_iter().collect();
        let mut large = Map::new(spikelet_wire::MapOrder::KeyOrdered);
        large.insert(1, 1);
        assert_eq!(
            order(Value::Map(small.clone()), Value::Map(large.clone())),
            Ordering::Greater
        );
        large.insert(2, 2);
        assert_eq!(order(Value::Map(small), Value::Map(large)), Ordering::Less);
    }

    #[test]
    fn unordered_maps_are_not_compared() {
        let pack = |map: Map| {
            let mut out = Vec::new();
            Value::List(vec![1.into(), Value::Map(map)]).pack(&mut out);
            out
        };
        let mut map: Map = [(1, 2)].into_iter().collect();
        let ordered = {
            map.order = spikelet_wire::MapOrder::KeyOrdered;
            pack(map.clone())
        };
        map.order = spikelet_wire::MapOrder::Unordered;
        let map = pack(map);
        assert_eq!(compare_in_order(&map, &ordered), None);
        assert_eq!(compare_in_order(&ordered, &ordered), Some(Ordering::Equal));
        // The element before the map decides.
        assert_eq!(compare_in_order(&map, &[0x91, 0x02]), Some(Ordering::Less));
    }

    #[test]
    fn a_nested_list_decides_before_the_elements_after_it() {
        let a = Value::List(vec![vec![1].into(), 9.into()]);
        let b = Value::List(vec![vec![1, 1].into(), 0.into()]);
        assert_eq!(order(a, b), Ordering::Less);
    }

    #[test]
    fn the_merge_sort_is_stable() {
        let mut items = vec![3, 12, 1, 11, 2, 10];
        merge_sort(&mut items, &mut |a, b| (a / 10).cmp(&(b / 10)));
        assert_eq!(items, [3, 1, 2, 12, 11, 10]);
    }

    #[test]
    fn a_search_ends_at_the_requested_equal_item() {
        let items = [1, 3, 3, 3, 3, 5];
        let at = |value: i32, equal| search(0..6, equal, |i| value.cmp(&items[i as usize]));
        let found = |rank| Found { found: true, rank };
        assert_eq!(at(3, Equal::First), found(1));
        assert_eq!(at(3, Equal::Any), found(3));
        assert_eq!(at(3, Equal::After), found(5));
        for equal in [Equal::First, Equal::Any, Equal::After] {
            let missing = |rank| Found { found: false, rank };
            assert_eq!(at(0, equal), missing(0));
            assert_eq!(at(4, equal), missing(5));
            assert_eq!(at(9, equal), missing(6));
            assert_eq!(search(0..0, equal, |_| Ordering::Less), missing(0));
        }
    }

    #[test]
    fn ranks_are_counted_from_the_nearer_end() {
        let items = [40, 10, 30, 20, 50];
        let mut by_value = |a: u32, b: u32| items[a as usize].cmp(&items[b as usize]);
        let low = ranked(5, 0, 2, &mut by_value);
        assert_eq!((low.items, low.descending), (vec![3, 1], true));
        let high = ranked(5, 3, 2, &mut by_value);
        assert_eq!((high.items, high.descending), (vec![0, 4], false));
        assert!(ranked(0, 0, 0, &mut by_value).items.is_empty());
    }
}
