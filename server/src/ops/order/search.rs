//! Binary search of sorted items, as the real server does it.

use std::cmp::Ordering;

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whether an equal item was found.
    pub found: bool,
    /// The rank of that item, or the rank that the value would have.
    pub rank: u32,
}

/// Which of several equal items a search ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equal {
    /// The one that the binary search meets first. Its position shows once the items are written out again.
    Any,
    /// The first one.
    First,
    /// After the last.
    After,
}

/// Searches sorted items. `compare` returns the order of the searched value relative to the item at a rank.
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
                Equal::After => Ordering::Greater,
            };
        }
        if order.is_gt() {
            lower = rank + 1;
            if lower >= upper {
                rank = lower;
                break;
            }
            // The server continues halfway between here and the upper bound, not in the middle of the remaining range.
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
