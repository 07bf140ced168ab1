//! System metadata (SMD): what all nodes of a cluster agree on, and when each item of it was last changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Now;
use crate::store::BinName;

/// When each item was last changed, removed items included.
#[derive(Debug, Default)]
pub(crate) struct Smd(Mutex<Items>);

#[derive(Debug, Default)]
struct Items {
    changed: SmdSnapshot,
    /// The number of changes to the items of each module.
    changes: BTreeMap<SmdModule, u64>,
}

/// A copy of the items at one moment.
pub(crate) type SmdSnapshot = BTreeMap<SmdItem, Now>;

/// An item that all nodes of a cluster agree on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SmdItem {
    /// The void time up to which a namespace's records are evicted.
    Evict(String),
    /// The masking rule of a bin.
    Masking {
        namespace: String,
        set: String,
        bin: BinName,
    },
    /// A secondary index.
    Sindex { namespace: String, name: String },
    /// The truncation of a namespace, or of a set.
    Truncate { namespace: String, set: Option<String> },
    /// A UDF module, by file name.
    #[cfg_attr(
        not(feature = "udf"),
        expect(dead_code, reason = "without UDFs there are no modules")
    )]
    Module(String),
    /// A role, by name.
    Role(String),
    /// A user, by name.
    User(String),
    /// A datacenter with its filters, by name.
    Xdr(String),
}

/// A module: a kind of items, in the order of `smd-info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SmdModule {
    Evict,
    Security,
    Sindex,
    Truncate,
    Udf,
    Xdr,
    Masking,
}

impl SmdModule {
    /// All modules, in the order of `smd-info`.
    pub(crate) const ALL: [Self; 7] = [
        Self::Evict,
        Self::Security,
        Self::Sindex,
        Self::Truncate,
        Self::Udf,
        Self::Xdr,
        Self::Masking,
    ];

    /// The name of the module.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Evict => "evict",
            Self::Masking => "masking",
            Self::Security => "security",
            Self::Sindex => "sindex",
            Self::Truncate => "truncate",
            Self::Udf => "UDF",
            Self::Xdr => "XDR",
        }
    }
}

impl SmdItem {
    const fn module(&self) -> SmdModule {
        match self {
            Self::Evict(_) => SmdModule::Evict,
            Self::Masking { .. } => SmdModule::Masking,
            Self::Sindex { .. } => SmdModule::Sindex,
            Self::Truncate { .. } => SmdModule::Truncate,
            Self::Module(_) => SmdModule::Udf,
            Self::Xdr(_) => SmdModule::Xdr,
            Self::Role(_) | Self::User(_) => SmdModule::Security,
        }
    }
}

impl Smd {
    /// Records that an item was changed or removed.
    pub(crate) fn record(&self, item: SmdItem, now: Now) {
        let mut items = self.lock();
        *items.changes.entry(item.module()).or_default() += 1;
        items.changed.insert(item, now);
    }

    /// Whether an item was ever changed.
    pub(crate) fn has(&self, item: &SmdItem) -> bool {
        self.lock().changed.contains_key(item)
    }

    /// The number of changes to the items of a module, and the number of its items, removed ones included.
    pub(crate) fn counts(&self, module: SmdModule) -> (u64, usize) {
        let items = self.lock();
        let keys = items.changed.keys().filter(|item| item.module() == module).count();
        (items.changes.get(&module).copied().unwrap_or(0), keys)
    }

    pub(crate) fn save(&self) -> SmdSnapshot {
        self.lock().changed.clone()
    }

    pub(crate) fn restore(&self, state: &SmdSnapshot) {
        self.lock().changed.clone_from(state);
    }

    /// Takes over the items that were changed later in `other`, and returns them. Of two changes the later one is kept.
    pub(crate) fn merge(&self, other: &SmdSnapshot) -> Vec<SmdItem> {
        let own = &mut self.lock().changed;
        let later = other
            .iter()
            .filter(|(item, changed)| own.get(item).is_none_or(|own| own < changed));
        let later: Vec<(SmdItem, Now)> = later.map(|(item, changed)| (item.clone(), *changed)).collect();
        own.extend(later.iter().cloned());
        later.into_iter().map(|(item, _)| item).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
