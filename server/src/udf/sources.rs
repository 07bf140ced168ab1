//! The scripts of the registered modules.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The scripts, by the names of their files.
pub(super) struct Sources {
    path: String,
    scripts: RwLock<BTreeMap<String, Arc<[u8]>>>,
}

impl Sources {
    /// No scripts, in a folder.
    pub(super) fn new(path: String) -> Self {
        Self {
            path,
            scripts: RwLock::default(),
        }
    }

    /// The folder that error messages say scripts are in.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The script of a file.
    pub(super) fn get(&self, file: &str) -> Option<Arc<[u8]>> {
        self.read().get(file).cloned()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.scripts.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.scripts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.read().keys()).finish()
    }
}
