//! Selecting pairs of a map by value.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::by_index::{all, empty_list};
use super::map_view::{Map, masked, no_value};
use crate::ops::cdt::result::int_list;
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{Mask, Selection};
use crate::ops::cdt::value_list;
use crate::ops::order::{self, Equal};

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// Selects by value: the pairs with the value `start`, or with `end` those of the interval.
pub(super) fn by_value(map: &Map<'_>, mut spec: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
    let n = map.n;
    if spec.is_index_range() || (spec.inverted && !spec.multi) {
        return Err(NOT_APPLICABLE);
    }
    if n == 0 {
        return no_value(&spec, -1);
    }
    if map.is_indexed {
        return by_value_indexed(map, spec, start, end);
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
            None => order.is_eq() && (spec.multi || selected.is_empty()),
        };
        if inside {
            selected.push(i);
        }
    }
    if selected.is_empty() && spec.inverted {
        spec.inverted = false;
        return all(map, &spec);
    }
    if selected.is_empty() {
        // The server counts the lesser values only for return types that are ranks.
        let rank = if spec.is_rank() || spec.is_rank_range() {
            below
        } else {
            0
        };
        return no_value(&spec, i64::from(rank));
    }
    let count = selected.len() as u32;
    let mask = Mask::of(n, selected, spec.inverted);
    let result = match spec.kind {
        _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
        _ if spec.is_index() && mask.count() == 0 => spec.empty(-1)?,
        _ if spec.is_index() => map.indexes(&spec, mask.iter()),
        _ => spec.range(below, count, n)?,
    };
    Ok(masked(result, mask))
}

/// Selects by value in a map whose order by value is persisted. Results are in that order.
fn by_value_indexed(map: &Map<'_>, spec: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
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
        None if spec.multi => find(start, Equal::After).rank,
        None => first.rank + 1,
    };
    let count = end.saturating_sub(first.rank);
    let run = by_value.iter().copied().skip(first.rank as usize).take(count as usize);
    let mask = Mask::of(n, run.clone(), spec.inverted);
    let result = match spec.kind {
        _ if spec.is_elements() && (spec.inverted || spec.kind == Some(R::OrderedMap)) => {
            map.elements(&spec, mask.iter())?
        }
        _ if spec.is_elements() => map.elements(&spec, run)?,
        _ if spec.is_index() && mask.count() == 0 => spec.empty(-1)?,
        _ if spec.is_index() && spec.inverted => map.indexes(&spec, mask.iter()),
        _ if spec.is_index() => map.indexes(&spec, run),
        _ => spec.range(first.rank, count, n)?,
    };
    Ok(masked(result, mask))
}

pub(super) fn by_any_value(map: &Map<'_>, mut spec: ReturnSpec, values: &[u8]) -> Selection {
    let values = value_list::parse(values)?;
    let n = map.n;
    if values.is_empty() {
        if spec.is_index_range() || spec.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        return empty_list(map, &mut spec);
    }
    if map.is_indexed || n <= 1 {
        return by_any_value_indexed(map, &spec, &values);
    }
    let elements = (0..n).map(|i| map.pairs.elements().value(i));
    let found = value_list::find(elements, &values, spec.is_rank());
    let mask = Mask::of(n, found.elements.iter().copied(), spec.inverted);
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if mask.count() == 0 => spec.empty(-1)?,
        Some(R::Index | R::ReverseIndex) => map.indexes(&spec, mask.iter()),
        Some(R::Rank | R::ReverseRank) => Some(found.ranks(&spec, n)),
        Some(R::Count | R::Exists) => spec.counted(mask.count()),
        _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

/// Looks up every value in the order by value. Indexes and ranks are in the order of the requested values.
fn by_any_value_indexed(map: &Map<'_>, spec: &ReturnSpec, values: &[&[u8]]) -> Selection {
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
        let end = first.found.then(|| find(value, Equal::After).rank);
        (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)))
    };
    let runs: Vec<(u32, u32)> = values.iter().map(run).collect();
    let places = || {
        let ranks = runs.iter().flat_map(|&(start, count)| start..start + count);
        ranks.filter_map(place)
    };
    let mask = Mask::of(n, places(), spec.inverted);
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if spec.inverted && mask.count() == 0 => spec.empty(-1)?,
        Some(R::Index | R::ReverseIndex) if spec.inverted => map.indexes(spec, mask.iter()),
        Some(R::Index | R::ReverseIndex) => spec.each(places(), n),
        Some(R::Rank | R::ReverseRank) if spec.inverted => map.ranks(spec, &mask.iter().collect::<Vec<_>>()),
        Some(R::Rank | R::ReverseRank) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| spec.run(start, count, n)),
        )),
        Some(R::Count | R::Exists) => spec.counted(mask.count()),
        _ if spec.is_elements() => map.elements(spec, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}
