//! Sweeps: removing the expired, truncated and lost records of a partition.

use std::sync::atomic::Ordering;

use spikelet_wire::{Digest, PartitionId};

use super::{Namespace, Record, SetId};
use crate::clock::Now;

/// The removal of truncated records from a namespace, step by step. Commands do not find them meanwhile.
#[derive(Debug)]
pub(crate) struct TruncationSweep {
    /// The partitions that are left, the next one last.
    partitions: Vec<PartitionId>,
}

impl TruncationSweep {
    /// The sweep of all records that the namespace holds now.
    #[must_use]
    pub(crate) fn new(namespace: &Namespace) -> Self {
        Self {
            partitions: namespace.partition_ids(),
        }
    }

    /// Goes through at least `min_records` records, if so many are left, and returns whether the sweep is done.
    pub(crate) fn step(&mut self, namespace: &Namespace, min_records: usize) -> bool {
        let mut seen = 0;
        while seen < min_records {
            let Some(id) = self.partitions.pop() else {
                return true;
            };
            namespace.remove_if(id, |record| {
                seen += 1;
                namespace.is_truncated(record)
            });
        }
        self.partitions.is_empty()
    }
}

impl Namespace {
    /// Begins a sweep, and returns whether any record may have expired. If so, every partition must be swept.
    pub fn begin_sweep(&self, now: Now) -> bool {
        let may_find = self.expiry.earliest.load(Ordering::Relaxed) < now.seconds();
        if may_find {
            // The sweep of each partition tracks the void times that remain.
            self.expiry.earliest.store(u32::MAX, Ordering::Relaxed);
        }
        may_find
    }

    /// Removes the expired and truncated records of a partition, and returns the number of expired ones.
    pub fn sweep(&self, id: PartitionId, now: Now) -> u64 {
        let mut expired = 0;
        self.remove_if(id, |record| {
            let has_expired = record.is_expired(now);
            expired += u64::from(has_expired);
            let is_removed = has_expired || self.is_truncated(record);
            if !is_removed {
                self.track_void_time(record.void_time);
            }
            is_removed
        });
        self.counters.expired_objects.fetch_add(expired, Ordering::Relaxed);
        expired
    }

    /// Removes the tombstones of a partition that were last written before a time.
    pub(crate) fn sweep_tombstones(&self, id: PartitionId, before: Now) {
        self.remove_if(id, |record| !record.is_live() && record.last_update < before);
    }

    /// Removes the records of the namespace, or of one of its sets, that were last written at or before a time.
    pub(crate) fn remove_written(&self, set: Option<SetId>, until: Now) {
        for id in self.partition_ids() {
            self.remove_if(id, |record| {
                record.last_update <= until && (set.is_none() || record.set == set) && !self.is_monitor(record.set)
            });
        }
    }

    /// Removes all records, but not the sets. Nothing is left of open transactions.
    pub fn clear(&self) {
        self.transactions.clear();
        self.partition_ids().into_iter().for_each(|id| self.lose(id, None));
    }

    /// Removes the records of a partition that were last written before a time, or all of them, as when no node with a copy is
    /// left.
    pub fn lose(&self, id: PartitionId, before: Option<Now>) {
        self.lose_transactions(id, before);
        self.remove_if(id, |record| is_lost(record, before));
    }

    fn remove_if(&self, id: PartitionId, mut is_removed: impl FnMut(&Record) -> bool) {
        let Some(mut partition) = self.partition_mut(id) else {
            return;
        };
        // Collected first: a partition without such records stays shared with snapshots.
        let removed = partition.iter().filter(|(_, record)| is_removed(record));
        let removed: Vec<Digest> = removed.map(|(digest, _)| *digest).collect();
        if !removed.is_empty() {
            removed.iter().for_each(|digest| self.remove(&mut partition, digest));
            partition.shrink();
        }
    }
}

/// Whether a record was last written before a time. `None` means all records.
pub(super) fn is_lost(record: &Record, before: Option<Now>) -> bool {
    before.is_none_or(|before| record.last_update < before)
}
