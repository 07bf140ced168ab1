//! The sorted entries of an index.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use spikelet_wire::Digest;

use crate::store::partition_group::{GROUPS, group_of};

/// An entry: one value of a record.
///
/// Within a partition the real server returns entries in this order, and clients rely on it when they resume a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The sort key of the value.
    pub sort_key: u64,
    /// The digest of the record.
    pub digest: Digest,
}

/// The entries of an index: a tree with its own lock for each [group](group_of) of partitions.
///
/// With a tree for each partition, as in the real server, a query that finds few records would search thousands of trees. With a
/// single tree every write would wait for every other, and a query that resumes in many partitions would search anew for each.
#[derive(Debug)]
pub(super) struct Tree(Box<[RwLock<Entries>]>);

/// The entries of a group, shared with snapshots until they change.
type Entries = Arc<BTreeSet<Entry>>;

/// The entries of all groups at one moment.
pub(super) type TreeSnapshot = Box<[Entries]>;

impl Tree {
    pub(super) fn new() -> Self {
        let empty = Entries::default();
        Self((0..GROUPS).map(|_| RwLock::new(Arc::clone(&empty))).collect())
    }

    /// Takes a snapshot.
    pub(super) fn save(&self) -> TreeSnapshot {
        self.0.iter().map(|entries| Arc::clone(&read(entries))).collect()
    }

    /// A tree with the entries of a snapshot.
    pub(super) fn restored(state: &TreeSnapshot) -> Self {
        Self(state.iter().map(|entries| RwLock::new(Arc::clone(entries))).collect())
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|entries| read(entries).len()).sum()
    }

    /// Adds (`true`) and removes (`false`) entries of a record, by their sort keys.
    pub(super) fn change(&self, digest: &Digest, changes: impl IntoIterator<Item = (u64, bool)>) {
        let Some(entries) = self.0.get(group_of(digest.partition_id())) else {
            return;
        };
        let mut entries = entries.write().unwrap_or_else(PoisonError::into_inner);
        let tree = Arc::make_mut(&mut entries);
        for (sort_key, is_added) in changes {
            let entry = Entry {
                sort_key,
                digest: *digest,
            };
            if is_added {
                tree.insert(entry);
            } else {
                tree.remove(&entry);
            }
        }
    }

    /// Passes the entries of a group to `visit`, from a bound to the sort key `end`, until it returns `false`.
    pub(super) fn for_each(&self, group: usize, from: Bound<Entry>, end: u64, mut visit: impl FnMut(&Entry) -> bool) {
        let last = Entry {
            sort_key: end,
            digest: Digest([0xff; Digest::SIZE]),
        };
        // `BTreeSet::range` panics if the range ends before it begins.
        let is_empty = match &from {
            Bound::Included(first) => *first > last,
            Bound::Excluded(first) => *first >= last,
            Bound::Unbounded => false,
        };
        let Some(tree) = self.0.get(group).map(read).filter(|_| !is_empty) else {
            return;
        };
        for entry in tree.range((from, Bound::Included(last))) {
            if !visit(entry) {
                return;
            }
        }
    }
}

fn read(entries: &RwLock<Entries>) -> RwLockReadGuard<'_, Entries> {
    entries.read().unwrap_or_else(PoisonError::into_inner)
}
