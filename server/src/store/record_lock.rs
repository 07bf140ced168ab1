//! Locks on single records, for commands that work on a copy of their record.
//!
//! The lock of a partition group is held for microseconds. A script may run for seconds: it works on a copy, and the record stays
//! locked until the copy is stored. Commands check this lock before they execute. Changes that a test makes to the store do not.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spikelet_wire::Digest;

/// The locked records of a namespace.
#[derive(Debug, Default)]
pub struct RecordLocks(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The number of locked records. Every command reads this, and usually nothing else.
    count: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    locked: HashSet<Digest>,
    /// The number of requests that wait for each record.
    waiting: HashMap<Digest, usize>,
}

impl RecordLocks {
    /// The maximum number of requests that wait for a record (`transaction-pending-limit`).
    const MAX_WAITING: usize = 20;

    /// Whether a record is locked.
    pub fn is_locked(&self, digest: &Digest) -> bool {
        self.0.count.load(Ordering::Acquire) > 0 && self.0.table().locked.contains(digest)
    }

    /// Locks a record; `None` if it is locked already.
    #[must_use]
    pub fn lock(&self, digest: &Digest) -> Option<RecordLock> {
        if !self.0.table().locked.insert(*digest) {
            return None;
        }
        self.0.count.fetch_add(1, Ordering::AcqRel);
        Some(RecordLock {
            shared: Arc::clone(&self.0),
            digest: *digest,
        })
    }

    /// Counts a request that waits for a record, until the result is dropped. Returns `None` for a write if too many requests wait
    /// already.
    #[must_use]
    pub fn wait(&self, digest: &Digest, is_write: bool) -> Option<Waiting> {
        let mut table = self.0.table();
        let waiting = table.waiting.entry(*digest).or_default();
        if is_write && *waiting >= Self::MAX_WAITING {
            return None;
        }
        *waiting += 1;
        Some(Waiting {
            shared: Arc::clone(&self.0),
            digest: *digest,
        })
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lock of a record. Dropping it unlocks the record.
#[derive(Debug)]
pub struct RecordLock {
    shared: Arc<Shared>,
    digest: Digest,
}

impl Drop for RecordLock {
    fn drop(&mut self) {
        self.shared.table().locked.remove(&self.digest);
        self.shared.count.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A request that waits for a locked record.
#[derive(Debug)]
pub struct Waiting {
    shared: Arc<Shared>,
    digest: Digest,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut table = self.shared.table();
        if let Some(waiting) = table.waiting.get_mut(&self.digest) {
            *waiting -= 1;
            if *waiting == 0 {
                table.waiting.remove(&self.digest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_locked_until_its_lock_is_dropped() {
        let (locks, one, other) = (RecordLocks::default(), Digest([1; 20]), Digest([2; 20]));
        let lock = locks.lock(&one).unwrap();
        assert!(locks.lock(&one).is_none());
        assert!(locks.is_locked(&one) && !locks.is_locked(&other));
        drop(lock);
        assert!(!locks.is_locked(&one));
        assert!(locks.lock(&one).is_some());
    }

    #[test]
    fn only_so_many_writes_wait_for_a_record() {
        let (locks, digest) = (RecordLocks::default(), Digest([1; 20]));
        let mut waiting: Vec<Waiting> = (0..20).map(|_| locks.wait(&digest, true).unwrap()).collect();
        assert!(locks.wait(&digest, true).is_none());
        assert!(locks.wait(&digest, false).is_some());
        waiting.pop();
        assert!(locks.wait(&digest, true).is_some());
    }
}
