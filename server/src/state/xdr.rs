//! Cross-datacenter replication (XDR): which datacenters there are, and the filters for what is shipped to them.
//!
//! Nothing is shipped. Clients set filters, and tools list them with the datacenters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The datacenters.
#[derive(Debug, Default)]
pub(crate) struct Xdr(Mutex<XdrSnapshot>);

/// A copy of the datacenters at one moment, by name.
pub(crate) type XdrSnapshot = BTreeMap<String, DataCenter>;

/// A datacenter.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataCenter {
    /// The namespaces that are shipped to it, with their filters.
    pub(crate) namespaces: BTreeMap<String, Option<Arc<[u8]>>>,
    /// The addresses of its nodes, as they were given.
    pub(crate) addresses: BTreeSet<String>,
}

impl Xdr {
    /// Changes the datacenters, and returns the result of that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut XdrSnapshot) -> T) -> T {
        change(&mut self.lock())
    }

    pub(crate) fn save(&self) -> XdrSnapshot {
        self.lock().clone()
    }

    pub(super) fn restore(&self, snapshot: &XdrSnapshot) {
        self.lock().clone_from(snapshot);
    }

    /// Takes a datacenter over from another subcluster, or that there is none.
    pub(super) fn merge(&self, name: &str, other: &XdrSnapshot) {
        let mut own = self.lock();
        match other.get(name) {
            Some(other) => drop(own.insert(name.to_owned(), other.clone())),
            None => drop(own.remove(name)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, XdrSnapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
