//! The entries of an index, in order.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use spikelet_wire::{Digest, PARTITIONS, PartitionId};

/// An entry: a record, at one of its values.
///
/// Within a partition entries stand in this order in the real server too, and clients rely on it when they resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The place of the value in the order of the index.
    pub order: u64,
    /// The record.
    pub digest: Digest,
}

/// How many partitions share a shard.
pub const SHARD: u16 = 64;

/// How many shards an index has.
pub const SHARDS: usize = (PARTITIONS / SHARD) as usize;

/// The entries of an index. Each shard has those of [`SHARD`] partitions, under a lock of its own.
///
/// A tree for each partition, as the real server has, makes a query that finds little look into thousands of trees. One
/// tree for all has every write wait for every other, and a query that resumes in many partitions find its way anew.
#[derive(Debug)]
pub(super) struct Tree(Box<[RwLock<Entries>]>);

/// The entries of a shard, shared with snapshots until one of them changes.
type Entries = Arc<BTreeSet<Entry>>;

/// The entries of all shards at one moment.
pub(super) type TreeState = Box<[Entries]>;

impl Tree {
    pub(super) fn new() -> Self {
        let empty = Entries::default();
        Self((0..SHARDS).map(|_| RwLock::new(Arc::clone(&empty))).collect())
    }

    /// The entries as they are.
    pub(super) fn save(&self) -> TreeState {
        self.0.iter().map(|shard| Arc::clone(&read(shard))).collect()
    }

    /// A tree that has the entries of another, as they were.
    pub(super) fn restored(state: &TreeState) -> Self {
        Self(state.iter().map(|shard| RwLock::new(Arc::clone(shard))).collect())
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|shard| read(shard).len()).sum()
    }

    /// Adds and removes entries of a record.
    pub(super) fn change(&self, digest: &Digest, changes: impl IntoIterator<Item = (u64, bool)>) {
        let Some(shard) = self.0.get(shard_of(digest.partition_id())) else {
            return;
        };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        let tree = Arc::make_mut(&mut shard);
        for (order, is_there) in changes {
            let entry = Entry { order, digest: *digest };
            if is_there {
                tree.insert(entry);
            } else {
                tree.remove(&entry);
            }
        }
    }

    /// Gives the entries of a shard from a bound to the place `end`, until `each` has had enough and says so.
    pub(super) fn entries(&self, shard: usize, from: Bound<Entry>, end: u64, mut each: impl FnMut(&Entry) -> bool) {
        let last = Entry {
            order: end,
            digest: Digest([0xff; Digest::SIZE]),
        };
        // A tree panics over a range that ends before it begins.
        let is_empty = match &from {
            Bound::Included(first) => *first > last,
            Bound::Excluded(first) => *first >= last,
            Bound::Unbounded => false,
        };
        let Some(tree) = self.0.get(shard).map(read).filter(|_| !is_empty) else {
            return;
        };
        for entry in tree.range((from, Bound::Included(last))) {
            if !each(entry) {
                return;
            }
        }
    }
}

fn read(shard: &RwLock<Entries>) -> RwLockReadGuard<'_, Entries> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

/// The shard of a partition.
#[must_use]
pub const fn shard_of(partition: PartitionId) -> usize {
    (partition.get() / SHARD) as usize
}
