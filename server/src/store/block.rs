//! Blocks: 64 neighbouring partitions, which share a lock in the store and in every secondary index.

use spikelet_wire::{PARTITIONS, PartitionId};

/// The number of partitions in a block.
pub(crate) const BLOCK: u16 = 64;

/// The number of blocks.
pub(crate) const BLOCKS: usize = (PARTITIONS / BLOCK) as usize;

/// The block of a partition.
#[must_use]
pub(crate) const fn block_of(partition: PartitionId) -> usize {
    (partition.get() / BLOCK) as usize
}
