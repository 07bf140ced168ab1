//! Secondary indexes: the records of a namespace, sorted by values that they hold.
//!
//! A write updates the indexes while the partition of its record is locked. So they agree with the record whenever that lock is
//! free.

mod build;
mod definition;
mod hash;
mod range;
mod record_entries;
mod search;
mod snapshot;
mod tree;
mod values;

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use spikelet_wire::Digest;

use self::tree::Tree;
use crate::store::bin::Bin;
use crate::store::set::SetId;

pub(crate) use self::build::Build;
pub(crate) use self::definition::{Definition, IndexType, KeyType, Source};
pub(crate) use self::range::Range;
pub(crate) use self::record_entries::RecordEntries;
pub(crate) use self::search::Search;
pub(crate) use self::snapshot::SindexesSnapshot;
pub(crate) use self::tree::Entry;

/// The indexes of a namespace.
#[derive(Debug, Default)]
pub struct Sindexes {
    /// The number of indexes. Writes to a namespace without indexes read only this.
    count: AtomicUsize,
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// In the order of their slots.
    all: Arc<[Arc<Sindex>]>,
    /// The set indexes: their names and sets.
    sets: Vec<(Arc<str>, SetId)>,
}

/// An index.
#[derive(Debug)]
pub struct Sindex {
    /// Its definition.
    pub definition: Definition,
    name: Mutex<Arc<str>>,
    /// Its slot in the list of indexes: the first one that was free when it was created.
    slot: usize,
    tree: Tree,
    is_readable: AtomicBool,
    is_dropped: AtomicBool,
    build_progress: Mutex<BuildProgress>,
}

/// The progress of the build of an index.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildProgress {
    /// The share of the namespace that was read, in percent.
    pub percent: u32,
    /// The duration of a finished build, in seconds.
    pub seconds: u64,
}

/// The result of [`Sindexes::create`].
#[derive(Debug)]
pub enum Created {
    /// The index was created, and is still to be built.
    New(Build),
    /// An index with the same definition existed, and has the new name now.
    Renamed,
    /// Another index has this name.
    NameTaken,
    /// The namespace has the maximum number of indexes.
    TooMany,
}

impl Sindexes {
    /// The maximum number of indexes in a namespace.
    pub const MAX: usize = 256;
    /// The maximum length of the name of an index, in bytes.
    pub const MAX_NAME: usize = 63;

    /// Creates an index, or renames the one with the same definition.
    pub fn create(&self, name: &str, definition: Definition) -> Created {
        let mut table = self.write();
        let known = table.all.iter().find(|sindex| sindex.definition == definition);
        let is_another = |named: &Arc<Sindex>| known.is_none_or(|known| !Arc::ptr_eq(known, named));
        if table.named(name).is_some_and(is_another) || table.set_of(name).is_some() {
            return Created::NameTaken;
        }
        if let Some(known) = known {
            *lock(&known.name) = name.into();
            return Created::Renamed;
        }
        if table.all.len() >= Self::MAX {
            return Created::TooMany;
        }
        let is_elsewhere = |(at, sindex): &(usize, &Arc<Sindex>)| sindex.slot != *at;
        let gap = table.all.iter().enumerate().find(is_elsewhere);
        let slot = gap.map_or(table.all.len(), |(at, _)| at);
        let sindex = Arc::new(Sindex {
            definition,
            name: Mutex::new(name.into()),
            slot,
            tree: Tree::new(),
            is_readable: AtomicBool::new(false),
            is_dropped: AtomicBool::new(false),
            build_progress: Mutex::default(),
        });
        let (before, after) = table.all.split_at(slot);
        table.all = before.iter().chain([&sindex]).chain(after).cloned().collect();
        self.count.store(table.all.len(), Ordering::Release);
        Created::New(Build::new(sindex))
    }

    /// Creates or renames the index of a set. Returns `false` if another index has this name.
    ///
    /// A set index has no entries: queries find the records of a set without it.
    pub fn create_for_set(&self, name: &str, set: SetId) -> bool {
        let mut table = self.write();
        if table.named(name).is_some() || table.set_of(name).is_some_and(|other| other != set) {
            return false;
        }
        table.sets.retain(|(_, other)| *other != set);
        table.sets.push((name.into(), set));
        true
    }

    /// Removes an index or a set index by name, if it exists.
    pub fn delete(&self, name: &str) {
        let mut table = self.write();
        table.sets.retain(|(other, _)| **other != *name);
        if let Some(sindex) = table.named(name).cloned() {
            sindex.is_dropped.store(true, Ordering::Relaxed);
            let others = table.all.iter().filter(|other| !Arc::ptr_eq(other, &sindex));
            table.all = others.cloned().collect();
            self.count.store(table.all.len(), Ordering::Release);
        }
    }

    /// All indexes but set indexes, in the order in which the real server lists them.
    #[must_use]
    pub fn all(&self) -> Arc<[Arc<Sindex>]> {
        Arc::clone(&self.read().all)
    }

    /// The set indexes: their names and sets.
    #[must_use]
    pub fn of_sets(&self) -> Vec<(Arc<str>, SetId)> {
        self.read().sets.clone()
    }

    /// Finds an index by name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<Sindex>> {
        self.read().named(name).cloned()
    }

    /// Finds an index by definition.
    #[must_use]
    pub fn by_definition(&self, definition: &Definition) -> Option<Arc<Sindex>> {
        let table = self.read();
        table
            .all
            .iter()
            .find(|sindex| sindex.definition == *definition)
            .cloned()
    }

    /// The entries that a record has, or is about to have; `None` if the namespace has no indexes.
    ///
    /// The partition of the record must be locked, until the entries are inserted, removed or updated.
    #[inline]
    pub(crate) fn entries_of(&self, digest: &Digest, set: Option<SetId>, bins: &[Bin]) -> Option<RecordEntries> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        Some(RecordEntries::of(self.all(), digest, set, bins))
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn named(&self, name: &str) -> Option<&Arc<Sindex>> {
        self.all.iter().find(|sindex| **lock(&sindex.name) == *name)
    }

    fn set_of(&self, name: &str) -> Option<SetId> {
        let mut sets = self.sets.iter();
        sets.find(|(other, _)| **other == *name).map(|(_, set)| *set)
    }
}

impl Sindex {
    /// The size of a node of the real server's trees, in bytes.
    const NODE: u64 = 4096;
    /// The approximate number of entries in a node of the real server's trees.
    const NODE_ENTRIES: u64 = 200;

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&lock(&self.name))
    }

    /// Whether it is built. Only then queries can use it.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.is_readable.load(Ordering::Relaxed)
    }

    /// Whether it was removed. Queries that still use it find nothing more.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Relaxed)
    }

    /// The progress of its build.
    #[must_use]
    pub fn build_progress(&self) -> BuildProgress {
        *lock(&self.build_progress)
    }

    /// The number of entries.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.tree.len()
    }

    /// The approximate size of the real server's trees for it, in bytes: one tree for each of 4096 partitions, each with at least
    /// one node.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        let more = self.entries() as u64 / Self::NODE_ENTRIES;
        more.max(u64::from(spikelet_wire::PARTITIONS)) * Self::NODE
    }

    /// Passes the entries of a group of partitions to `visit`, from a bound to the sort key `end`, until it returns `false`. The
    /// caller must not hold the lock of any of these partitions.
    pub fn for_each_entry(&self, group: usize, from: Bound<Entry>, end: u64, visit: impl FnMut(&Entry) -> bool) {
        self.tree.for_each(group, from, end, visit);
    }

    /// Whether a record has a value in a range.
    #[must_use]
    pub fn matches(&self, range: &Range, digest: &Digest, bins: &[Bin]) -> bool {
        range.matches(&self.definition, digest, bins)
    }

    /// Passes the sort keys of a record to `put`. Duplicates are possible.
    fn for_each_sort_key(&self, digest: &Digest, set: Option<SetId>, bins: &[Bin], mut put: impl FnMut(u64)) {
        if self.definition.set.is_some_and(|only| set != Some(only)) {
            return;
        }
        self.definition.for_each_value(digest, bins, |value| {
            value.sort_keys(self.definition.key_type, &mut put);
            true
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
