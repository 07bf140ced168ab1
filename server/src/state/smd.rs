//! System metadata (SMD): the times at which secondary indexes and UDF modules were last changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Now;

/// When each item was last changed, removed items included.
#[derive(Debug, Default)]
pub(crate) struct Smd(Mutex<SmdSnapshot>);

/// A copy of it at one moment.
pub(crate) type SmdSnapshot = BTreeMap<SmdItem, Now>;

/// An item that all nodes of a cluster agree on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SmdItem {
    /// A secondary index.
    Sindex { namespace: String, name: String },
    /// A UDF module, by file name.
    #[cfg_attr(
        not(feature = "udf"),
        expect(dead_code, reason = "without UDFs there are no modules")
    )]
    Module(String),
}

impl Smd {
    /// Records that an item was changed or removed.
    pub(crate) fn record(&self, item: SmdItem, now: Now) {
        self.lock().insert(item, now);
    }

    pub(crate) fn save(&self) -> SmdSnapshot {
        self.lock().clone()
    }

    pub(crate) fn restore(&self, state: &SmdSnapshot) {
        self.lock().clone_from(state);
    }

    /// Takes over the items that were changed later in `other`, and returns them. Of two changes the later one is kept.
    pub(crate) fn merge(&self, other: &SmdSnapshot) -> Vec<SmdItem> {
        let mut own = self.lock();
        let later = other
            .iter()
            .filter(|(item, changed)| own.get(item).is_none_or(|own| own < changed));
        let later: Vec<(SmdItem, Now)> = later.map(|(item, changed)| (item.clone(), *changed)).collect();
        own.extend(later.iter().cloned());
        later.into_iter().map(|(item, _)| item).collect()
    }

    fn lock(&self) -> MutexGuard<'_, SmdSnapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
