//! Partition groups: 64 neighbouring partitions, which share a lock in the namespace and in every secondary index.

use spikelet_wire::{PARTITIONS, PartitionId};

/// The number of partitions in a group.
pub(crate) const GROUP_SIZE: u16 = 64;

/// The number of groups.
pub(crate) const GROUPS: usize = (PARTITIONS / GROUP_SIZE) as usize;

/// The number of the group of a partition, from 0.
#[must_use]
pub(crate) const fn group_of(partition: PartitionId) -> usize {
    (partition.get() / GROUP_SIZE) as usize
}
