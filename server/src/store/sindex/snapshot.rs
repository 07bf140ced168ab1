//! Snapshots of the secondary indexes of a namespace: saving and restoring them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::tree::{Tree, TreeSnapshot};
use super::{Build, BuildProgress, Definition, Sindex, Sindexes, Table};
use crate::store::set::SetId;

/// A snapshot of the indexes of a namespace.
#[derive(Debug, Default)]
pub(crate) struct SindexesSnapshot {
    all: Vec<SindexSnapshot>,
    sets: Vec<(Arc<str>, SetId)>,
}

#[derive(Debug)]
struct SindexSnapshot {
    definition: Definition,
    name: Arc<str>,
    slot: usize,
    entries: TreeSnapshot,
    is_readable: bool,
    build_progress: BuildProgress,
}

impl Sindexes {
    /// Takes a snapshot. All partitions must be locked.
    pub(crate) fn save(&self) -> SindexesSnapshot {
        let table = self.read();
        SindexesSnapshot {
            all: table.all.iter().map(|sindex| SindexSnapshot::of(sindex)).collect(),
            sets: table.sets.clone(),
        }
    }

    /// Replaces all indexes by a snapshot, and returns the previous ones, which are marked as dropped. All partitions must be
    /// locked, until the records are replaced too.
    pub(crate) fn restore(&self, state: &SindexesSnapshot) -> Arc<[Arc<Sindex>]> {
        let mut table = self.write();
        table
            .all
            .iter()
            .for_each(|sindex| sindex.is_dropped.store(true, Ordering::Relaxed));
        let replaced = std::mem::replace(
            &mut *table,
            Table {
                all: state.all.iter().map(|sindex| Arc::new(sindex.restored())).collect(),
                sets: state.sets.clone(),
            },
        );
        self.count.store(table.all.len(), Ordering::Release);
        replaced.all
    }

    /// Creates the indexes of another namespace, without entries.
    pub(crate) fn copy_definitions_from(&self, others: &Self) {
        for other in &*others.all() {
            self.create(&other.name(), other.definition.clone());
        }
        for (name, set) in others.of_sets() {
            self.create_for_set(&name, set);
        }
    }

    /// Builds for the indexes that are not complete, from the beginning.
    pub(crate) fn builds(&self) -> Vec<Build> {
        let all = self.all();
        let unbuilt = all.iter().filter(|sindex| !sindex.is_readable());
        unbuilt.map(|sindex| Build::new(Arc::clone(sindex))).collect()
    }
}

impl SindexesSnapshot {
    /// The definition of an index, by name.
    pub(crate) fn definition(&self, name: &str) -> Option<&Definition> {
        let named = self.all.iter().find(|sindex| *sindex.name == *name);
        named.map(|sindex| &sindex.definition)
    }

    /// The set whose set index has a name.
    pub(crate) fn set_of(&self, name: &str) -> Option<SetId> {
        let named = self.sets.iter().find(|(other, _)| **other == *name);
        named.map(|(_, set)| *set)
    }
}

impl SindexSnapshot {
    fn of(sindex: &Sindex) -> Self {
        Self {
            definition: sindex.definition.clone(),
            name: sindex.name(),
            slot: sindex.slot,
            is_readable: sindex.is_readable(),
            entries: sindex.tree.save(),
            build_progress: sindex.build_progress(),
        }
    }

    fn restored(&self) -> Sindex {
        Sindex {
            definition: self.definition.clone(),
            name: Mutex::new(Arc::clone(&self.name)),
            slot: self.slot,
            tree: Tree::restored(&self.entries),
            is_readable: AtomicBool::new(self.is_readable),
            is_dropped: AtomicBool::new(false),
            build_progress: Mutex::new(self.build_progress),
        }
    }
}
