//! The locks of a namespace's records: one lock for each group of partitions.

use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use spikelet_wire::PartitionId;
use triomphe::Arc;

use super::partition::Partition;
use super::partition_group::{GROUP_SIZE, GROUPS, group_of};

/// The partitions of a namespace in groups of [`GROUP_SIZE`], with a lock for each group.
#[derive(Debug)]
pub(super) struct PartitionLocks(Box<[GroupLock; GROUPS]>);

/// `None` before the first write to the group.
type GroupLock = RwLock<Option<Arc<PartitionGroup>>>;
pub(super) type GroupRef<'n> = RwLockReadGuard<'n, Option<Arc<PartitionGroup>>>;
type GroupMut<'n> = RwLockWriteGuard<'n, Option<Arc<PartitionGroup>>>;

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

    /// The partition of an id in this group.
    pub(super) const fn partition(&self, id: PartitionId) -> &Partition {
        &self.0[(id.get() % GROUP_SIZE) as usize]
    }

    const fn partition_mut(&mut self, id: PartitionId) -> &mut Partition {
        &mut self.0[(id.get() % GROUP_SIZE) as usize]
    }
}

impl Default for PartitionLocks {
    fn default() -> Self {
        Self(Box::new([const { RwLock::new(None) }; GROUPS]))
    }
}

impl PartitionLocks {
    /// Locks a partition for reading; `None` if its group was never written.
    pub(super) fn read(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        let group = self.group(id).read().unwrap_or_else(PoisonError::into_inner);
        group.is_some().then_some(PartitionRef { group, id })
    }

    /// Locks a partition for writing; `None` if its group was never written.
    pub(super) fn write(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        let group = self.group(id).write().unwrap_or_else(PoisonError::into_inner);
        group.is_some().then_some(PartitionMut { group, id })
    }

    /// Locks a partition for writing. Creates its group if necessary.
    pub(super) fn write_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        let group = self.group(id).write().unwrap_or_else(PoisonError::into_inner);
        PartitionMut { group, id }
    }

    /// Locks a group for reading, by its number; `None` if that would mean to wait.
    pub(super) fn try_read_group(&self, number: usize) -> Option<GroupRef<'_>> {
        self.0.get(number)?.try_read().ok()
    }

    /// The partitions that hold records, in order.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        let mut ids = Vec::new();
        for (number, group) in self.0.iter().enumerate() {
            let group = group.read().unwrap_or_else(PoisonError::into_inner);
            let partitions = group.iter().flat_map(|group| PartitionGroup::partitions(number, group));
            let filled = partitions.filter(|(_, partition)| !partition.is_empty());
            ids.extend(filled.map(|(id, _)| id));
        }
        ids
    }

    /// Whether a group is still shared with a saved one, since nothing was written to either.
    pub(super) fn shares_group(&self, number: usize, saved: &Arc<PartitionGroup>) -> bool {
        let group = self.0.get(number).map(RwLock::read);
        let group = group.map(|group| group.unwrap_or_else(PoisonError::into_inner));
        group.is_some_and(|group| group.as_ref().is_some_and(|group| Arc::ptr_eq(group, saved)))
    }

    /// Locks all partitions: no record is read or written meanwhile.
    pub(super) fn lock_all(&self) -> LockedPartitions<'_> {
        // Always in this order, so that two threads that lock all partitions do not wait for one another.
        let locked = self.0.iter().map(RwLock::write);
        LockedPartitions(
            locked
                .map(|group| group.unwrap_or_else(PoisonError::into_inner))
                .collect(),
        )
    }

    const fn group(&self, id: PartitionId) -> &GroupLock {
        &self.0[group_of(id) % GROUPS]
    }
}

/// Groups that a snapshot shares, with their numbers.
pub(super) type SavedGroups = Vec<(usize, Arc<PartitionGroup>)>;

/// All partitions of a namespace, locked.
#[derive(Debug)]
pub(super) struct LockedPartitions<'n>(Vec<GroupMut<'n>>);

impl LockedPartitions<'_> {
    /// Returns the groups, which are shared from now on.
    pub(super) fn save(&self) -> SavedGroups {
        let numbered = self.0.iter().enumerate();
        let written = numbered.filter_map(|(number, group)| Some((number, Arc::clone(group.as_ref()?))));
        written.collect()
    }

    /// Replaces all groups, and returns the previous ones.
    pub(super) fn replace(&mut self, saved: &SavedGroups) -> SavedGroups {
        let numbered = self.0.iter_mut().enumerate();
        let replaced = numbered.filter_map(|(number, group)| Some((number, group.take()?)));
        let replaced = replaced.collect();
        for (number, group) in saved {
            if let Some(place) = self.0.get_mut(*number) {
                **place = Some(Arc::clone(group));
            }
        }
        replaced
    }
}

/// A partition, locked for reading.
#[derive(Debug)]
pub struct PartitionRef<'n> {
    group: GroupRef<'n>,
    id: PartitionId,
}

/// A partition, locked for writing.
#[derive(Debug)]
pub struct PartitionMut<'n> {
    group: GroupMut<'n>,
    id: PartitionId,
}

/// A partition whose group was never written.
static EMPTY: Partition = Partition::EMPTY;

impl Deref for PartitionRef<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        self.group.as_ref().map_or(&EMPTY, |group| group.partition(self.id))
    }
}

impl Deref for PartitionMut<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        self.group.as_ref().map_or(&EMPTY, |group| group.partition(self.id))
    }
}

impl DerefMut for PartitionMut<'_> {
    fn deref_mut(&mut self) -> &mut Partition {
        let group = self.group.get_or_insert_with(Arc::default);
        Arc::make_mut(group).partition_mut(self.id)
    }
}
