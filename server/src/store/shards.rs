//! The locks of a namespace's records, and what lies behind each.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use spikelet_wire::PartitionId;

use super::partition::Partition;
use super::sindex::{SHARD, SHARDS, shard_of};

/// The partitions of a namespace. The lock of the shard that a partition is in is the lock of its records.
#[derive(Debug)]
pub(super) struct Shards(Box<[RwLock<Shard>; SHARDS]>);

/// Neighbouring partitions, that of the lowest id first; none before one of them is written.
///
/// A snapshot shares them. The first write behind it copies the share, and the partition that it is about.
pub(super) type Shard = Option<Arc<Share>>;

/// The partitions of one shard.
#[derive(Debug, Clone)]
pub(super) struct Share([Partition; SHARD as usize]);

impl Default for Share {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Partition::default()))
    }
}

impl Default for Shards {
    fn default() -> Self {
        Self(Box::new(std::array::from_fn(|_| RwLock::default())))
    }
}

impl Shards {
    /// A partition, locked for reading, if anything was written in its shard.
    pub(super) fn read(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        let shard = read(self.lock_of(id));
        let at = usize::from(id.get() % SHARD);
        shard.is_some().then(|| PartitionRef { shard, at })
    }

    /// A partition, locked for writing, if anything was written in its shard.
    pub(super) fn write(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        let partition = self.write_or_create(id);
        partition.shard.is_some().then_some(partition)
    }

    /// A partition, locked for writing.
    pub(super) fn write_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        let shard = write(self.lock_of(id));
        let at = usize::from(id.get() % SHARD);
        PartitionMut { shard, at }
    }

    /// The partitions that hold records, in order.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        let mut ids = Vec::new();
        for (shard, lock) in (0..).zip(self.0.iter()) {
            if let Some(share) = &*read(lock) {
                let filled = (0..).zip(&share.0).filter(|(_, partition)| !partition.is_empty());
                ids.extend(filled.filter_map(|(at, _): (u16, _)| PartitionId::new(shard * SHARD + at)));
            }
        }
        ids
    }

    /// All shards, locked one after the other: nothing reads or writes a record meanwhile.
    pub(super) fn lock(&self) -> Vec<RwLockWriteGuard<'_, Shard>> {
        self.0.iter().map(write).collect()
    }

    fn lock_of(&self, id: PartitionId) -> &RwLock<Shard> {
        &self.0[shard_of(id) % SHARDS]
    }
}

fn read(lock: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(lock: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Whether both are the same: none of them was written since they were.
pub(super) fn is_same(a: &Shard, b: &Shard) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// A partition, locked for reading.
#[derive(Debug)]
pub struct PartitionRef<'n> {
    shard: RwLockReadGuard<'n, Shard>,
    at: usize,
}

/// A partition, locked for writing.
#[derive(Debug)]
pub struct PartitionMut<'n> {
    shard: RwLockWriteGuard<'n, Shard>,
    at: usize,
}

fn of(shard: &Shard, at: usize) -> &Partition {
    static EMPTY: Partition = Partition::new();
    shard.as_ref().and_then(|share| share.0.get(at)).unwrap_or(&EMPTY)
}

impl Deref for PartitionRef<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        of(&self.shard, self.at)
    }
}

impl Deref for PartitionMut<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        of(&self.shard, self.at)
    }
}

impl DerefMut for PartitionMut<'_> {
    fn deref_mut(&mut self) -> &mut Partition {
        let share = Arc::make_mut(self.shard.get_or_insert_with(Arc::default));
        &mut share.0[self.at % SHARD as usize]
    }
}
