//! The entries of an index, in order.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use spikelet_wire::Digest;

use crate::store::block::{BLOCKS, block_of};

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

/// The entries of an index. Each block has those of [`BLOCK`] partitions, under a lock of its own.
///
/// A tree for each partition, as the real server has, makes a query that finds little look into thousands of trees. One
/// tree for all has every write wait for every other, and a query that resumes in many partitions find its way anew.
#[derive(Debug)]
pub(super) struct Tree(Box<[RwLock<Entries>]>);

/// The entries of a block, shared with snapshots until one of them changes.
type Entries = Arc<BTreeSet<Entry>>;

/// The entries of all locks at one moment.
pub(super) type TreeState = Box<[Entries]>;

impl Tree {
    pub(super) fn new() -> Self {
        let empty = Entries::default();
        Self((0..BLOCKS).map(|_| RwLock::new(Arc::clone(&empty))).collect())
    }

    /// The entries as they are.
    pub(super) fn save(&self) -> TreeState {
        self.0.iter().map(|block| Arc::clone(&read(block))).collect()
    }

    /// A tree that has the entries of another, as they were.
    pub(super) fn restored(state: &TreeState) -> Self {
        Self(state.iter().map(|block| RwLock::new(Arc::clone(block))).collect())
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|block| read(block).len()).sum()
    }

    /// Adds and removes entries of a record.
    pub(super) fn change(&self, digest: &Digest, changes: impl IntoIterator<Item = (u64, bool)>) {
        let Some(block) = self.0.get(block_of(digest.partition_id())) else {
            return;
        };
        let mut block = block.write().unwrap_or_else(PoisonError::into_inner);
        let tree = Arc::make_mut(&mut block);
        for (order, is_there) in changes {
            let entry = Entry { order, digest: *digest };
            if is_there {
                tree.insert(entry);
            } else {
                tree.remove(&entry);
            }
        }
    }

    /// Gives the entries of a block from a bound to the place `end`, until `each` has had enough and says so.
    pub(super) fn entries(&self, block: usize, from: Bound<Entry>, end: u64, mut each: impl FnMut(&Entry) -> bool) {
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
        let Some(tree) = self.0.get(block).map(read).filter(|_| !is_empty) else {
            return;
        };
        for entry in tree.range((from, Bound::Included(last))) {
            if !each(entry) {
                return;
            }
        }
    }
}

fn read(block: &RwLock<Entries>) -> RwLockReadGuard<'_, Entries> {
    block.read().unwrap_or_else(PoisonError::into_inner)
}
