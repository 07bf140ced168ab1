//! Selecting pairs of a map: by key, index, value, rank, intervals and lists of keys and values.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;
use spikelet_wire::msgpack::ORDERED;

use super::Pairs;
use crate::ops::Particle;
use crate::ops::cdt::arguments::only_compares;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::matches;
use crate::ops::cdt::return_type::{Answer, ReturnSpec, int_list, map};
use crate::ops::cdt::select::{Chosen, Mask, Selected, bounds, items, relative};
use crate::ops::order::{self, Equal};

type Selection = Result<Selected, ResultCode>;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// What to select.
pub(super) enum Select<'a> {
    /// A key.
    Key(&'a [u8]),
    /// From one key on, before another.
    KeyInterval(&'a [u8], Option<&'a [u8]>),
    /// One of the keys of a list.
    AnyKey(&'a [u8]),
    /// From an index on so many.
    Index(i64, u64),
    /// From an index on, counted from that of a key, so many.
    RelativeIndex(&'a [u8], i64, u64),
    /// What has a value.
    Value(&'a [u8]),
    /// From one value on, before another.
    ValueInterval(&'a [u8], Option<&'a [u8]>),
    /// What has one of the values of a list.
    AnyValue(&'a [u8]),
    /// From a rank on so many.
    Rank(i64, u64),
    /// From a rank on, counted from that of a value, so many.
    RelativeRank(&'a [u8], i64, u64),
}

impl Select<'_> {
    /// Selects pairs of a map, and gives what is wanted of them.
    ///
    /// # Errors
    /// `OP_NOT_APPLICABLE` for a return type that the selection does not have, inversion of a single pair, and an index or
    /// rank where no pair is; `PARAMETER` when a list of keys or values is none.
    pub(super) fn apply(&self, collection: &Collection<'_>, want: ReturnSpec) -> Selection {
        let map = &Map {
            pairs: Pairs::of(collection)?,
            is_ordered: collection.flags != 0,
            is_indexed: collection.is_indexed_by_value(),
            n: collection.count,
        };
        match *self {
            Self::Key(key) => by_key(map, want, key),
            Self::KeyInterval(start, end) => by_key_interval(map, want, start, end),
            Self::AnyKey(keys) => by_any_key(map, want, keys),
            Self::Index(index, count) => by_index(map, want, index, count),
            Self::RelativeIndex(key, index, count) => {
                let base = match map.is_ordered {
                    true => map.pairs.find_key(key, Equal::Any).rank,
                    false => map.pairs.keys_below(key),
                };
                let (index, count) = relative(index, count, base);
                by_index(map, want, index, count)
            }
            Self::Value(value) => by_value(map, want, value, None),
            Self::ValueInterval(start, end) => by_value(map, want, start, Some(end)),
            Self::AnyValue(values) => by_any_value(map, want, values),
            Self::Rank(rank, count) => by_rank(map, want, rank, count),
            Self::RelativeRank(value, rank, count) => {
                let (rank, count) = relative(rank, count, map.pairs.values_below(value));
                by_rank(map, want, rank, count)
            }
        }
    }
}

/// A map to select from.
struct Map<'a> {
    pairs: Pairs<'a>,
    /// It is flagged as ordered. The server treats unordered maps apart, and some results differ.
    is_ordered: bool,
    /// Its order by value is stored with it, and the server goes by that where it can.
    is_indexed: bool,
    n: u32,
}

impl Map<'_> {
    /// The keys, the values or both at some places, in the order of the places.
    fn elements(&self, want: &ReturnSpec, places: impl Iterator<Item = u32>) -> Answer {
        let elements = self.pairs.elements();
        if !want.is_map() {
            return match want.kind == Some(R::Key) {
                true => want.values(places.map(|i| elements.key(i))),
                false => want.values(places.map(|i| elements.value(i))),
            };
        }
        let flags = want.map_flags();
        if flags == Some(ORDERED) && !self.pairs.is_sorted() {
            let mut indexes: Vec<u32> = places.map(|place| self.pairs.index(place)).collect();
            indexes.sort_unstable();
            let pairs = indexes.into_iter().map(|i| elements.get(self.pairs.place(i)));
            return Ok(Some(map(pairs, flags)));
        }
        Ok(Some(map(places.map(|i| elements.get(i)), flags)))
    }

    /// The indexes of the pairs at some places.
    fn indexes(&self, want: &ReturnSpec, places: impl Iterator<Item = u32>) -> Option<Particle> {
        want.each(places.map(|place| self.pairs.index(place)), self.n)
    }

    /// The ranks of the pairs at some places.
    fn ranks(&self, want: &ReturnSpec, places: &[u32]) -> Option<Particle> {
        want.each(self.pairs.ranks(places), self.n)
    }

    /// All places but those in a run of indexes.
    fn all_but(&self, start: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
        let end = start.saturating_add(count);
        (0..start).chain(end..self.n).map(|i| self.pairs.place(i))
    }

    /// The places of a run of indexes.
    fn run(&self, start: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
        (start..start.saturating_add(count)).map(|i| self.pairs.place(i))
    }
}

/// Selects pairs by a mask over the places.
const fn masked(result: Option<Particle>, mask: Mask) -> Selected {
    Selected {
        result,
        elements: Chosen::Mask(mask),
    }
}

fn by_key(map: &Map<'_>, want: ReturnSpec, key: &[u8]) -> Selection {
    if want.is_rank_range() {
        return Err(NOT_APPLICABLE);
    }
    if map.is_ordered {
        let place = map.pairs.find_key(key, Equal::Any);
        return match place.found {
            true => by_index(map, want, i64::from(place.rank), 1),
            false => no_key(&want, -1),
        };
    }
    if want.inverted {
        return Err(NOT_APPLICABLE);
    }
    let Some(place) = (0..map.n).find(|&i| map.pairs.compare_key(i, key).is_eq()) else {
        return no_key(&want, -1);
    };
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex | R::IndexRange | R::ReverseIndexRange) => {
            want.range(map.pairs.keys_below(key), 1, map.n)?
        }
        Some(R::Rank | R::ReverseRank) => map.ranks(&want, &[place]),
        Some(R::Count | R::Exists) => want.counted(1),
        Some(_) if want.is_elements() => map.elements(&want, [place].into_iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::Run(place, 1),
    })
}

fn by_key_interval(map: &Map<'_>, want: ReturnSpec, start: &[u8], end: Option<&[u8]>) -> Selection {
    if want.is_rank_range() {
        return Err(NOT_APPLICABLE);
    }
    if map.is_ordered {
        let first = map.pairs.find_key(start, Equal::Any).rank;
        let end = end.map_or(map.n, |end| map.pairs.find_key(end, Equal::Any).rank);
        return by_index(map, want, i64::from(first), u64::from(end.saturating_sub(first)));
    }
    let below = map.pairs.keys_below(start);
    let inside = |&i: &u32| {
        let before_end = |end| map.pairs.compare_key(i, end).is_lt();
        !map.pairs.compare_key(i, start).is_lt() && end.is_none_or(before_end)
    };
    let inside: Vec<u32> = (0..map.n).filter(inside).collect();
    let count = inside.len() as u32;
    let mask = Mask::of(map.n, inside, want.inverted);
    let result = match want.kind {
        _ if want.is_elements() => map.elements(&want, mask.iter())?,
        _ if want.is_rank() => map.ranks(&want, &mask.iter().collect::<Vec<_>>()),
        _ => want.range(below, count, map.n)?,
    };
    Ok(masked(result, mask))
}

fn by_index(map: &Map<'_>, mut want: ReturnSpec, index: i64, count: u64) -> Selection {
    let n = map.n;
    let (mut start, mut count) = bounds(index, count, n, want.multi)?;
    if want.is_rank_range() || (want.inverted && !want.multi) {
        return Err(NOT_APPLICABLE);
    }
    if want.inverted {
        let reduced = match (start, count) {
            (_, 0) => Some((0, n)),
            (0, count) => Some((count, n - count)),
            (start, count) if start + count >= n => Some((0, start)),
            _ => None,
        };
        match reduced {
            Some(reduced) => (start, count) = reduced,
            None => return all_but(map, want, start, count),
        }
        want.inverted = false;
    }
    if count == 0 {
        return no_key(&want, i64::from(start));
    }
    if count == n {
        return all(map, &want);
    }
    let result = match want.kind {
        _ if want.is_elements() => map.elements(&want, map.run(start, count))?,
        _ if want.is_rank() => map.ranks(&want, &map.run(start, count).collect::<Vec<_>>()),
        _ => want.range(start, count, n)?,
    };
    let elements = match map.pairs.is_sorted() {
        true => Chosen::Run(start, count),
        false => Chosen::Mask(Mask::of(n, map.run(start, count), false)),
    };
    Ok(Selected { result, elements })
}

/// Selects the pairs before and behind a run of indexes.
fn all_but(map: &Map<'_>, want: ReturnSpec, start: u32, count: u32) -> Selection {
    let n = map.n;
    let mask = Mask::of(n, map.run(start, count), true);
    let result = match want.kind {
        Some(R::None) => None,
        // Here the server answers for the pairs that are left out, unless the map is ordered.
        Some(R::Exists) if !map.is_ordered => want.indexes(start, count, n)?,
        Some(R::Count | R::Exists) => want.counted(n - count),
        Some(R::Index | R::ReverseIndex) => want.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) if map.is_ordered => {
            map.ranks(&want, &map.all_but(start, count).collect::<Vec<_>>())
        }
        Some(R::Rank | R::ReverseRank) => map.ranks(&want, &mask.iter().collect::<Vec<_>>()),
        _ if want.is_elements() => map.elements(&want, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

/// Selects all pairs.
fn all(map: &Map<'_>, want: &ReturnSpec) -> Selection {
    let n = map.n;
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) if !want.multi => Some(Particle::Int(0)),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => Some(int_list(want.run(0, n, n))),
        Some(R::Count | R::Exists) => want.counted(n),
        Some(R::IndexRange | R::ReverseIndexRange | R::RankRange | R::ReverseRankRange) => {
            Some(int_list([0, i64::from(n)]))
        }
        _ if want.is_elements() => map.elements(want, 0..n)?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::Run(0, n),
    })
}

/// Selects by value: what has the value `start`, or, with `end`, what lies between both.
fn by_value(map: &Map<'_>, mut want: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
    let n = map.n;
    if want.is_index_range() || (want.inverted && !want.multi) {
        return Err(NOT_APPLICABLE);
    }
    if n == 0 {
        return no_value(&want, -1);
    }
    if map.is_indexed {
        return by_value_indexed(map, want, start, end);
    }
    let mut below = 0;
    let mut selected = Vec::new();
    for i in 0..n {
        let order = map.pairs.compare_value(i, start);
        let inside = match end {
            _ if order.is_lt() => {
                below += 1;
                false
            }
            Some(Some(end)) => map.pairs.compare_value(i, end).is_lt(),
            Some(None) => true,
            None => order.is_eq() && (want.multi || selected.is_empty()),
        };
        if inside {
            selected.push(i);
        }
    }
    if selected.is_empty() && want.inverted {
        want.inverted = false;
        return all(map, &want);
    }
    if selected.is_empty() {
        // The server counts what is below only where it is asked for ranks.
        let rank = if want.is_rank() || want.is_rank_range() {
            below
        } else {
            0
        };
        return no_value(&want, i64::from(rank));
    }
    let count = selected.len() as u32;
    let mask = Mask::of(n, selected, want.inverted);
    let result = match want.kind {
        _ if want.is_elements() => map.elements(&want, mask.iter())?,
        _ if want.is_index() && mask.count() == 0 => want.nothing(-1)?,
        _ if want.is_index() => map.indexes(&want, mask.iter()),
        _ => want.range(below, count, n)?,
    };
    Ok(masked(result, mask))
}

/// Selects by value where the order by value is stored; then the pairs come in that order.
fn by_value_indexed(map: &Map<'_>, want: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
    let n = map.n;
    let by_value = map.pairs.by_value();
    let find = |value: &[u8], equal| {
        order::search(0..n, equal, |rank| match by_value.get(rank as usize) {
            Some(&place) => map.pairs.compare_value(place, value).reverse(),
            None => std::cmp::Ordering::Less,
        })
    };
    let first = find(start, Equal::First);
    let end = match end {
        Some(None) => n,
        Some(Some(end)) => find(end, Equal::First).rank,
        None if !first.found => first.rank,
        None if want.multi => find(start, Equal::Behind).rank,
        None => first.rank + 1,
    };
    let count = end.saturating_sub(first.rank);
    let run = by_value.iter().copied().skip(first.rank as usize).take(count as usize);
    let mask = Mask::of(n, run.clone(), want.inverted);
    let result = match want.kind {
        _ if want.is_elements() && (want.inverted || want.kind == Some(R::OrderedMap)) => {
            map.elements(&want, mask.iter())?
        }
        _ if want.is_elements() => map.elements(&want, run)?,
        _ if want.is_index() && mask.count() == 0 => want.nothing(-1)?,
        _ if want.is_index() && want.inverted => map.indexes(&want, mask.iter()),
        _ if want.is_index() => map.indexes(&want, run),
        _ => want.range(first.rank, count, n)?,
    };
    Ok(masked(result, mask))
}

fn by_rank(map: &Map<'_>, mut want: ReturnSpec, rank: i64, count: u64) -> Selection {
    let n = map.n;
    let (mut start, mut count) = bounds(rank, count, n, want.multi)?;
    if want.is_index_range() || (want.inverted && !want.multi) {
        return Err(NOT_APPLICABLE);
    }
    if want.inverted {
        let reduced = match (start, count) {
            (_, 0) => Some((0, n)),
            (0, count) => Some((count, n - count)),
            (start, count) if start + count >= n => Some((0, start)),
            _ => None,
        };
        if let Some(reduced) = reduced {
            (start, count) = reduced;
            want.inverted = false;
        }
    }
    if count == 0 {
        return no_value(&want, i64::from(start));
    }
    let ranked = map.pairs.ranked(start, count);
    let mask = Mask::of(n, ranked.iter().copied(), want.inverted);
    let by_place = want.inverted || want.kind == Some(R::OrderedMap);
    let result = match want.kind {
        _ if want.is_elements() && by_place => map.elements(&want, mask.iter())?,
        _ if want.is_elements() => map.elements(&want, ranked.into_iter())?,
        _ if want.is_index() && want.inverted => map.indexes(&want, mask.iter()),
        _ if want.is_index() => map.indexes(&want, ranked.into_iter()),
        _ => want.range(start, count, n)?,
    };
    Ok(masked(result, mask))
}

fn by_any_key(map: &Map<'_>, mut want: ReturnSpec, keys: &[u8]) -> Selection {
    let keys = items(keys)?;
    let n = map.n;
    if keys.is_empty() {
        if want.is_rank() || want.is_index_range() || want.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        return none_asked(map, &mut want);
    }
    if !map.is_ordered {
        let elements = (0..n).map(|i| map.pairs.elements().get(i));
        let found = matches::find(elements, &keys, want.is_index());
        let mask = Mask::of(n, found.elements.iter().copied(), want.inverted);
        let result = match want.kind {
            Some(R::None) => None,
            Some(R::Index | R::ReverseIndex) => Some(found.ranks(&want, n)),
            Some(R::Count | R::Exists) => want.counted(mask.count()),
            _ if want.is_elements() => map.elements(&want, mask.iter())?,
            _ => return Err(NOT_APPLICABLE),
        };
        return Ok(masked(result, mask));
    }
    let run = |key: &&[u8]| {
        if only_compares(key) {
            let first = map.pairs.find_key(key, Equal::First);
            let end = first.found.then(|| map.pairs.find_key(key, Equal::Behind).rank);
            return (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)));
        }
        let place = map.pairs.find_key(key, Equal::Any);
        (place.rank, u32::from(place.found))
    };
    let runs: Vec<(u32, u32)> = keys.iter().map(run).collect();
    let selected = runs.iter().flat_map(|&(start, count)| map.run(start, count));
    let mask = Mask::of(n, selected, want.inverted);
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if want.inverted => want.each(mask.iter(), n),
        Some(R::Index | R::ReverseIndex) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| want.run(start, count, n)),
        )),
        Some(R::Count | R::Exists) => want.counted(mask.count()),
        _ if want.is_elements() => map.elements(&want, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

fn by_any_value(map: &Map<'_>, mut want: ReturnSpec, values: &[u8]) -> Selection {
    let values = items(values)?;
    let n = map.n;
    if values.is_empty() {
        if want.is_index_range() || want.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        return none_asked(map, &mut want);
    }
    if map.is_indexed || n <= 1 {
        return by_any_value_indexed(map, &want, &values);
    }
    let elements = (0..n).map(|i| map.pairs.elements().value(i));
    let found = matches::find(elements, &values, want.is_rank());
    let mask = Mask::of(n, found.elements.iter().copied(), want.inverted);
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if mask.count() == 0 => want.nothing(-1)?,
        Some(R::Index | R::ReverseIndex) => map.indexes(&want, mask.iter()),
        Some(R::Rank | R::ReverseRank) => Some(found.ranks(&want, n)),
        Some(R::Count | R::Exists) => want.counted(mask.count()),
        _ if want.is_elements() => map.elements(&want, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

/// Looks every value up in the order by value. Indexes and ranks come value by value, as they were asked.
fn by_any_value_indexed(map: &Map<'_>, want: &ReturnSpec, values: &[&[u8]]) -> Selection {
    let n = map.n;
    let by_value = map.pairs.by_value();
    let place = |rank: u32| by_value.get(rank as usize).copied();
    let find = |value: &[u8], equal| {
        order::search(0..n, equal, |rank| match place(rank) {
            Some(place) => map.pairs.compare_value(place, value).reverse(),
            None => std::cmp::Ordering::Less,
        })
    };
    let run = |value: &&[u8]| {
        let first = find(value, Equal::First);
        let end = first.found.then(|| find(value, Equal::Behind).rank);
        (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)))
    };
    let runs: Vec<(u32, u32)> = values.iter().map(run).collect();
    let places = || {
        let ranks = runs.iter().flat_map(|&(start, count)| start..start + count);
        ranks.filter_map(place)
    };
    let mask = Mask::of(n, places(), want.inverted);
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if want.inverted && mask.count() == 0 => want.nothing(-1)?,
        Some(R::Index | R::ReverseIndex) if want.inverted => map.indexes(want, mask.iter()),
        Some(R::Index | R::ReverseIndex) => want.each(places(), n),
        Some(R::Rank | R::ReverseRank) if want.inverted => map.ranks(want, &mask.iter().collect::<Vec<_>>()),
        Some(R::Rank | R::ReverseRank) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| want.run(start, count, n)),
        )),
        Some(R::Count | R::Exists) => want.counted(mask.count()),
        _ if want.is_elements() => map.elements(want, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

/// No key or value was asked for: nothing is selected, or everything.
fn none_asked(map: &Map<'_>, want: &mut ReturnSpec) -> Selection {
    if !want.inverted {
        // An unknown return type is no error here.
        return Ok(Selected::none(want.nothing(0).unwrap_or_default()));
    }
    want.inverted = false;
    all(map, want)
}

/// No pair was selected by key or index.
fn no_key(want: &ReturnSpec, index: i64) -> Selection {
    match want.is_rank_range() {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(want.nothing(index)?)),
    }
}

/// No pair was selected by value or rank.
fn no_value(want: &ReturnSpec, rank: i64) -> Selection {
    match want.is_index_range() {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(want.nothing(rank)?)),
    }
}
