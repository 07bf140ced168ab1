//! Selection of items by rank, with a heap, as the real server does it.

use std::cmp::Ordering;

/// Items selected by rank, in the order in which the server finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranked {
    /// The items.
    pub items: Vec<u32>,
    /// Whether the items are in descending order of rank.
    pub descending: bool,
}

/// Selects `count` items of `0..n`, starting at `rank`.
///
/// Which of several equal items has which rank depends on the heap. This heap is therefore the server's: it is built from
/// the items in their order, and counts up from the least item or down from the greatest, whichever is nearer to `rank`.
pub(crate) fn ranked(n: u32, rank: u32, count: u32, compare: &mut impl FnMut(u32, u32) -> Ordering) -> Ranked {
    let tail = n.saturating_sub(rank).saturating_sub(count);
    let descending = rank <= tail;
    let (toward_root, discard) = if descending {
        (Ordering::Less, rank)
    } else {
        (Ordering::Greater, tail)
    };
    let mut heap: Vec<u32> = (0..n).collect();
    for i in (0..heap.len() / 2).rev() {
        sift(&mut heap, i, toward_root, compare);
    }
    let mut filled = heap.len();
    for _ in 0..count.saturating_add(discard).min(n) {
        filled -= 1;
        heap.swap(0, filled);
        sift(&mut heap[..filled], 0, toward_root, compare);
    }
    let items = heap.drain(filled..).take(count as usize).collect();
    Ranked { items, descending }
}

/// Sifts the item at `i` down until the heap property holds again.
fn sift(heap: &mut [u32], mut i: usize, toward_root: Ordering, compare: &mut impl FnMut(u32, u32) -> Ordering) {
    loop {
        let (first, second) = (2 * i + 1, 2 * i + 2);
        let child = match (heap.get(first), heap.get(second)) {
            (Some(&a), Some(&b)) if compare(a, b) == toward_root.reverse() => second,
            (Some(_), _) => first,
            (None, _) => return,
        };
        if compare(heap[child], heap[i]) != toward_root {
            return;
        }
        heap.swap(i, child);
        i = child;
    }
}
