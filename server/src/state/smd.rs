//! System metadata (SMD): what all nodes of a cluster agree on beside the records, and when each of it was last changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Now;

/// When secondary indexes and UDF modules were last changed, also those that are gone.
#[derive(Debug, Default)]
pub(crate) struct Smd(Mutex<SmdSnapshot>);

/// The same at one moment.
pub(crate) type SmdSnapshot = BTreeMap<SmdItem, Now>;

/// What all nodes agree on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SmdItem {
    /// The secondary index of a name.
    Sindex { namespace: String, name: String },
    /// The UDF module of a file.
    #[cfg_attr(
        not(feature = "udf"),
        expect(dead_code, reason = "without UDFs there are no modules")
    )]
    Module(String),
}

impl Smd {
    /// Notes that something was changed, or removed.
    pub(crate) fn note(&self, item: SmdItem, now: Now) {
        self.lock().insert(item, now);
    }

    pub(crate) fn save(&self) -> SmdSnapshot {
        self.lock().clone()
    }

    pub(crate) fn restore(&self, state: &SmdSnapshot) {
        self.lock().clone_from(state);
    }

    /// Takes over the times of what was changed later elsewhere, and gives that: of two changes the later one holds.
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
