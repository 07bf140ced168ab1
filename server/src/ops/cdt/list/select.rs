//! Selecting elements of a list: by index, rank, value, interval of values, list of values.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::ReturnType as R;

use super::rank;
use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::cdt::matches;
use crate::ops::cdt::return_type::{Answer, ReturnSpec, int_list, list_of};
use crate::ops::cdt::select::{Chosen, Mask, Selected, bounds, items, relative};
use crate::ops::order::{self, Equal};

type Selection = Result<Selected, ResultCode>;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// What to select.
pub(super) enum Select<'a> {
    /// From an index on so many.
    Index(i64, u64),
    /// From a rank on so many.
    Rank(i64, u64),
    /// What equals a value.
    Equal(&'a [u8]),
    /// From one value on, before another.
    Interval(&'a [u8], Option<&'a [u8]>),
    /// What equals one of the values of a list.
    AnyOf(&'a [u8]),
    /// From a rank on, counted from that of a value, so many.
    RelativeRank(&'a [u8], i64, u64),
}

impl Select<'_> {
    /// Selects elements of a list, and gives what is wanted of them.
    ///
    /// # Errors
    /// `OP_NOT_APPLICABLE` for a return type that the selection does not have, inversion of a single element, and an
    /// index or rank where no element is; `PARAMETER` when the list of values is none.
    pub(super) fn apply(&self, list: &Collection<'_>, want: ReturnSpec) -> Selection {
        let mut elements = list.elements();
        let ordered = list.is_ordered_list();
        // By index a single element is looked up before inversion is refused; both are refused alike.
        if want.inverted && !want.multi {
            return Err(NOT_APPLICABLE);
        }
        match *self {
            Self::Index(index, count) => by_index(&mut elements, ordered, want, index, count),
            Self::Rank(rank, count) => by_rank(&mut elements, ordered, want, rank, count),
            Self::Equal(value) if ordered => {
                elements.know_all()?;
                let first = rank::find(&elements, value, Equal::First);
                let count = match (first.found, want.multi) {
                    (false, _) => 0,
                    (true, true) => rank::find(&elements, value, Equal::Behind)
                        .rank
                        .saturating_sub(first.rank),
                    (true, false) => 1,
                };
                by_rank_run(&mut elements, want, first.rank, count)
            }
            Self::Interval(start, end) if ordered => {
                elements.know_all()?;
                let first = rank::find(&elements, start, Equal::First).rank;
                let count = match end {
                    None => elements.len() - first,
                    Some(end) if order::compare(start, end).is_ge() => 0,
                    Some(end) => rank::find(&elements, end, Equal::First).rank.saturating_sub(first),
                };
                by_rank_run(&mut elements, want, first, count)
            }
            Self::Equal(value) => {
                elements.know_all()?;
                by_value(&elements, want, value, None)
            }
            Self::Interval(start, end) => {
                elements.know_all()?;
                by_value(&elements, want, start, Some(end))
            }
            Self::AnyOf(values) => any_of(&mut elements, ordered, want, values),
            Self::RelativeRank(value, rank, count) => {
                elements.know_all()?;
                let base = match ordered {
                    true => rank::find(&elements, value, Equal::First).rank,
                    false => rank::below(&elements, value),
                };
                let (rank, count) = relative(rank, count, base);
                by_rank(&mut elements, ordered, want, rank, count)
            }
        }
    }
}

fn by_index(elements: &mut Elements<'_>, ordered: bool, mut want: ReturnSpec, index: i64, count: u64) -> Selection {
    let n = elements.len();
    let (mut start, mut count) = bounds(index, count, n, want.multi)?;
    if want.inverted {
        if want.is_index_range() || want.is_rank_range() {
            return Err(NOT_APPLICABLE);
        }
        want.inverted = false;
        (start, count) = match (start, count) {
            (_, 0) => (0, n),
            (0, count) => (count, n - count),
            (start, count) if start + count >= n => (0, start),
            (start, count) => return all_but(elements, ordered, want, start, count),
        };
    }
    if count == 0 {
        return nothing(&want, start);
    }
    elements.know(start)?;
    elements.know(start + count)?;
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Index | R::ReverseIndex) => want.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) if count == n => want.indexes(0, count, n)?,
        Some(R::Rank | R::ReverseRank) if ordered => want.indexes(start, count, n)?,
        Some(R::Rank | R::ReverseRank) => ranks(elements, &want, (start..start + count).collect())?,
        Some(R::Count | R::Exists) => want.counted(count),
        Some(R::Value) if want.multi => Some(list_of(elements.range(start, count), count)),
        Some(R::Value) => want.values([elements.get(start)])?,
        Some(R::IndexRange | R::ReverseIndexRange) => want.range(start, count, n)?,
        Some(R::RankRange | R::ReverseRankRange) if ordered => want.range(start, count, n)?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::Run(start, count),
    })
}

/// Selects the elements before and behind a run of others.
fn all_but(elements: &mut Elements<'_>, ordered: bool, want: ReturnSpec, start: u32, count: u32) -> Selection {
    let (n, end) = (elements.len(), start + count);
    elements.know(end)?;
    let selected = || (0..start).chain(end..n);
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => want.counted(n - count),
        Some(R::Rank | R::ReverseRank) if !ordered => ranks(elements, &want, selected().collect())?,
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
            Some(int_list(want.run(0, start, n).chain(want.run(end, n - end, n))))
        }
        Some(R::Value) => Some(list_of(
            &[elements.before(start), elements.from(end)].concat(),
            n - count,
        )),
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::AllBut(start, count),
    })
}

/// Selects a run of ranks of an ordered list, which may be empty.
fn by_rank_run(elements: &mut Elements<'_>, want: ReturnSpec, rank: u32, count: u32) -> Selection {
    match count == 0 && !want.multi {
        true => nothing(&want, 0),
        false => by_index(elements, true, want, i64::from(rank), u64::from(count)),
    }
}

fn by_rank(elements: &mut Elements<'_>, ordered: bool, want: ReturnSpec, rank: i64, count: u64) -> Selection {
    if ordered {
        return by_index(elements, ordered, want, rank, count);
    }
    let n = elements.len();
    let (rank, count) = bounds(rank, count, n, want.multi)?;
    let selected = if want.inverted { n - count } else { count };
    if selected == 0 {
        return nothing(&want, rank);
    }
    elements.know_all()?;
    let ranked = rank::ranked(elements, rank, count).items;
    let mask = Mask::of(n, ranked.iter().copied(), want.inverted);
    let result = match want.kind {
        Some(R::Index | R::ReverseIndex) => want.each(mask.iter(), n),
        Some(R::Value) if want.inverted => want.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::Value) => want.values(ranked.iter().map(|&i| elements.get(i)))?,
        Some(R::IndexRange | R::ReverseIndexRange) => return Err(NOT_APPLICABLE),
        _ => want.range(rank, count, n)?,
    };
    Ok(Selected {
        result,
        elements: Chosen::Mask(mask),
    })
}

/// Selects by value in an unordered list: what equals `start`, or, with `end`, what lies between both.
fn by_value(elements: &Elements<'_>, want: ReturnSpec, start: &[u8], end: Option<Option<&[u8]>>) -> Selection {
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
            None => order.is_eq() && (want.multi || count == 0),
        };
        if inside != want.inverted {
            mask.set(i, true);
            count += 1;
        }
    }
    let result = match want.kind {
        Some(R::Index | R::ReverseIndex) if count == 0 && !want.multi => want.indexes(0, 0, n)?,
        Some(R::Index | R::ReverseIndex) => want.each(mask.iter(), n),
        Some(R::Value) => want.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::IndexRange | R::ReverseIndexRange) => return Err(NOT_APPLICABLE),
        _ => want.range(below, if want.inverted { n - count } else { count }, n)?,
    };
    Ok(Selected {
        result,
        elements: Chosen::Mask(mask),
    })
}

fn any_of(elements: &mut Elements<'_>, ordered: bool, mut want: ReturnSpec, values: &[u8]) -> Selection {
    if want.is_rank_range() || want.is_index_range() {
        return Err(NOT_APPLICABLE);
    }
    let values = items(values)?;
    let n = elements.len();
    if values.is_empty() && !want.inverted {
        return nothing(&want, 0);
    }
    if values.is_empty() {
        want.inverted = false;
        return by_index(elements, ordered, want, 0, u64::from(n));
    }
    elements.know_all()?;
    match ordered {
        true => any_of_ordered(elements, &want, &values),
        false => any_of_unordered(elements, &want, &values),
    }
}

/// Looks every value up in an ordered list. Results come value by value, so that one asked twice is there twice.
fn any_of_ordered(elements: &Elements<'_>, want: &ReturnSpec, values: &[&[u8]]) -> Selection {
    let n = elements.len();
    let runs: Vec<(u32, u32)> = values
        .iter()
        .map(|value| {
            let first = rank::find(elements, value, Equal::First);
            let end = first.found.then(|| rank::find(elements, value, Equal::Behind).rank);
            (first.rank, end.map_or(0, |end| end.saturating_sub(first.rank)))
        })
        .collect();
    let mask = Mask::of(
        n,
        runs.iter().flat_map(|&(start, count)| start..start + count),
        want.inverted,
    );
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => want.counted(mask.count()),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) if want.inverted => want.each(mask.iter(), n),
        Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => Some(int_list(
            runs.iter().flat_map(|&(start, count)| want.run(start, count, n)),
        )),
        Some(R::Value) if want.inverted => want.values(mask.iter().map(|i| elements.get(i)))?,
        Some(R::Value) => {
            let elements = runs
                .iter()
                .flat_map(|&(start, count)| (start..start + count).map(|i| elements.get(i)));
            want.values(elements)?
        }
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::Mask(mask),
    })
}

fn any_of_unordered(elements: &Elements<'_>, want: &ReturnSpec, values: &[&[u8]]) -> Selection {
    let n = elements.len();
    let elements_of = (0..n).map(|i| elements.get(i));
    let found = matches::find(elements_of, values, want.is_rank());
    let mask = Mask::of(n, found.elements.iter().copied(), want.inverted);
    let result = match want.kind {
        Some(R::None) => None,
        Some(R::Count | R::Exists) => want.counted(mask.count()),
        Some(R::Index | R::ReverseIndex) => want.each(mask.iter(), n),
        Some(R::Rank | R::ReverseRank) => Some(found.ranks(want, n)),
        Some(R::Value) => want.values(mask.iter().map(|i| elements.get(i)))?,
        _ => return Err(NOT_APPLICABLE),
    };
    Ok(Selected {
        result,
        elements: Chosen::Mask(mask),
    })
}

/// The ranks of elements of an unordered list.
fn ranks(elements: &mut Elements<'_>, want: &ReturnSpec, selected: Vec<u32>) -> Answer {
    let n = elements.len();
    if let ([only], false) = (selected.as_slice(), want.multi) {
        elements.know_all()?;
        let rank = rank::below(elements, elements.get(*only));
        return Ok(want.each([rank], n));
    }
    let ranks = rank::ranks(elements)?;
    let ranks = selected.iter().filter_map(|&i| ranks.get(i as usize).copied());
    Ok(want.each(ranks, n))
}

/// No element was selected. There is nothing like a key in a list.
fn nothing(want: &ReturnSpec, index: u32) -> Selection {
    match want.is_map() || want.kind == Some(R::Key) {
        true => Err(NOT_APPLICABLE),
        false => Ok(Selected::none(want.nothing(i64::from(index))?)),
    }
}
