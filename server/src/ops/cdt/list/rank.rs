//! Search for values in a list, and the ranks of its elements.

use std::cmp::Ordering;

use spikelet_wire::ResultCode;

use crate::ops::cdt::collection::Elements;
use crate::ops::order::{self, Equal, Ranked};

/// Searches an ordered list, whose elements must all be located, for a value.
pub(in crate::ops::cdt) fn find(elements: &Elements<'_>, value: &[u8], equal: Equal) -> order::Found {
    order::search(0..elements.len(), equal, |i| order::compare(value, elements.get(i)))
}

/// The first element of an ordered list that equals a value.
pub(in crate::ops::cdt) fn least_equal(elements: &Elements<'_>, value: &[u8]) -> Option<u32> {
    let found = find(elements, value, Equal::First);
    found.found.then_some(found.rank)
}

/// The first element of an unordered list that equals a value.
pub(in crate::ops::cdt) fn equal_index(elements: &Elements<'_>, value: &[u8]) -> Option<u32> {
    (0..elements.len()).find(|&i| order::compare(elements.get(i), value).is_eq())
}

/// Selects elements of an unordered list by rank.
pub(in crate::ops::cdt) fn ranked(elements: &Elements<'_>, rank: u32, count: u32) -> Ranked {
    order::ranked(elements.len(), rank, count, &mut |a, b| {
        order::compare(elements.get(a), elements.get(b))
    })
}

/// The number of elements that are less than a value.
pub(super) fn below(elements: &Elements<'_>, value: &[u8]) -> u32 {
    let less = |&i: &u32| order::compare(elements.get(i), value) == Ordering::Less;
    (0..elements.len()).filter(less).count() as u32
}

/// The rank of every element: the number of elements that are less.
///
/// # Errors
/// `PARAMETER` if the list is damaged.
pub(super) fn ranks(elements: &mut Elements<'_>) -> Result<Vec<u32>, ResultCode> {
    elements.locate_all()?;
    let compare = |a: u32, b: u32| order::compare(elements.get(a), elements.get(b));
    let mut sorted: Vec<u32> = (0..elements.len()).collect();
    order::merge_sort(&mut sorted, &mut { compare });
    let mut ranks = vec![0; sorted.len()];
    let mut below = 0;
    for run in sorted.chunk_by(|&a, &b| compare(a, b).is_eq()) {
        for &i in run {
            if let Some(rank) = ranks.get_mut(i as usize) {
                *rank = below;
            }
        }
        below += run.len() as u32;
    }
    Ok(ranks)
}
