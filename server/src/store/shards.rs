//! The locks of a namespace's records, and what lies behind each.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dashmap::DashMap;
use dashmap::mapref::one::{Ref, RefMut};
use spikelet_wire::PartitionId;
use triomphe::Arc;

use super::partition::Partition;
use super::sindex::{SHARD, shard_of};

/// The partitions of a namespace, [`SHARD`] neighbours in one share. The lock of a share is the lock of its records.
#[derive(Debug, Default)]
pub(super) struct Shards {
    /// A share comes to be when it is first written.
    shares: DashMap<usize, Arc<Share>, BuildHasherDefault<ShareHasher>>,
    /// Held by everybody who holds the lock of a share, for reading, so that a snapshot is of one moment: the map gives its
    /// locks one at a time.
    gate: RwLock<()>,
}

/// Neighbouring partitions, that of the lowest id first.
///
/// A snapshot shares them. The first write behind it copies the share, and the partition that it is about.
#[derive(Debug, Clone)]
pub(super) struct Share([Partition; SHARD as usize]);

impl Default for Share {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Partition::default()))
    }
}

impl Share {
    /// The partitions of the share of a number.
    pub(super) fn partitions(number: usize, share: &Self) -> impl Iterator<Item = (PartitionId, &Partition)> {
        let first = number as u16 * SHARD;
        let numbered = (first..).zip(&share.0);
        numbered.filter_map(|(id, partition)| Some((PartitionId::new(id)?, partition)))
    }
}

/// Spreads the numbers of shares over all bits, of which the map uses the highest and the lowest.
#[derive(Debug, Default)]
pub(super) struct ShareHasher(u64);

impl Hasher for ShareHasher {
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

impl Shards {
    /// A partition, locked for reading, if anything was written in its share.
    pub(super) fn read(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        let gate = self.enter();
        let share = self.shares.get(&shard_of(id))?;
        Some(PartitionRef {
            share,
            at: place_of(id),
            _gate: gate,
        })
    }

    /// A partition, locked for writing, if anything was written in its share.
    pub(super) fn write(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        let gate = self.enter();
        let share = self.shares.get_mut(&shard_of(id))?;
        Some(PartitionMut {
            share,
            at: place_of(id),
            _gate: gate,
        })
    }

    /// A partition, locked for writing.
    pub(super) fn write_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        let gate = self.enter();
        let share = match self.shares.get_mut(&shard_of(id)) {
            Some(share) => share,
            None => self.shares.entry(shard_of(id)).or_default(),
        };
        PartitionMut {
            share,
            at: place_of(id),
            _gate: gate,
        }
    }

    /// The partitions that hold records, in order.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        let _gate = self.enter();
        let mut ids = Vec::new();
        for share in &self.shares {
            let partitions = Share::partitions(*share.key(), share.value());
            ids.extend(
                partitions
                    .filter(|(_, partition)| !partition.is_empty())
                    .map(|(id, _)| id),
            );
        }
        ids.sort_unstable();
        ids
    }

    /// Whether a share is the very same as one that was kept aside.
    pub(super) fn shares(&self, number: usize, saved: &Arc<Share>) -> bool {
        let _gate = self.enter();
        self.shares.get(&number).is_some_and(|share| Arc::ptr_eq(&share, saved))
    }

    /// All of them, locked: nobody reads or writes a record meanwhile.
    pub(super) fn lock(&self) -> LockedShards<'_> {
        LockedShards {
            shares: &self.shares,
            _gate: self.gate.write().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn enter(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a partition in its share.
fn place_of(id: PartitionId) -> usize {
    usize::from(id.get() % SHARD)
}

/// Shares kept aside, by their numbers.
pub(super) type Shares = Vec<(usize, Arc<Share>)>;

/// The partitions of a namespace that nobody reads or writes.
#[derive(Debug)]
pub(super) struct LockedShards<'n> {
    shares: &'n DashMap<usize, Arc<Share>, BuildHasherDefault<ShareHasher>>,
    _gate: RwLockWriteGuard<'n, ()>,
}

impl LockedShards<'_> {
    /// What they are, shared from now on.
    pub(super) fn save(&self) -> Shares {
        let shares = self.shares.iter();
        shares.map(|share| (*share.key(), Arc::clone(share.value()))).collect()
    }

    /// Has them be these, and gives what they were.
    pub(super) fn replace(&self, saved: &Shares) -> Shares {
        let replaced = self.save();
        self.shares.clear();
        for (number, share) in saved {
            self.shares.insert(*number, Arc::clone(share));
        }
        replaced
    }
}

/// A partition, locked for reading.
#[derive(Debug)]
pub struct PartitionRef<'n> {
    // The lock of the share goes before the gate.
    share: Ref<'n, usize, Arc<Share>>,
    at: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

/// A partition, locked for writing.
#[derive(Debug)]
pub struct PartitionMut<'n> {
    share: RefMut<'n, usize, Arc<Share>>,
    at: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

impl Deref for PartitionRef<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.share.0[self.at % SHARD as usize]
    }
}

impl Deref for PartitionMut<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.share.0[self.at % SHARD as usize]
    }
}

impl DerefMut for PartitionMut<'_> {
    fn deref_mut(&mut self) -> &mut Partition {
        &mut Arc::make_mut(&mut self.share).0[self.at % SHARD as usize]
    }
}
