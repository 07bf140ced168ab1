//! Sets: named groups of records in a namespace.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::set_settings::{SetSettings, SetSettingsSnapshot};

/// A set's number within its namespace, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(NonZeroU16);

/// A set.
#[derive(Debug)]
pub struct Set {
    /// Its name, 1 to 63 bytes.
    pub name: Box<[u8]>,
    /// The number of its records.
    pub objects: AtomicU64,
    /// The number of its tombstones.
    pub tombstones: AtomicU64,
    /// The total size of the stored form of its records, in bytes.
    pub data_used_bytes: AtomicU64,
    /// Its records that were last written before this time, in milliseconds since 2010, are truncated.
    pub truncate_lut: AtomicU64,
    /// Its settings.
    pub settings: SetSettings,
}

/// The sets of a namespace. The first record of a set creates it, and it is never removed.
#[derive(Debug, Default)]
pub struct Sets {
    table: RwLock<Table>,
    /// Whether the settings of any set were ever changed. If not, writes need not read them.
    are_configured: AtomicBool,
}

#[derive(Debug, Default)]
struct Table {
    by_name: HashMap<Box<[u8]>, SetId>,
    sets: Vec<Arc<Set>>,
}

/// A copy of a set at one moment.
#[derive(Debug, Clone)]
pub(crate) struct SetSnapshot {
    pub(super) name: Box<[u8]>,
    objects: u64,
    tombstones: u64,
    data_used_bytes: u64,
    pub(super) truncate_lut: u64,
    settings: SetSettingsSnapshot,
}

impl SetId {
    /// Its number.
    pub(crate) const fn number(self) -> u16 {
        self.0.get()
    }

    /// Its position in the order of the set numbers, from 0.
    pub(super) const fn position(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Sets {
    /// The longest name of a set, in bytes.
    pub const MAX_NAME: usize = 63;
    /// The maximum number of sets in a namespace.
    pub const MAX: usize = 4095;

    /// Finds a set by name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<SetId> {
        self.read().by_name.get(name).copied()
    }

    /// Whether a set can have this name: 1 to 63 bytes, none of them 0.
    #[must_use]
    pub fn is_name(name: &[u8]) -> bool {
        !name.is_empty() && name.len() <= Self::MAX_NAME && !name.contains(&0)
    }

    /// Finds a set by name, or creates it.
    ///
    /// Returns `None` for an [invalid name](Self::is_name), and if there are too many sets.
    pub fn find_or_create(&self, name: &[u8]) -> Option<SetId> {
        if let Some(id) = self.find(name) {
            return Some(id);
        }
        if !Self::is_name(name) {
            return None;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = table.by_name.get(name) {
            return Some(*id);
        }
        let number = u16::try_from(table.sets.len() + 1)
            .ok()
            .filter(|n| usize::from(*n) <= Self::MAX)?;
        let id = SetId(NonZeroU16::new(number)?);
        table.by_name.insert(name.into(), id);
        table.sets.push(Arc::new(Set {
            name: name.into(),
            objects: AtomicU64::new(0),
            tombstones: AtomicU64::new(0),
            data_used_bytes: AtomicU64::new(0),
            truncate_lut: AtomicU64::new(0),
            settings: SetSettings::default(),
        }));
        Some(id)
    }

    /// A set.
    #[must_use]
    pub fn get(&self, id: SetId) -> Option<Arc<Set>> {
        self.read().sets.get(id.position()).cloned()
    }

    /// All sets, in the order in which they were created.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Set>> {
        self.read().sets.clone()
    }

    /// Copies of all sets, in the order of their numbers.
    pub(crate) fn save(&self) -> Vec<SetSnapshot> {
        let state = |set: &Arc<Set>| SetSnapshot {
            name: set.name.clone(),
            objects: set.objects.load(Ordering::Relaxed),
            tombstones: set.tombstones.load(Ordering::Relaxed),
            data_used_bytes: set.data_used_bytes.load(Ordering::Relaxed),
            truncate_lut: set.truncate_lut.load(Ordering::Relaxed),
            settings: set.settings.save(),
        };
        self.read().sets.iter().map(state).collect()
    }

    /// Replaces all sets by saved ones.
    pub(crate) fn restore(&self, states: &[SetSnapshot]) {
        let are_configured = states.iter().any(|set| set.settings != SetSettingsSnapshot::default());
        self.are_configured.store(are_configured, Ordering::Relaxed);
        let mut table = Table::default();
        for (number, state) in (1..).zip(states) {
            let id = NonZeroU16::new(number).map(SetId);
            table.by_name.extend(id.map(|id| (state.name.clone(), id)));
            table.sets.push(Arc::new(Set {
                name: state.name.clone(),
                objects: AtomicU64::new(state.objects),
                tombstones: AtomicU64::new(state.tombstones),
                data_used_bytes: AtomicU64::new(state.data_used_bytes),
                truncate_lut: AtomicU64::new(state.truncate_lut),
                settings: SetSettings::restored(state.settings),
            }));
        }
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    /// Finds a set to read its settings; `None` if the settings of all sets have their defaults.
    pub(crate) fn configured(&self, id: Option<SetId>) -> Option<Arc<Set>> {
        if !self.are_configured.load(Ordering::Relaxed) {
            return None;
        }
        self.get(id?)
    }

    /// Call this before the settings of a set are changed.
    pub(crate) fn mark_configured(&self) {
        self.are_configured.store(true, Ordering::Relaxed);
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_created_once_and_within_limits() {
        let sets = Sets::default();
        let a = sets.find_or_create(b"a").unwrap();
        assert_eq!(sets.find_or_create(b"a"), Some(a));
        assert_eq!(sets.find(b"b"), None);
        assert_eq!(sets.find_or_create(&[b'x'; 64]), None);
        for n in 1..Sets::MAX {
            assert!(sets.find_or_create(n.to_string().as_bytes()).is_some());
        }
        assert_eq!(sets.find_or_create(b"one too many"), None);
        assert_eq!(sets.all().len(), Sets::MAX);
        assert_eq!(&*sets.get(a).unwrap().name, b"a");
    }
}
