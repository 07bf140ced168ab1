//! Locks on single records, for commands that work on a copy of their record.
//!
//! The lock of a partition group is held for microseconds. A script may run for seconds: it works on a copy, and the record stays
//! locked until the copy is stored. Commands check this lock before they execute. Changes that a test makes to the store do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use spikelet_wire::Digest;

/// The locked records of a namespace.
#[derive(Debug, Default)]
pub struct RecordLocks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The number of locked records. Every command reads this, and usually nothing else.
    count: AtomicUsize,
    records: DashMap<Digest, State>,
}

/// A record that is locked, or for which requests wait.
#[derive(Debug, Default)]
struct State {
    is_locked: bool,
    /// The number of requests that wait for it.
    waiting: usize,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            count: AtomicUsize::new(0),
            // Few records are ever locked at the same time, and an idle server should take little memory.
            records: DashMap::with_shard_amount(2),
        }
    }
}

impl RecordLocks {
    /// The maximum number of requests that wait for a record (`transaction-pending-limit`).
    const MAX_WAITING: usize = 20;

    /// Whether a record is locked.
    pub fn is_locked(&self, digest: &Digest) -> bool {
        self.0.count.load(Ordering::Acquire) > 0 && self.0.records.get(digest).is_some_and(|state| state.is_locked)
    }

    /// Locks a record; `None` if it is locked already.
    #[must_use]
    pub fn lock(&self, digest: &Digest) -> Option<RecordLock> {
        let mut state = self.0.records.entry(*digest).or_default();
        if std::mem::replace(&mut state.is_locked, true) {
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
        let mut state = self.0.records.entry(*digest).or_default();
        if is_write && state.waiting >= Self::MAX_WAITING {
            return None;
        }
        state.waiting += 1;
        Some(Waiting {
            shared: Arc::clone(&self.0),
            digest: *digest,
        })
    }
}

impl Shared {
    /// Changes the state of a record, and forgets a record that is neither locked nor waited for.
    fn change(&self, digest: Digest, change: impl FnOnce(&mut State)) {
        if let Entry::Occupied(mut found) = self.records.entry(digest) {
            change(found.get_mut());
            if !found.get().is_locked && found.get().waiting == 0 {
                found.remove();
            }
        }
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
        self.shared.change(self.digest, |state| state.is_locked = false);
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
        self.shared.change(self.digest, |state| state.waiting -= 1);
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
