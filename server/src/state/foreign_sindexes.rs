//! Secondary indexes of namespaces that the server does not have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{SetSnapshot, Sets, Sindexes, SindexesSnapshot};

/// The secondary indexes of namespaces that the server does not have.
///
/// The real server stores index definitions as system metadata of the whole cluster, and does not check that any node has the
/// namespace.
#[derive(Debug, Default)]
pub(crate) struct ForeignSindexes(Mutex<Namespaces>);

type Namespaces = HashMap<String, Arc<(Sets, Sindexes)>>;

/// A copy of them at one moment.
pub(super) type ForeignSindexesSnapshot = Vec<(String, Vec<SetSnapshot>, SindexesSnapshot)>;

impl ForeignSindexes {
    /// The sets and indexes of a namespace.
    pub(crate) fn of(&self, namespace: &str) -> Arc<(Sets, Sindexes)> {
        Arc::clone(self.lock().entry(namespace.to_owned()).or_default())
    }

    pub(super) fn save(&self) -> ForeignSindexesSnapshot {
        let save = |(name, of): (&String, &Arc<(Sets, Sindexes)>)| (name.clone(), of.0.save(), of.1.save());
        self.lock().iter().map(save).collect()
    }

    pub(super) fn restore(&self, snapshot: &ForeignSindexesSnapshot) {
        let restored = snapshot.iter().map(|(name, sets, sindexes)| {
            let of = <(Sets, Sindexes)>::default();
            of.0.restore(sets);
            of.1.restore(sindexes);
            (name.clone(), Arc::new(of))
        });
        *self.lock() = restored.collect();
    }

    fn lock(&self) -> MutexGuard<'_, Namespaces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
