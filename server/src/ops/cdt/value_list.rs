//! Lists of values: selection of the elements that equal any of many values.

use std::cmp::Ordering;

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::Reader;

use super::result::int_list;
use super::return_type::ReturnSpec;
use crate::ops::Particle;
use crate::ops::order::{self, Equal};

/// The elements that equal any of some values.
pub(super) struct Matches {
    /// The indexes of the elements, ascending.
    pub(super) elements: Vec<u32>,
    /// The indexes of the values, in the order of the values.
    sorted: Vec<u32>,
    /// For each value its rank among the elements, and the number of elements that equal it. Of several equal values only
    /// the last one counts elements.
    ranks: Vec<(u32, u32)>,
}

/// Finds the elements that equal any of `values`, and with `with_ranks` the ranks of the values.
pub(super) fn find<'e>(elements: impl Iterator<Item = &'e [u8]>, values: &[&[u8]], with_ranks: bool) -> Matches {
    let value = |i: u32| values.get(i as usize).copied().unwrap_or_default();
    let n = values.len() as u32;
    let mut sorted: Vec<u32> = (0..n).collect();
    order::merge_sort(&mut sorted, &mut |a, b| order::compare(value(a), value(b)));
    let at = |rank: u32| sorted.get(rank as usize).copied();
    let mut found = Vec::new();
    let mut ranks = vec![(0, 0); values.len()];
    let equal = if with_ranks { Equal::After } else { Equal::Any };
    for (i, element) in (0..).zip(elements) {
        let place = order::search(0..n, equal, |rank| {
            at(rank).map_or(Ordering::Less, |item| order::compare(element, value(item)))
        });
        if place.found {
            found.push(i);
        }
        if with_ranks {
            let last_equal = place.rank.checked_sub(1).filter(|_| place.found).and_then(at);
            if let Some((_, count)) = last_equal.and_then(|item| ranks.get_mut(item as usize)) {
                *count += 1;
            }
            if let Some((rank, _)) = at(place.rank).and_then(|item| ranks.get_mut(item as usize)) {
                *rank += 1;
            }
        }
    }
    let mut below = 0;
    for &item in &sorted {
        if let Some((rank, _)) = ranks.get_mut(item as usize) {
            below += *rank;
            *rank = below;
        }
    }
    Matches {
        elements: found,
        sorted,
        ranks,
    }
}

impl Matches {
    /// The ranks of the elements, value by value in the order of the request. If inverted, those of the other elements,
    /// ascending.
    pub(super) fn ranks(&self, spec: &ReturnSpec, n: u32) -> Particle {
        let found = |&&(_, count): &&(u32, u32)| count != 0;
        if !spec.inverted {
            let single = |&(rank, count): &(u32, u32)| (rank..rank.saturating_add(count)).map(|i| spec.directed(i, n));
            return int_list(self.ranks.iter().filter(found).flat_map(single));
        }
        let mut at = 0;
        let mut gaps = Vec::new();
        let in_order = self.sorted.iter().filter_map(|&item| self.ranks.get(item as usize));
        for &(rank, count) in in_order.filter(found) {
            gaps.push((at, rank.saturating_sub(at)));
            at = rank.saturating_add(count);
        }
        gaps.push((at, n.saturating_sub(at)));
        int_list(gaps.into_iter().flat_map(|(start, count)| spec.run(start, count, n)))
    }
}

/// Reads an argument that is a list of values.
///
/// # Errors
/// `PARAMETER` if it is not a list, or has more than 2^20 values.
pub(super) fn parse(argument: &[u8]) -> Result<Vec<&[u8]>, ResultCode> {
    const MOST: u32 = 1 << 20;
    let mut reader = Reader::new(argument);
    let n = reader.list().map_err(|_| ResultCode::PARAMETER)?;
    if n > MOST {
        return Err(ResultCode::PARAMETER);
    }
    (0..n)
        .map(|_| reader.element().map_err(|_| ResultCode::PARAMETER))
        .collect()
}
