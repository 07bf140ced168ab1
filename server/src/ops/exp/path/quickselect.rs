//! Selection of the element with a rank, as the real server does it.

use std::cmp::Ordering;

/// The index of the element with a rank among `0..n`.
///
/// Which of several equal elements has which rank depends on the algorithm. This one is therefore the server's quickselect,
/// with the middle element as the pivot. If a hostile order takes too many rounds, the elements are sorted instead.
pub(super) fn of_rank(n: usize, rank: usize, compare: &mut impl FnMut(usize, usize) -> Ordering) -> usize {
    let mut items: Vec<usize> = (0..n).collect();
    let (mut low, mut high) = (0, n.saturating_sub(1));
    for _ in 0..64 + n.ilog2() {
        if low >= high {
            return items.get(low).copied().unwrap_or_default();
        }
        let at = partition(&mut items[low..=high], compare) + low;
        match at.cmp(&rank) {
            Ordering::Equal => return items[at],
            Ordering::Less => low = at + 1,
            Ordering::Greater => high = at - 1,
        }
    }
    items.sort_by(|a, b| compare(*a, *b).then(a.cmp(b)));
    items.get(rank).copied().unwrap_or_default()
}

/// Partitions two items or more. Returns the index of the pivot; no item before it is greater, and no item after it is less.
fn partition(items: &mut [usize], compare: &mut impl FnMut(usize, usize) -> Ordering) -> usize {
    let last = items.len() - 1;
    items.swap(0, last / 2);
    let pivot = items[0];
    let (mut left, mut right) = (1, last);
    loop {
        while left < right && compare(items[left], pivot) == Ordering::Less {
            left += 1;
        }
        while left <= right && right != 0 && compare(pivot, items[right]) == Ordering::Less {
            right -= 1;
        }
        if left >= right {
            break;
        }
        items.swap(left, right);
        left += 1;
        right -= 1;
    }
    items.swap(0, right);
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_is_found() {
        let items = [5, 3, 9, 3, 1, 5, 5, 0, 7];
        let mut sorted = items;
        sorted.sort_unstable();
        for (rank, expected) in sorted.into_iter().enumerate() {
            let found = of_rank(items.len(), rank, &mut |a, b| items[a].cmp(&items[b]));
            assert_eq!(items[found], expected, "rank {rank}");
        }
        assert_eq!(of_rank(1, 0, &mut |_, _| Ordering::Equal), 0);
    }
}
