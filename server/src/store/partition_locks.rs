//! The locks of a namespace's records: one lock for each group of partitions.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dashmap::DashMap;
use dashmap::mapref::one::{Ref, RefMut};
use spikelet_wire::PartitionId;
use triomphe::Arc;

use super::partition::Partition;
use super::partition_group::{GROUP_SIZE, group_of};

/// The partitions of a namespace in groups of [`GROUP_SIZE`], with a lock for each group.
#[derive(Debug, Default)]
pub(super) struct PartitionLocks {
    /// A group is created by the first write to it.
    groups: DashMap<usize, Arc<PartitionGroup>, BuildHasherDefault<GroupHasher>>,
    /// Read-locked while any group is locked, and write-locked to lock all groups at once, for a snapshot: the map can lock
    /// its entries only one by one.
    gate: RwLock<()>,
}

/// Neighbouring partitions, in the order of their ids.
///
/// Snapshots share groups. The first write to a shared group copies it, and the table of the partition that is written.
#[derive(Debug, Clone)]
pub(super) struct PartitionGroup([Partition; GROUP_SIZE as usize]);

impl Default for PartitionGroup {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Partition::default()))
    }
}

impl PartitionGroup {
    /// The partitions of a group, by the number of the group.
    pub(super) fn partitions(number: usize, group: &Self) -> impl Iterator<Item = (PartitionId, &Partition)> {
        let first = number as u16 * GROUP_SIZE;
        let numbered = (first..).zip(&group.0);
        numbered.filter_map(|(id, partition)| Some((PartitionId::new(id)?, partition)))
    }
}

/// Spreads the numbers of groups over all bits of the hash. The map uses the highest and the lowest bits.
#[derive(Debug, Default)]
pub(super) struct GroupHasher(u64);

impl Hasher for GroupHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, n: usize) {
        self.0 = (self.0 ^ n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20);
    }
}

impl PartitionLocks {
    /// Locks a partition for reading; `None` if its group was never written.
    pub(super) fn read(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        let gate = self.pass_gate();
        let group = self.groups.get(&group_of(id))?;
        Some(PartitionRef {
            group,
            index: index_in_group(id),
            _gate: gate,
        })
    }

    /// Locks a partition for writing; `None` if its group was never written.
    pub(super) fn write(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        let gate = self.pass_gate();
        let group = self.groups.get_mut(&group_of(id))?;
        Some(PartitionMut {
            group,
            index: index_in_group(id),
            _gate: gate,
        })
    }

    /// Locks a partition for writing. Creates its group if necessary.
    pub(super) fn write_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        let gate = self.pass_gate();
        let group = match self.groups.get_mut(&group_of(id)) {
            Some(group) => group,
            None => self.groups.entry(group_of(id)).or_default(),
        };
        PartitionMut {
            group,
            index: index_in_group(id),
            _gate: gate,
        }
    }

    /// The partitions that hold records, in order.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        let _gate = self.pass_gate();
        let mut ids = Vec::new();
        for group in &self.groups {
            let partitions = PartitionGroup::partitions(*group.key(), group.value());
            ids.extend(
                partitions
                    .filter(|(_, partition)| !partition.is_empty())
                    .map(|(id, _)| id),
            );
        }
        ids.sort_unstable();
        ids
    }

    /// Whether a group is still shared with a saved one, since nothing was written to either.
    pub(super) fn shares_group(&self, number: usize, saved: &Arc<PartitionGroup>) -> bool {
        let _gate = self.pass_gate();
        self.groups.get(&number).is_some_and(|group| Arc::ptr_eq(&group, saved))
    }

    /// Locks all partitions: no record is read or written meanwhile.
    pub(super) fn lock_all(&self) -> LockedPartitions<'_> {
        LockedPartitions {
            groups: &self.groups,
            _gate: self.gate.write().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn pass_gate(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The index of a partition in its group.
fn index_in_group(id: PartitionId) -> usize {
    usize::from(id.get() % GROUP_SIZE)
}

/// Groups that a snapshot shares, with their numbers.
pub(super) type SavedGroups = Vec<(usize, Arc<PartitionGroup>)>;

/// All partitions of a namespace, locked.
#[derive(Debug)]
pub(super) struct LockedPartitions<'n> {
    groups: &'n DashMap<usize, Arc<PartitionGroup>, BuildHasherDefault<GroupHasher>>,
    _gate: RwLockWriteGuard<'n, ()>,
}

impl LockedPartitions<'_> {
    /// Returns the groups, which are shared from now on.
    pub(super) fn save(&self) -> SavedGroups {
        let groups = self.groups.iter();
        groups.map(|group| (*group.key(), Arc::clone(group.value()))).collect()
    }

    /// Replaces all groups, and returns the previous ones.
    pub(super) fn replace(&self, saved: &SavedGroups) -> SavedGroups {
        let replaced = self.save();
        self.groups.clear();
        for (number, group) in saved {
            self.groups.insert(*number, Arc::clone(group));
        }
        replaced
    }
}

/// A partition, locked for reading.
#[derive(Debug)]
pub struct PartitionRef<'n> {
    // Fields are dropped in this order: the lock of the group before the gate.
    group: Ref<'n, usize, Arc<PartitionGroup>>,
    index: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

/// A partition, locked for writing.
#[derive(Debug)]
pub struct PartitionMut<'n> {
    group: RefMut<'n, usize, Arc<PartitionGroup>>,
    index: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

impl Deref for PartitionRef<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.group.0[self.index % GROUP_SIZE as usize]
    }
}

impl Deref for PartitionMut<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.group.0[self.index % GROUP_SIZE as usize]
    }
}

impl DerefMut for PartitionMut<'_> {
    fn deref_mut(&mut self) -> &mut Partition {
        &mut Arc::make_mut(&mut self.group).0[self.index % GROUP_SIZE as usize]
    }
}
