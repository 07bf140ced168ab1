//! Selecting pairs of a map by index.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::map_view::{Map, masked, no_key};
use crate::ops::Particle;
use crate::ops::cdt::bounds::{bounds, outside};
use crate::ops::cdt::result::int_list;
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{ElementSet, Mask, Selected, Selection};

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

pub(super) fn by_index(map: &Map<'_>, mut spec: ReturnSpec, index: i64, count: u64) -> Selection {
    let n = map.n;
    let (mut start, mut count) = bounds(index, count, n, spec.multi)?;
    if spec.is_rank_range() || (spec.inverted && !spec.multi) {
        return Err(NOT_APPLICABLE);
    }
    if spec.inverted {
        match outside(start, count, n) {
            Some(range) => (start, count) = range,
            None => return all_but(map, spec, start, count),
        }
        spec.inverted = false;
    }
    if count == 0 {
        return no_key(&spec, i64::from(start));
    }
    if count == n {
        return all(map, &spec);
    }
    let result = match spec.kind {
        _ if spec.is_elements() => map.elements(&spec, map.run(start, count))?,
        _ if spec.is_rank() => map.ranks(&spec, &map.run(start, count).collect::<Vec<_>>()),
        _ => spec.range(start, count, n)?,
    };
    let elements = match map.pairs.is_sorted() {
        true => ElementSet::Run(start, count),
        false => ElementSet::Mask(Mask::of(n, map.run(start, count), false)),
    };
    Ok(Selected { result, elements })
}

/// Selects the pairs before and after a run of indexes.
fn all_but(map: &Map<'_>, spec: ReturnSpec, start: u32, count: u32) -> Selection {
    let n = map.n;
    let mask = Mask::of(n, map.run(start, count), true);
    let result = match spec.kind {
        Some(R::None) => None,
        // For an unordered map the server answers for the excluded pairs.
        Some(R::Exists) if !map.is_ordered => spec.indexes(start, count, n)?,
        Some(R::Count | R::Exists) => spec.counted(n - count),
        Some(R::Index | R::ReverseIndex) => spec.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) if map.is_ordered => {
            map.ranks(&spec, &map.all_but(start, count).collect::<Vec<_>>())
        }
        Some(R::Rank | R::ReverseRank) => map.ranks(&spec, &mask.iter().collect::<Vec<_>>()),
        _ if spec.is_elements() => map.elements(&spec, mask.iter())?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(masked(result, mask))
}

/// Selects all pairs.
pub(super) fn all(map: &Map<'_>, spec: &ReturnSpec) -> Selection {
    let n = map.n;
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) if !spec.multi => Some(Particle::Int(0)),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => Some(int_list(spec.run(0, n, n))),
        Some(R::Count | R::Exists) => spec.counted(n),
        Some(R::IndexRange | R::ReverseIndexRange | R::RankRange | R::ReverseRankRange) => {
            Some(int_list([0, i64::from(n)]))
        }
        _ if spec.is_elements() => map.elements(spec, 0..n)?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::Run(0, n),
    })
}

/// Selects by an empty list of keys or values: no pair, or if inverted all pairs.
pub(super) fn empty_list(map: &Map<'_>, spec: &mut ReturnSpec) -> Selection {
    if !spec.inverted {
        // An unknown return type is not an error here.
        return Ok(Selected::none(spec.empty(0).unwrap_or_default()));
    }
    spec.inverted = false;
    all(map, spec)
}
