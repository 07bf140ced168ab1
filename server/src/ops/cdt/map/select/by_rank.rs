//! Selecting pairs of a map by rank.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::map_view::{Map, masked, no_value};
use crate::ops::cdt::bounds::{bounds, outside};
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{Mask, Selection};

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

pub(super) fn by_rank(map: &Map<'_>, mut spec: ReturnSpec, rank: i64, count: u64) -> Selection {
    let n = map.n;
    let (mut start, mut count) = bounds(rank, count, n, spec.multi)?;
    if spec.is_index_range() || (spec.inverted && !spec.multi) {
        return Err(NOT_APPLICABLE);
    }
    if spec.inverted
        && let Some(range) = outside(start, count, n)
    {
        (start, count) = range;
        spec.inverted = false;
    }
    if count == 0 {
        return no_value(&spec, i64::from(start));
    }
    let ranked = map.pairs.ranked(start, count);
    let mask = Mask::of(n, ranked.iter().copied(), spec.inverted);
    let by_place = spec.inverted || spec.kind == Some(R::OrderedMap);
    let result = match spec.kind {
        _ if spec.is_elements() && by_place => map.elements(&spec, mask.iter())?,
        _ if spec.is_elements() => map.elements(&spec, ranked.into_iter())?,
        _ if spec.is_index() && spec.inverted => map.indexes(&spec, mask.iter()),
        _ if spec.is_index() => map.indexes(&spec, ranked.into_iter()),
        _ => spec.range(start, count, n)?,
    };
    Ok(masked(result, mask))
}
