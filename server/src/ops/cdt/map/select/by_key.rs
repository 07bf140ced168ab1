//! Selecting pairs of a map by key.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::by_index::{by_index, empty_list};
use super::map_view::{Map, masked, no_key};
use crate::ops::cdt::arguments::holds_compare_only;
use crate::ops::cdt::result::int_list;
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{ElementSet, Mask, Selected, Selection};
use crate::ops::cdt::value_list;
use crate::ops::order::Equal;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

pub(super) fn by_key(map: &Map<'_>, spec: ReturnSpec, key: &[u8]) -> Selection {
    if spec.is_rank_range() {
        return Err(NOT_APPLICABLE);
    }
    if map.is_ordered {
        let place = map.pairs.find_key(key, Equal::Any);
        return match place.found {
            true => by_index(map, spec, i64::from(place.rank), 1),
            false => no_key(&spec, -1),
        };
    }
    if spec.inverted {
        return Err(NOT_APPLICABLE);
    }
    let Some(place) = (0..map.n).find(|&i| map.pairs.compare_key(i, key).is_eq()) else {
        return no_key(&spec, -1);
    };
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex | R::IndexRange | R::ReverseIndexRange) => {
            spec.range(map.pairs.keys_below(key), 1, map.n)?
        }
        Some(R::Rank | R::ReverseRank) => map.ranks(&spec, &[place]),
        Some(R::Count | R::Exists) => spec.counted(1),
        Some(_) if spec.is_elements() => map.elements(&spec, [place].into_iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::Run(place, 1),
    })
}

pub(super) fn by_key_interval(map: &Map<'_>, spec: ReturnSpec, start: &[u8], end: Option<&[u8]>) -> Selection {
    if spec.is_rank_range() {
        return Err(NOT_APPLICABLE);
    }
    if map.is_ordered {
        let first = map.pairs.find_key(start, Equal::Any).rank;
        let end = end.map_or(map.n, |end| map.pairs.find_key(end, Equal::Any).rank);
        return by_index(map, spec, i64::from(first), u64::from(end.saturating_sub(first)));
    }
    let below = map.pairs.keys_below(start);
    let inside = |&i: &u32| {
        let before_end = |end| map.pairs.compare_key(i, end).is_lt();
        !map.pairs.compare_key(i, start).is_lt() && end.is_none_or(before_end)
    };
    let inside: Vec<u32> = (0..map.n).filter(inside).collect();
    let count = inside.len() as u32;
    let mask = Mask::of(map.n, inside, spec.inverted);
    let result = match spec.kind {
        _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
        _ if spec.is_rank() => map.ranks(&spec, &mask.iter().collect::<Vec<_>>()),
        _ => spec.range(below, count, map.n)?,
    };
    Ok(masked(result, mask))
}

pub(super) fn by_any_key(map: &Map<'_>, mut spec: ReturnSpec, keys: &[u8]) -> Selection {
    let keys = value_list::parse(keys)?;
    let n = map.n;
    if keys.is_empty() {
        if spec.is_rank() || spec.is_index_range() || spec.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        return empty_list(map, &mut spec);
    }
    if !map.is_ordered {
        let elements = (0..n).map(|i| map.pairs.elements().get(i));
        let found = value_list::find(elements, &keys, spec.is_index());
        let mask = Mask::of(n, found.elements.iter().copied(), spec.inverted);
        let result = match spec.kind {
            Some(R::None) => None,
            Some(R::Index | R::ReverseIndex) => Some(found.ranks(&spec, n)),
            Some(R::Count | R::Exists) => spec.counted(mask.count()),
            _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
            _ => return Err(NOT_APPLICABLE),
        };
        return Ok(masked(result, mask));
    }
    let run = |key: &&[u8]| {
        if holds_compare_only(key) {
            let first = map.pairs.find_key(key, Equal::First);
            let end = first.found.then(|| map.pairs.find_key(key, Equal::After).rank);
            return (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)));
        }
        let place = map.pairs.find_key(key, Equal::Any);
        (place.rank, u32::from(place.found))
    };
    let runs: Vec<(u32, u32)> = keys.iter().map(run).collect();
    let selected = runs.iter().flat_map(|&(start, count)| map.run(start, count));
    let mask = Mask::of(n, selected, spec.inverted);
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) if spec.inverted => spec.each(mask.iter(), n),
        Some(R::Index | R::ReverseIndex) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| spec.run(start, count, n)),
        )),
        Some(R::Count | R::Exists) => spec.counted(mask.count()),
        _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}
