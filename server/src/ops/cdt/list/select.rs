//! Selecting elements of a list by index, rank, value, interval of values or list of values.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::rank;
use crate::ops::cdt::bounds::{bounds, relative};
use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::cdt::result::{ParticleResult, int_list, list_of};
use crate::ops::cdt::return_type::ReturnSpec;
use crate::ops::cdt::selection::{ElementSet, Mask, Selected, Selection};
use crate::ops::cdt::value_list;
use crate::ops::order::{self, Equal};

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// How an operation selects elements.
pub(super) enum Select<'a> {
    /// An index, and a count.
    Index(i64, u64),
    /// A rank, and a count.
    Rank(i64, u64),
    /// The elements that equal a value.
    Equal(&'a [u8]),
    /// The elements from one value, inclusive, to another, exclusive.
    Interval(&'a [u8], Option<&'a [u8]>),
    /// The elements that equal any value of a list.
    AnyOf(&'a [u8]),
    /// A rank relative to that of a value, and a count.
    RelativeRank(&'a [u8], i64, u64),
}

impl Select<'_> {
    /// Selects elements of a list.
    ///
    /// # Errors
    /// `OP_NOT_APPLICABLE` for a return type that the selection does not support, inversion of a single element, and an index
    /// or rank out of bounds; `PARAMETER` if the list of values is not a list.
    pub(super) fn apply(&self, list: &Collection<'_>, spec: ReturnSpec) -> Selection {
        let mut elements = list.elements();
        let ordered = list.is_ordered_list();
        // The server looks up a single element by index before it refuses inversion, with the same result code.
        if spec.inverted && !spec.multi {
            return Err(NOT_APPLICABLE);
        }
        match *self {
            Self::Index(index, count) => by_index(&mut elements, ordered, spec, index, count),
            Self::Rank(rank, count) => by_rank(&mut elements, ordered, spec, rank, count),
            Self::Equal(value) if ordered => {
                elements.locate_all()?;
                let first = rank::find(&elements, value, Equal::First);
                let count = match (first.found, spec.multi) {
                    (false, _) => 0,
                    (true, true) => rank::find(&elements, value, Equal::After)
                        .rank
                        .saturating_sub(first.rank),
                    (true, false) => 1,
                };
                by_rank_run(&mut elements, spec, first.rank, count)
            }
            Self::Interval(start, end) if ordered => {
                elements.locate_all()?;
                let first = rank::find(&elements, start, Equal::First).rank;
                let count = match end {
                    None => elements.len() - first,
                    Some(end) if order::compare(start, end).is_ge() => 0,
                    Some(end) => rank::find(&elements, end, Equal::First).rank.saturating_sub(first),
                };
                by_rank_run(&mut elements, spec, first, count)
            }
            Self::Equal(value) => {
                elements.locate_all()?;
                by_value(&elements, spec, value, None)
            }
            Self::Interval(start, end) => {
                elements.locate_all()?;
                by_value(&elements, spec, start, Some(end))
            }
            Self::AnyOf(values) => any_of(&mut elements, ordered, spec, values),
            Self::RelativeRank(value, rank, count) => {
                elements.locate_all()?;
                let base = match ordered {
                    true => rank::find(&elements, value, Equal::First).rank,
                    false => rank::below(&elements, value),
                };
                let (rank, count) = relative(rank, count, base);
                by_rank(&mut elements, ordered, spec, rank, count)
            }
        }
    }
}

fn by_index(elements: &mut Elements<'_>, ordered: bool, mut spec: ReturnSpec, index: i64, count: u64) -> Selection {
    let n = elements.len();
    let (mut start, mut count) = bounds(index, count, n, spec.multi)?;
    if spec.inverted {
        if spec.is_index_range() || spec.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        spec.inverted = false;
        (start, count) = match (start, count) {
            (_, 0) => (0, n),
            (0, count) => (count, n - count),
            (start, count) if start + count >= n => (0, start),
            (start, count) => return all_but(elements, ordered, spec, start, count),
        };
    }
    if count == 0 {
        return empty(&spec, start);
    }
    elements.locate(start)?;
    elements.locate(start + count)?;
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) => spec.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) if count == n => spec.indexes(0, count, n)?,
        Some(R::Rank | R::ReverseRank) if ordered => spec.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) => ranks(elements, &spec, (start..start + count).collect())?,
        Some(R::Count | R::Exists) => spec.counted(count),
        Some(R::Value) if spec.multi => Some(list_of(elements.range(start, count), count)),
        Some(R::Value) => spec.values([elements.get(start)])?,
        Some(R::IndexRange | R::ReverseIndexRange) => spec.range(start, count, n)?,
        Some(R::RankRange | R::ReverseRankRange) if ordered => spec.range(start, count, n)?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::Run(start, count),
    })
}

/// Selects the elements before and after a run.
fn all_but(elements: &mut Elements<'_>, ordered: bool, spec: ReturnSpec, start: u32, count: u32) -> Selection {
    let (n, end) = (elements.len(), start + count);
    elements.locate(end)?;
    let selected = || (0..start).chain(end..n);
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => spec.counted(n - count),
        Some(R::Rank | R::ReverseRank) if !ordered => ranks(elements, &spec, selected().collect())?,
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
            Some(int_list(spec.run(0, start, n).chain(spec.run(end, n - end, n))))
        }
        Some(R::Value) => Some(list_of(
            &[elements.before(start), elements.from(end)].concat(),
            n - count,
        )),
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::AllBut(start, count),
    })
}

/// Selects a run of ranks of an ordered list. It may be empty.
fn by_rank_run(elements: &mut Elements<'_>, spec: ReturnSpec, rank: u32, count: u32) -> Selection {
    match count == 0 && !spec.multi {
        true => empty(&spec, 0),
        false => by_index(elements, true, spec, i64::from(rank), u64::from(count)),
    }
}

fn by_rank(elements: &mut Elements<'_>, ordered: bool, spec: ReturnSpec, rank: i64, count: u64) -> Selection {
    if ordered {
        return by_index(elements, ordered, spec, rank, count);
    }
    let n = elements.len();
    let (rank, count) = bounds(rank, count, n, spec.multi)?;
    let selected = if spec.inverted { n - count } else { count };
    if selected == 0 {
        return empty(&spec, rank);
    }
    elements.locate_all()?;
    let ranked = rank::ranked(elements, rank, count).items;
    let mask = Mask::of(n, ranked.iter().copied(), spec.inverted);
    let result = match spec.kind {
        Some(R::Index | R::ReverseIndex) => spec.each(mask.iter(), n),
        Some(R::Value) if spec.inverted => spec.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::Value) => spec.values(ranked.iter().map(|&i| elements.get(i)))?,
        Some(R::IndexRange | R::ReverseIndexRange) => return Err(NOT_APPLICABLE),
        _ => spec.range(rank, count, n)?,
    };
    Ok(Selected {
        result,
        elements: ElementSet::Mask(mask),
    })
}

/// Selects by value in an unordered list: the elements that equal `start`, or with `end` those of the interval.
fn by_value(elements: &Elements<'_>, spec: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
    let n = elements.len();
    let mut mask = Mask::new(n, false);
    let (mut below, mut count) = (0, 0);
    for i in 0..n {
        let element = elements.get(i);
        let order = order::compare(element, start);
        let inside = match end {
            _ if order.is_lt() => {
                below += 1;
                false
            }
            Some(Some(end)) => order::compare(element, end).is_lt(),
            Some(None) => true,
            None => order.is_eq() && (spec.multi || count == 0),
        };
        if inside != spec.inverted {
            mask.set(i, true);
            count += 1;
        }
    }
    let result = match spec.kind {
        Some(R::Index | R::ReverseIndex) if count == 0 && !spec.multi => spec.indexes(0, 0, n)?,
        Some(R::Index | R::ReverseIndex) => spec.each(mask.iter(), n),
        Some(R::Value) => spec.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::IndexRange | R::ReverseIndexRange) => return Err(NOT_APPLICABLE),
        _ => spec.range(below, if spec.inverted { n - count } else { count }, n)?,
    };
    Ok(Selected {
        result,
        elements: ElementSet::Mask(mask),
    })
}

fn any_of(elements: &mut Elements<'_>, ordered: bool, mut spec: ReturnSpec, values: &[u8]) -> Selection {
    if spec.is_rank_range() || spec.is_index_range() {
        return Err(NOT_APPLICABLE);
    }
    let values = value_list::parse(values)?;
    let n = elements.len();
    if values.is_empty() && !spec.inverted {
        return empty(&spec, 0);
    }
    if values.is_empty() {
        spec.inverted = false;
        return by_index(elements, ordered, spec, 0, u64::from(n));
    }
    elements.locate_all()?;
    match ordered {
        true => any_of_ordered(elements, &spec, &values),
        false => any_of_unordered(elements, &spec, &values),
    }
}

/// Looks up every value in an ordered list. Results are in the order of the values: a value listed twice is returned twice.
fn any_of_ordered(elements: &Elements<'_>, spec: &ReturnSpec, values: &[&[u8]]) -> Selection {
    let n = elements.len();
    let runs: Vec<(u32, u32)> = values
        .iter()
        .map(|value| {
            let first = rank::find(elements, value, Equal::First);
            let end = first.found.then(|| rank::find(elements, value, Equal::After).rank);
            (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)))
        })
        .collect();
    let mask = Mask::of(
        n,
        runs.iter().flat_map(|&(start, count)| start..start + count),
        spec.inverted,
    );
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => spec.counted(mask.count()),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) if spec.inverted => spec.each(mask.iter(), n),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| spec.run(start, count, n)),
        )),
        Some(R::Value) if spec.inverted => spec.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::Value) => {
            let elements = runs
                .iter()
                .flat_map(|&(start, count)| (start..start + count).map(|i| elements.get(i)));
            spec.values(elements)?
        }
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::Mask(mask),
    })
}

fn any_of_unordered(elements: &Elements<'_>, spec: &ReturnSpec, values: &[&[u8]]) -> Selection {
    let n = elements.len();
    let elements_of = (0..n).map(|i| elements.get(i));
    let found = value_list::find(elements_of, values, spec.is_rank());
    let mask = Mask::of(n, found.elements.iter().copied(), spec.inverted);
    let result = match spec.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => spec.counted(mask.count()),
        Some(R::Index | R::ReverseIndex) => spec.each(mask.iter(), n),
        Some(R::Rank | R::ReverseRank) => Some(found.ranks(spec, n)),
        Some(R::Value) => spec.values(mask.iter().map(|i| elements.get(i)))?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: ElementSet::Mask(mask),
    })
}

/// The ranks of elements of an unordered list.
fn ranks(elements: &mut Elements<'_>, spec: &ReturnSpec, selected: Vec<u32>) -> ParticleResult {
    let n = elements.len();
    if let ([only], false) = (selected.as_slice(), spec.multi) {
        elements.locate_all()?;
        let rank = rank::below(elements, elements.get(*only));
        return Ok(spec.each([rank], n));
    }
    let ranks = rank::ranks(elements)?;
    let ranks = selected.iter().filter_map(|&i| ranks.get(i as usize).copied());
    Ok(spec.each(ranks, n))
}

/// The result if no element was selected. Lists have no keys.
fn empty(spec: &ReturnSpec, index: u32) -> Selection {
    match spec.is_map() || spec.kind == Some(R::Key) {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(spec.empty(i64::from(index))?)),
    }
}
