//! Sets of nodes: one bit for each position in the cluster.

/// The bit of a position.
pub(super) const fn bit(at: usize) -> u64 {
    1 << (at % 64)
}

/// The positions whose bits are set, in ascending order.
pub(crate) fn positions(bits: u64) -> impl Iterator<Item = usize> {
    (0..u64::BITS as usize).filter(move |at| bits & bit(*at) != 0)
}
