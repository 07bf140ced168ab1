//! Secondary indexes: the records of a namespace in the order of values that they hold.
//!
//! Indexes are kept up where records are changed, under the lock of the record's partition: what an index says of a record
//! is true whenever that lock is free.

mod build;
mod definition;
mod hash;
mod range;
mod search;
mod snapshot;
mod tree;

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
pub(crate) use self::search::Search;
pub(crate) use self::snapshot::SindexesSnapshot;
pub(crate) use self::tree::Entry;

/// The indexes of a namespace.
#[derive(Debug, Default)]
pub struct Sindexes {
    /// How many there are: records of a namespace without any are written without a further look.
    count: AtomicUsize,
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// In the order of their slots.
    all: Arc<[Arc<Sindex>]>,
    /// Names of sets' own indexes.
    sets: Vec<(Arc<str>, SetId)>,
}

/// An index.
#[derive(Debug)]
pub struct Sindex {
    /// What it is about.
    pub definition: Definition,
    name: Mutex<Arc<str>>,
    /// Its place among the indexes: the first one that was free when it was created.
    slot: usize,
    tree: Tree,
    is_readable: AtomicBool,
    is_dropped: AtomicBool,
    load: Mutex<Load>,
}

/// How far the building of an index is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// In percent.
    pub percent: u32,
    /// How long it took, in seconds.
    pub seconds: u64,
}

/// What became of the wish for an index.
#[derive(Debug)]
pub enum Created {
    /// It is there, and to be built.
    New(Build),
    /// There was one like it, which has the wanted name now.
    Known,
    /// The name stands for another one.
    NameTaken,
    /// There are as many as there may be.
    TooMany,
}

impl Sindexes {
    /// How many indexes a namespace has at most.
    pub const MAX: usize = 256;
    /// The longest name of an index, in bytes.
    pub const MAX_NAME: usize = 63;

    /// Creates an index, or renames one of the same definition.
    pub fn create(&self, name: &str, definition: Definition) -> Created {
        let mut table = self.write();
        let known = table.all.iter().find(|sindex| sindex.definition == definition);
        let is_another = |named: &Arc<Sindex>| known.is_none_or(|known| !Arc::ptr_eq(known, named));
        if table.named(name).is_some_and(is_another) || table.set_of(name).is_some() {
            return Created::NameTaken;
        }
        if let Some(known) = known {
            *lock(&known.name) = name.into();
            return Created::Known;
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
            load: Mutex::default(),
        });
        let (before, behind) = table.all.split_at(slot);
        table.all = before.iter().chain([&sindex]).chain(behind).cloned().collect();
        self.count.store(table.all.len(), Ordering::Release);
        Created::New(Build::new(sindex))
    }

    /// Creates the index of a set, or renames it; false where the name stands for another one.
    ///
    /// It has no entries: the records of a set are found without it.
    pub fn create_for_set(&self, name: &str, set: SetId) -> bool {
        let mut table = self.write();
        if table.named(name).is_some() || table.set_of(name).is_some_and(|other| other != set) {
            return false;
        }
        table.sets.retain(|(_, other)| *other != set);
        table.sets.push((name.into(), set));
        true
    }

    /// Removes the index of a name, if there is one.
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

    /// All of them, in the order in which the real server lists them, but for those of sets.
    #[must_use]
    pub fn all(&self) -> Arc<[Arc<Sindex>]> {
        Arc::clone(&self.read().all)
    }

    /// The names of sets' own indexes, and the sets.
    #[must_use]
    pub fn of_sets(&self) -> Vec<(Arc<str>, SetId)> {
        self.read().sets.clone()
    }

    /// The index of a name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<Sindex>> {
        self.read().named(name).cloned()
    }

    /// The index of a definition.
    #[must_use]
    pub fn by_definition(&self, definition: &Definition) -> Option<Arc<Sindex>> {
        let table = self.read();
        table
            .all
            .iter()
            .find(|sindex| sindex.definition == *definition)
            .cloned()
    }

    /// The places that a record has, or is to have, in the indexes; none where there are no indexes.
    ///
    /// The lock of the record's partition must be held until the indexes are told what becomes of it.
    #[inline]
    pub(crate) fn places(&self, digest: &Digest, set: Option<SetId>, bins: &[Bin]) -> Option<Places> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let all = self.all();
        let places = places(&all, digest, set, bins);
        Some(Places { all, places })
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
    /// How many kilobytes a node of the real server's trees takes.
    const NODE: u64 = 4096;
    /// About how many entries the real server has in a node.
    const NODE_ENTRIES: u64 = 200;

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&lock(&self.name))
    }

    /// Whether it is built, and so can be asked.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.is_readable.load(Ordering::Relaxed)
    }

    /// Whether it was removed: then nothing is found by it any more.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Relaxed)
    }

    /// How far its building is.
    #[must_use]
    pub fn load(&self) -> Load {
        *lock(&self.load)
    }

    /// How many entries it has.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.tree.len()
    }

    /// About what the real server's trees take for it, in bytes: of its 4096 each has a node at least.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        let more = self.entries() as u64 / Self::NODE_ENTRIES;
        more.max(u64::from(spikelet_wire::PARTITIONS)) * Self::NODE
    }

    /// Gives the entries of a block from a bound to the place `end`, until `each` has had enough and says so. Their
    /// partitions must not be locked.
    pub fn each(&self, block: usize, from: Bound<Entry>, end: u64, each: impl FnMut(&Entry) -> bool) {
        self.tree.entries(block, from, end, each);
    }

    /// Whether a record is one that the index finds in a range.
    #[must_use]
    pub fn matches(&self, range: &Range, digest: &Digest, bins: &[Bin]) -> bool {
        range.matches(&self.definition, digest, bins)
    }

    /// Adds the places of a record, but for those that it has.
    fn places(&self, digest: &Digest, set: Option<SetId>, bins: &[Bin], mut put: impl FnMut(u64)) {
        if self.definition.set.is_some_and(|only| set != Some(only)) {
            return;
        }
        self.definition.values(digest, bins, |value| {
            value.keys(self.definition.key_type, &mut put);
            true
        });
    }
}

/// The places of a record in the indexes that there are.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<[Arc<Sindex>]>,
    /// Sorted.
    places: Vec<Place>,
}

/// A place of a record: the index, by its own place among all, and the place in its order.
type Place = (usize, u64);

impl Places {
    /// Notes that the record has come to be there.
    pub(crate) fn come(self, digest: &Digest) {
        self.change(digest, &[], &self.places);
    }

    /// Notes that the record is gone.
    pub(crate) fn go(self, digest: &Digest) {
        self.change(digest, &self.places, &[]);
    }

    /// Notes that the record has other bins now.
    pub(crate) fn move_to(self, digest: &Digest, set: Option<SetId>, bins: &[Bin]) {
        let now = places(&self.all, digest, set, bins);
        self.change(digest, &self.places, &now);
    }

    fn change(&self, digest: &Digest, old: &[Place], new: &[Place]) {
        if old == new {
            return;
        }
        for (at, sindex) in self.all.iter().enumerate() {
            let (old, new) = (of_index(old, at), of_index(new, at));
            if old == new {
                continue;
            }
            let gone = old.iter().filter(|place| new.binary_search(place).is_err());
            let come = new.iter().filter(|place| old.binary_search(place).is_err());
            let changes = gone
                .map(|place| (place.1, false))
                .chain(come.map(|place| (place.1, true)));
            sindex.tree.change(digest, changes);
        }
    }
}

/// The places, sorted and each once, that a record has in indexes.
fn places(all: &[Arc<Sindex>], digest: &Digest, set: Option<SetId>, bins: &[Bin]) -> Vec<Place> {
    let mut places = Vec::new();
    for (at, sindex) in all.iter().enumerate() {
        sindex.places(digest, set, bins, |order| places.push((at, order)));
    }
    places.sort_unstable();
    places.dedup();
    places
}

fn of_index(places: &[Place], at: usize) -> &[Place] {
    let from = places.partition_point(|place| place.0 < at);
    let to = places.partition_point(|place| place.0 <= at);
    places.get(from..to).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
