//! Namespaces: records in partitions, sets, secondary indexes, settings and counters.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use spikelet_wire::{Digest, PartitionId};

use super::masking::Masking;
use super::namespace_settings::Settings;
use super::partition::Partition;
use super::partition_locks::{PartitionLocks, PartitionMut, PartitionRef};
use super::record::Record;
use super::record_lock::RecordLocks;
use super::set::{SetId, Sets};
use super::sindex::Sindexes;
use super::transactions::Transactions;
use crate::clock::Now;
use crate::cluster::TableId;
use crate::config::NamespaceConfig;
use crate::version::Edition;

/// A namespace.
#[derive(Debug)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Its position in the configuration, from 0.
    pub number: usize,
    /// Its settings.
    pub settings: Settings,
    /// Its sets.
    pub sets: Sets,
    /// Its secondary indexes.
    pub sindexes: Sindexes,
    /// The counters of its records.
    pub counters: Counters,
    /// The records that commands work on without the lock of their partition.
    pub record_locks: RecordLocks,
    /// The multi-record transactions.
    pub transactions: Transactions,
    /// The masking rules.
    pub masking: Masking,
    pub(super) truncation: Truncation,
    pub(super) expiry: Expiry,
    pub(super) locks: PartitionLocks,
}

/// The counters of a namespace's records.
#[derive(Debug, Default)]
pub struct Counters {
    /// The number of records.
    pub objects: AtomicU64,
    /// The number of tombstones.
    pub tombstones: AtomicU64,
    /// The number of records that were removed because they had expired.
    pub expired_objects: AtomicU64,
    /// The number of records with a void time.
    pub expirable_objects: AtomicU64,
    /// The total size of the stored form of all records, in bytes.
    pub data_used_bytes: AtomicU64,
}

/// Times before which records are truncated, in milliseconds since 2010.
#[derive(Debug, Default)]
pub(super) struct Truncation {
    /// The time of the namespace.
    pub(super) namespace: AtomicU64,
    /// The latest time of the namespace and all its sets. Most namespaces are never truncated, and need no further check.
    pub(super) latest: AtomicU64,
}

/// The earliest void time of any record. A namespace without expired records need not be swept.
#[derive(Debug)]
pub(super) struct Expiry {
    /// In seconds since 2010; `u32::MAX` if no record expires. That record may have been removed since.
    pub(super) earliest: AtomicU32,
}

impl Default for Expiry {
    fn default() -> Self {
        Self {
            earliest: AtomicU32::new(u32::MAX),
        }
    }
}

impl Namespace {
    /// An empty namespace, with its position in the configuration.
    #[must_use]
    pub fn new(number: usize, config: &NamespaceConfig, edition: Edition) -> Self {
        let namespace = Self {
            name: config.name.clone(),
            number,
            settings: Settings::new(config, edition),
            sets: Sets::default(),
            sindexes: Sindexes::default(),
            counters: Counters::default(),
            record_locks: RecordLocks::default(),
            transactions: Transactions::default(),
            masking: Masking::default(),
            truncation: Truncation::default(),
            expiry: Expiry::default(),
            locks: PartitionLocks::default(),
        };
        for set in &config.sets {
            let id = namespace.sets.find_or_create(set.name.as_bytes());
            if let Some(created) = id.and_then(|id| namespace.sets.get(id)) {
                for (name, value) in set.parameters.iter() {
                    created.settings.change(name, value);
                }
            }
            namespace.sets.mark_configured();
        }
        namespace
    }

    /// The partition table of the namespace.
    #[must_use]
    pub(crate) fn table(&self) -> TableId {
        self.table_with(self.settings.replication_factor())
    }

    /// The partition table that the namespace has with another replication factor.
    #[must_use]
    pub(crate) fn table_with(&self, replication_factor: u32) -> TableId {
        TableId {
            replication_factor,
            consistent: self.settings.strong_consistency.then_some(self.number),
        }
    }

    /// Locks a partition for reading; `None` if neither it nor a neighbour was ever written.
    #[must_use]
    pub fn partition(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        self.locks.read(id)
    }

    /// Locks a partition for writing; `None` if neither it nor a neighbour was ever written.
    #[must_use]
    pub fn partition_mut(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        self.locks.write(id)
    }

    /// Locks a partition for writing, and creates it if necessary.
    #[must_use]
    pub fn partition_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        self.locks.write_or_create(id)
    }

    /// The ids of the partitions that hold records, in order.
    #[must_use]
    pub fn partition_ids(&self) -> Vec<PartitionId> {
        self.locks.ids()
    }

    /// Whether a record does not exist for commands, although it is still stored: it has expired, or is truncated.
    #[must_use]
    pub fn is_expired_or_truncated(&self, record: &Record, now: Now) -> bool {
        record.is_expired(now) || self.is_truncated(record)
    }

    /// Whether a record exists for commands: it has not expired, and is neither truncated nor a tombstone.
    #[must_use]
    pub fn exists(&self, record: &Record, now: Now) -> bool {
        record.is_live() && !self.is_expired_or_truncated(record, now)
    }

    /// Whether queries see a record: it [exists](Self::exists), and is not the monitor of a transaction.
    #[must_use]
    pub fn is_visible(&self, record: &Record, now: Now) -> bool {
        self.exists(record, now) && !self.is_monitor(record.set)
    }

    pub(super) fn is_truncated(&self, record: &Record) -> bool {
        let before = |lut: &AtomicU64| record.last_update.0 < lut.load(Ordering::Relaxed);
        before(&self.truncation.latest)
            && (before(&self.truncation.namespace)
                || record
                    .set
                    .and_then(|id| self.sets.get(id))
                    .is_some_and(|set| before(&set.truncate_lut)))
            // A truncation does not end transactions.
            && !self.is_monitor(record.set)
    }

    /// Whether a record that is written now would be truncated: the time of a truncation may lie in the future.
    #[must_use]
    pub fn truncates(&self, set: Option<SetId>, now: Now) -> bool {
        let after = |lut: &AtomicU64| now.0 < lut.load(Ordering::Relaxed);
        after(&self.truncation.latest)
            && (after(&self.truncation.namespace)
                || set
                    .and_then(|id| self.sets.get(id))
                    .is_some_and(|set| after(&set.truncate_lut)))
            && !self.is_monitor(set)
    }

    /// Truncates the namespace, or one of its sets. Records that were last written before a time no longer exist for commands,
    /// and the next sweep removes them. A time before that of an earlier truncation changes nothing.
    pub fn truncate(&self, set: Option<SetId>, before: Now) {
        match set.and_then(|id| self.sets.get(id)) {
            Some(set) => set.truncate_lut.fetch_max(before.0, Ordering::Relaxed),
            None => self.truncation.namespace.fetch_max(before.0, Ordering::Relaxed),
        };
        self.truncation.latest.fetch_max(before.0, Ordering::Relaxed);
    }

    /// Resets the truncation of the namespace, or of one of its sets. Records that were removed stay removed.
    pub fn undo_truncate(&self, set: Option<SetId>) {
        match set.and_then(|id| self.sets.get(id)) {
            Some(set) => set.truncate_lut.store(0, Ordering::Relaxed),
            None => self.truncation.namespace.store(0, Ordering::Relaxed),
        }
    }

    /// The time before which the namespace's records are truncated; 0 if it was never truncated.
    #[must_use]
    pub fn truncate_lut(&self) -> Now {
        Now(self.truncation.namespace.load(Ordering::Relaxed))
    }

    /// Inserts a record into its locked partition, or replaces the record with the same digest.
    pub fn insert(&self, partition: &mut Partition, digest: Digest, record: Record) {
        let entries = self.sindexes.entries_of(&digest, record.set, &record.bins);
        self.count_inserted(&record);
        if let Some(replaced) = partition.insert(digest, record) {
            self.forget(&digest, &replaced);
        }
        if let Some(entries) = entries {
            entries.insert(&digest);
        }
    }

    /// Locks the partition of a record, and inserts the record or replaces the one with the same digest.
    pub fn put(&self, digest: Digest, record: Record) {
        self.track_void_time(record.void_time);
        let mut partition = self.partition_or_create(digest.partition_id());
        self.insert(&mut partition, digest, record);
    }

    /// Removes a record from its locked partition.
    pub fn remove(&self, partition: &mut Partition, digest: &Digest) {
        if let Some(record) = partition.remove(digest) {
            self.forget(digest, &record);
        }
    }

    /// Updates the secondary indexes and counters after a record was removed.
    fn forget(&self, digest: &Digest, record: &Record) {
        if let Some(entries) = self.sindexes.entries_of(digest, record.set, &record.bins) {
            entries.remove(digest);
        }
        self.count_removed(record);
    }

    /// Tracks the earliest void time. Call it before a record gets this void time, in seconds since 2010; 0 for never.
    pub fn track_void_time(&self, void_time: u32) {
        if void_time != 0 && void_time < self.expiry.earliest.load(Ordering::Relaxed) {
            self.expiry.earliest.fetch_min(void_time, Ordering::Relaxed);
        }
    }
}
