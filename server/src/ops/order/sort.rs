//! A stable merge sort for an order that is not total.

use std::cmp::Ordering;

/// Sorts by merging: stable, and defined even for an order that is not total.
pub(crate) fn merge_sort(items: &mut [u32], compare: &mut impl FnMut(u32, u32) -> Ordering) {
    let mut spare = items.to_vec();
    merge_sort_into(items, &mut spare, compare);
}

/// Sorts `items`, using `spare` as scratch space. The recursion depth is logarithmic.
fn merge_sort_into(items: &mut [u32], spare: &mut [u32], compare: &mut impl FnMut(u32, u32) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    let (spare_low, spare_high) = spare.split_at_mut(middle);
    let (low, high) = items.split_at_mut(middle);
    merge_sort_into(low, spare_low, compare);
    merge_sort_into(high, spare_high, compare);
    spare.copy_from_slice(items);
    let (low, high) = spare.split_at(middle);
    let (mut low, mut high) = (low.iter().peekable(), high.iter().peekable());
    for slot in items {
        let from_high = match (low.peek(), high.peek()) {
            (Some(&&l), Some(&&h)) => compare(l, h).is_gt(),
            (low, _) => low.is_none(),
        };
        if let Some(&next) = if from_high { high.next() } else { low.next() } {
            *slot = next;
        }
    }
}
