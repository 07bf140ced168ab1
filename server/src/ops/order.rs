//! The order of values across types, on their msgpack.
//!
//! nil < false < true < negative integers < other integers < text < lists < maps < bytes < doubles < GeoJSON < other
//! extensions < infinity. A wildcard equals everything. Lists compare element by element, and a list that begins
//! another is less; maps compare by their number of pairs first, then pair by pair as they are stored.

use std::cmp::Ordering;

use spikelet_wire::ParticleType;
use spikelet_wire::msgpack::{COMPARE_ONLY, INFINITY, ORDERED, Reader, Token, WILDCARD};

/// The first byte of a text.
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
/// Only the first value of either is looked at. A double that is no number equals every double, and a wildcard inside
/// a collection ends the comparison as equal: the order is not total, and whoever sorts by it must bear that.
#[must_use]
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    compare_noting(a, b, &mut false)
}

/// Compares two values as [`compare`] does; `None` where a map without an order was met on the way.
///
/// Pairs without an order have none among those of another map: expressions do not compare them.
#[must_use]
pub(crate) fn compare_in_order(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let mut unordered_map = false;
    let order = compare_noting(a, b, &mut unordered_map);
    (!unordered_map).then_some(order)
}

fn compare_noting(a: &[u8], b: &[u8], unordered_map: &mut bool) -> Ordering {
    // Most of what is compared is small integers or short texts, whose encodings can be compared as they are.
    if let (&[a @ 0..=0x7f, ..], &[b @ 0..=0x7f, ..]) = (a, b) {
        return a.cmp(&b);
    }
    if let (Some(a), Some(b)) = (short_text(a), short_text(b)) {
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
                // What follows the shorter list in the enclosing ones can no longer matter.
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
    /// Nothing.
    Nil,
    /// The boolean false.
    False,
    /// The boolean true.
    True,
    /// An integer below 0.
    Negative,
    /// An integer from 0 on.
    Int,
    /// Text.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// Bytes of any other particle type.
    Bytes,
    /// A double.
    Float,
    /// GeoJSON.
    GeoJson,
    /// An extension that is not among the following.
    Ext,
    /// Equals everything.
    Wildcard,
    /// Greater than everything.
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

    /// The type of the value that stands first in some msgpack.
    #[must_use]
    pub(crate) fn first_of(msgpack: &[u8]) -> Option<Self> {
        Reader::new(msgpack).token().ok().as_ref().map(Self::of)
    }
}

/// The text that stands first, if it is at most 30 bytes long.
fn short_text(value: &[u8]) -> Option<&[u8]> {
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

/// Skips the flags in front of a collection's elements, with what pairs up with them in a map, and gives them.
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

/// Sorts by merging, which leaves equal values in their order and bears an order that is not total.
pub(crate) fn merge_sort(items: &mut [u32], compare: &mut impl FnMut(u32, u32) -> Ordering) {
    let mut spare = items.to_vec();
    merge_sort_into(items, &mut spare, compare);
}

/// Sorts `items`, with `spare` as room; the depth is the logarithm of the length.
fn merge_sort_into(items: &mut [u32], spare: &mut [u32], compare: &mut impl FnMut(u32, u32) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    let (spare_low, spare_high) = spare.split_at_mut(middle);
    let (low, high) = items.split_at_mut(middle);
    merge_sort_into(low, spare_low, compare);
    merge_sort_into(high, spare_high, compare);
    spare.copy_from_slice(items);
    let (low, high) = spare.split_at(middle);
    let (mut low, mut high) = (low.iter().peekable(), high.iter().peekable());
    for slot in items {
        let from_high = match (low.peek(), high.peek()) {
            (Some(&&l), Some(&&h)) => compare(l, h).is_gt(),
            (low, _) => low.is_none(),
        };
        if let Some(&next) = if from_high { high.next() } else { low.next() } {
            *slot = next;
        }
    }
}

/// Where a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whether an equal item was met.
    pub found: bool,
    /// The rank of that item, or the rank that the value would have.
    pub rank: u32,
}

/// Which of several equal items a search ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equal {
    /// The one that halving meets first. Where that is matters once the items are written out again.
    Any,
    /// The first.
    First,
    /// Behind the last.
    Behind,
}

/// Searches sorted items by halving; `compare` is asked how the value stands to the item of a rank.
pub(crate) fn search(items: std::ops::Range<u32>, equal: Equal, mut compare: impl FnMut(u32) -> Ordering) -> Found {
    let (mut lower, mut upper) = (items.start, items.end);
    let mut rank = lower + upper.saturating_sub(lower) / 2;
    let mut found = false;
    while lower < upper {
        let mut order = compare(rank);
        if order.is_eq() {
            found = true;
            order = match equal {
                Equal::Any => break,
                Equal::First => Ordering::Less,
                Equal::Behind => Ordering::Greater,
            };
        }
        if order.is_gt() {
            lower = rank + 1;
            if lower >= upper {
                rank = lower;
                break;
            }
            // Not the middle of what is left: the server halves from where it stands.
            rank = rank.midpoint(upper);
        } else {
            if rank == lower {
                break;
            }
            upper = rank;
            rank = rank.midpoint(lower);
        }
    }
    Found { found, rank }
}

/// Items chosen by rank, in the order in which the server comes by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranked {
    /// The items.
    pub items: Vec<u32>,
    /// Whether they come from the highest rank to the lowest.
    pub descending: bool,
}

/// Chooses the items of `count` ranks from `rank` on, of the items from 0 to `n`.
///
/// Of equal items it depends on the heap which one has which rank; so the heap is the server's own: built from the items
/// in their order, from the least up where that is nearer, else from the greatest down.
pub(crate) fn ranked(n: u32, rank: u32, count: u32, compare: &mut impl FnMut(u32, u32) -> Ordering) -> Ranked {
    let tail = n.saturating_sub(rank).saturating_sub(count);
    let descending = rank <= tail;
    let (wanted, discard) = if descending {
        (Ordering::Less, rank)
    } else {
        (Ordering::Greater, tail)
    };
    let mut heap: Vec<u32> = (0..n).collect();
    for i in (0..heap.len() / 2).rev() {
        sift(&mut heap, i, wanted, compare);
    }
    let mut filled = heap.len();
    for _ in 0..count.saturating_add(discard).min(n) {
        filled -= 1;
        heap.swap(0, filled);
        sift(&mut heap[..filled], 0, wanted, compare);
    }
    let items = heap.drain(filled..).take(count as usize).collect();
    Ranked { items, descending }
}

/// Lets the item at `i` sink until the heap is one again.
fn sift(heap: &mut [u32], mut i: usize, wanted: Ordering, compare: &mut impl FnMut(u32, u32) -> Ordering) {
    loop {
        let (first, second) = (2 * i + 1, 2 * i + 2);
        let child = match (heap.get(first), heap.get(second)) {
            (Some(&a), Some(&b)) if compare(a, b) == wanted.reverse() => second,
            (Some(_), _) => first,
            (None, _) => return,
        };
        if compare(heap[child], heap[i]) != wanted {
            return;
        }
        heap.swap(i, child);
        i = child;
    }
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
    fn types_come_before_values() {
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
    fn maps_without_an_order_have_none_among_each_other() {
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
        // What comes before the map has decided.
        assert_eq!(compare_in_order(&map, &[0x91, 0x02]), Some(Ordering::Less));
    }

    #[test]
    fn lists_inside_lists_decide_before_what_follows() {
        let a = Value::List(vec![vec![1].into(), 9.into()]);
        let b = Value::List(vec![vec![1, 1].into(), 0.into()]);
        assert_eq!(order(a, b), Ordering::Less);
    }

    #[test]
    fn merging_keeps_equal_values_in_order() {
        let mut items = vec![3, 12, 1, 11, 2, 10];
        merge_sort(&mut items, &mut |a, b| (a / 10).cmp(&(b / 10)));
        assert_eq!(items, [3, 1, 2, 12, 11, 10]);
    }

    #[test]
    fn searching_meets_equal_items_where_it_is_told_to() {
        let items = [1, 3, 3, 3, 3, 5];
        let at = |value: i32, equal| search(0..6, equal, |i| value.cmp(&items[i as usize]));
        let found = |rank| Found { found: true, rank };
        assert_eq!(at(3, Equal::First), found(1));
        assert_eq!(at(3, Equal::Any), found(3));
        assert_eq!(at(3, Equal::Behind), found(5));
        for equal in [Equal::First, Equal::Any, Equal::Behind] {
            let missing = |rank| Found { found: false, rank };
            assert_eq!(at(0, equal), missing(0));
            assert_eq!(at(4, equal), missing(5));
            assert_eq!(at(9, equal), missing(6));
            assert_eq!(search(0..0, equal, |_| Ordering::Less), missing(0));
        }
    }

    #[test]
    fn ranks_are_chosen_from_the_nearer_end() {
        let items = [40, 10, 30, 20, 50];
        let mut by_value = |a: u32, b: u32| items[a as usize].cmp(&items[b as usize]);
        let low = ranked(5, 0, 2, &mut by_value);
        assert_eq!((low.items, low.descending), (vec![3, 1], true));
        let high = ranked(5, 3, 2, &mut by_value);
        assert_eq!((high.items, high.descending), (vec![0, 4], false));
        assert!(ranked(0, 0, 0, &mut by_value).items.is_empty());
    }
}
