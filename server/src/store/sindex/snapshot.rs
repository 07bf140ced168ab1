//! The indexes of a namespace at one moment, kept aside and put back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::tree::{Tree, TreeState};
use super::{Build, Definition, Load, Sindex, Sindexes, Table};
use crate::store::set::SetId;

/// The indexes of a namespace.
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
    entries: TreeState,
    is_readable: bool,
    load: Load,
}

impl Sindexes {
    /// The indexes as they are. No record must change meanwhile.
    pub(crate) fn save(&self) -> SindexesSnapshot {
        let table = self.read();
        SindexesSnapshot {
            all: table.all.iter().map(|sindex| SindexSnapshot::of(sindex)).collect(),
            sets: table.sets.clone(),
        }
    }

    /// Has them be as they were, and gives those that there were meanwhile. No record must change before the records are
    /// as they were, too.
    ///
    /// Whoever still knows one of those that there were finds it dropped.
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

    /// Has there be the indexes that others are, without entries.
    pub(crate) fn resemble(&self, others: &Self) {
        for other in &*others.all() {
            self.create(&other.name(), other.definition.clone());
        }
        for (name, set) in others.of_sets() {
            self.create_for_set(&name, set);
        }
    }

    /// The building of those indexes that are not built.
    pub(crate) fn builds(&self) -> Vec<Build> {
        let all = self.all();
        let unbuilt = all.iter().filter(|sindex| !sindex.is_readable());
        unbuilt.map(|sindex| Build::new(Arc::clone(sindex))).collect()
    }
}

impl SindexesSnapshot {
    /// What the index of a name is about.
    pub(crate) fn definition(&self, name: &str) -> Option<&Definition> {
        let named = self.all.iter().find(|sindex| *sindex.name == *name);
        named.map(|sindex| &sindex.definition)
    }

    /// The set whose own index has a name.
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
            load: sindex.load(),
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
            load: Mutex::new(self.load),
        }
    }
}
