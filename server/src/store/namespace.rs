//! Namespaces: partitions of records, sets, and the numbers that are reported of them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use spikelet_wire::{Digest, PartitionId};

use super::locks::{Locks, PartitionMut, PartitionRef};
use super::partition::Partition;
use super::record::Record;
use super::record_lock::RecordLocks;
use super::set::{SetId, Sets};
use super::sindex::Sindexes;
use crate::clock::Now;
use crate::config::{ConflictResolutionPolicy, NamespaceConfig};
use crate::refusal::Refusal;

/// A namespace.
#[derive(Debug)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Its place in the configuration, from 0.
    pub number: usize,
    /// What it is configured with, and what of that may change while it runs.
    pub settings: Settings,
    /// Its sets.
    pub sets: Sets,
    /// Its secondary indexes.
    pub sindexes: Sindexes,
    /// What is counted of its records.
    pub counters: Counters,
    /// The records that commands work on without the lock of their partition.
    pub record_locks: RecordLocks,
    pub(super) truncation: Truncation,
    pub(super) expiry: Expiry,
    pub(super) locks: Locks,
}

/// The parameters of a namespace that commands look at, and that `set-config` changes.
#[derive(Debug)]
pub struct Settings {
    /// The TTL of records written without one, in seconds; 0 if they never expire.
    pub default_ttl: AtomicU32,
    /// How often expired records are removed in the background, in seconds; 0 if never.
    pub nsup_period: AtomicU32,
    /// Whether records may have a TTL although there is no nsup period.
    pub allow_ttl_without_nsup: AtomicBool,
    /// How much of a record's TTL must have passed for a read to renew it, in percent; 0 if reads never do.
    pub default_read_touch_ttl_pct: AtomicU32,
    /// Whether of two records that nodes wrote that did not see one another the one is kept that was written last, and not
    /// the one that was written more often.
    pub keeps_last_written: AtomicBool,
    /// Whether a write may shorten the TTL of a record.
    pub apply_ttl_reductions: AtomicBool,
    /// The limit of records per second of a background query.
    pub background_query_max_rps: AtomicU32,
    /// Whether writes must name a set.
    pub disallow_null_setname: AtomicBool,
    /// Whether short queries are executed as long ones.
    pub force_long_queries: AtomicBool,
    /// The limit of a record's stored form, in bytes.
    pub max_record_size: AtomicU32,
    /// Whether writes that do not come from XDR are refused.
    pub reject_non_xdr_writes: AtomicBool,
    /// Whether writes that come from XDR are refused.
    pub reject_xdr_writes: AtomicBool,
    /// How many nodes keep a copy of each record.
    pub replication_factor: u32,
}

/// What is counted of a namespace's records.
#[derive(Debug, Default)]
pub struct Counters {
    /// How many records there are.
    pub objects: AtomicU64,
    /// How many records were removed because they had expired.
    pub expired_objects: AtomicU64,
    /// How many records have a void time.
    pub expirable_objects: AtomicU64,
    /// The size of the stored form of all records, in bytes.
    pub data_used_bytes: AtomicU64,
}

/// Times before which records count as truncated, in milliseconds since 2010.
#[derive(Debug, Default)]
pub(super) struct Truncation {
    /// Of the namespace.
    pub(super) namespace: AtomicU64,
    /// The latest of the namespace and all its sets: most namespaces are never truncated, and need look no further.
    pub(super) latest: AtomicU64,
}

/// No record of a namespace expires before this: what never expires is not looked through.
#[derive(Debug)]
pub(super) struct Expiry {
    /// In seconds since 2010.
    pub(super) earliest: AtomicU32,
}

impl Default for Expiry {
    fn default() -> Self {
        Self {
            earliest: AtomicU32::new(u32::MAX),
        }
    }
}

impl Settings {
    pub(super) const fn new(config: &NamespaceConfig) -> Self {
        Self {
            keeps_last_written: AtomicBool::new(config.conflict_resolution_policy.keeps_last_written()),
            default_ttl: AtomicU32::new(config.default_ttl),
            nsup_period: AtomicU32::new(config.nsup_period),
            allow_ttl_without_nsup: AtomicBool::new(config.allow_ttl_without_nsup),
            default_read_touch_ttl_pct: AtomicU32::new(0),
            apply_ttl_reductions: AtomicBool::new(true),
            background_query_max_rps: AtomicU32::new(10_000),
            disallow_null_setname: AtomicBool::new(false),
            force_long_queries: AtomicBool::new(false),
            max_record_size: AtomicU32::new(Record::MAX_SIZE as u32),
            reject_non_xdr_writes: AtomicBool::new(false),
            reject_xdr_writes: AtomicBool::new(false),
            replication_factor: config.replication_factor,
        }
    }
}

impl Namespace {
    /// An empty namespace, at its place in the configuration.
    #[must_use]
    pub fn new(number: usize, config: &NamespaceConfig) -> Self {
        Self {
            name: config.name.clone(),
            number,
            settings: Settings::new(config),
            sets: Sets::default(),
            sindexes: Sindexes::default(),
            counters: Counters::default(),
            record_locks: RecordLocks::default(),
            truncation: Truncation::default(),
            expiry: Expiry::default(),
            locks: Locks::default(),
        }
    }

    /// A partition, locked for reading; none where nothing near it was ever written.
    #[must_use]
    pub fn partition(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        self.locks.read(id)
    }

    /// A partition, locked for writing; none where nothing near it was ever written.
    #[must_use]
    pub fn partition_mut(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        self.locks.write(id)
    }

    /// A partition, locked for writing.
    #[must_use]
    pub fn partition_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        self.locks.write_or_create(id)
    }

    /// Whether a record counts as gone although it is still there: expired, or truncated.
    #[must_use]
    pub fn is_expired_or_truncated(&self, record: &Record, now: Now) -> bool {
        record.is_expired(now) || self.is_truncated(record)
    }

    pub(super) fn is_truncated(&self, record: &Record) -> bool {
        let before = |lut: &AtomicU64| record.last_update.0 < lut.load(Ordering::Relaxed);
        before(&self.truncation.latest)
            && (before(&self.truncation.namespace)
                || record
                    .set
                    .and_then(|id| self.sets.get(id))
                    .is_some_and(|set| before(&set.truncate_lut)))
    }

    /// Whether a record written now would be truncated: the truncation's time may lie ahead.
    #[must_use]
    pub fn truncates(&self, set: Option<SetId>, now: Now) -> bool {
        let after = |lut: &AtomicU64| now.0 < lut.load(Ordering::Relaxed);
        after(&self.truncation.latest)
            && (after(&self.truncation.namespace)
                || set
                    .and_then(|id| self.sets.get(id))
                    .is_some_and(|set| after(&set.truncate_lut)))
    }

    /// Truncates the namespace, or one of its sets: records last written before a time are gone at once, and are removed
    /// by the next sweep. A time before that of an earlier truncation changes nothing.
    pub fn truncate(&self, set: Option<SetId>, before: Now) {
        match set.and_then(|id| self.sets.get(id)) {
            Some(set) => set.truncate_lut.fetch_max(before.0, Ordering::Relaxed),
            None => self.truncation.namespace.fetch_max(before.0, Ordering::Relaxed),
        };
        self.truncation.latest.fetch_max(before.0, Ordering::Relaxed);
    }

    /// Removes the records of the namespace, or of one of its sets, that were written up to a time, itself included.
    pub(crate) fn remove_written(&self, set: Option<SetId>, until: Now) {
        for id in self.partition_ids() {
            self.remove_if(id, |record| {
                record.last_update <= until && (set.is_none() || record.set == set)
            });
        }
    }

    /// Forgets the truncation of the namespace, or of one of its sets. What was removed stays removed.
    pub fn undo_truncate(&self, set: Option<SetId>) {
        match set.and_then(|id| self.sets.get(id)) {
            Some(set) => set.truncate_lut.store(0, Ordering::Relaxed),
            None => self.truncation.namespace.store(0, Ordering::Relaxed),
        }
    }

    /// The time before which the namespace's records are truncated, 0 if it never was.
    #[must_use]
    pub fn truncate_lut(&self) -> Now {
        Now(self.truncation.namespace.load(Ordering::Relaxed))
    }

    /// Adds a record to its partition, in the place of the one that is there, if any.
    pub fn insert(&self, partition: &mut Partition, digest: Digest, record: Record) {
        let places = self.sindexes.places(&digest, record.set, &record.bins);
        self.count_in(&record);
        if let Some(replaced) = partition.insert(digest, record) {
            self.forget(&digest, &replaced);
        }
        if let Some(places) = places {
            places.come(&digest);
        }
    }

    /// Puts a whole record, in the place of one of the same digest, if any.
    pub fn put(&self, digest: Digest, record: Record) {
        self.note_void_time(record.void_time);
        let mut partition = self.partition_or_create(digest.partition_id());
        self.insert(&mut partition, digest, record);
    }

    /// Removes a record from its partition.
    pub fn remove(&self, partition: &mut Partition, digest: &Digest) {
        if let Some(record) = partition.remove(digest) {
            self.forget(digest, &record);
        }
    }

    /// Notes that a record was removed.
    fn forget(&self, digest: &Digest, record: &Record) {
        if let Some(places) = self.sindexes.places(digest, record.set, &record.bins) {
            places.go(digest);
        }
        self.count_out(record);
    }

    /// Refuses to add a record to a set that has reached its `stop-writes-count`.
    pub(crate) fn check_stop_writes_count(&self, set: Option<SetId>) -> Result<(), Refusal> {
        let Some(set) = self.sets.configured(set) else {
            return Ok(());
        };
        match set.settings.stop_writes_count.load(Ordering::Relaxed) {
            0 => Ok(()),
            limit if set.objects.load(Ordering::Relaxed) < limit => Ok(()),
            _ => Err(Refusal::StopWrites),
        }
    }

    /// Refuses to write a record of a set that takes up more than its `stop-writes-size`.
    pub(crate) fn check_stop_writes_size(&self, set: Option<SetId>) -> Result<(), Refusal> {
        let Some(set) = self.sets.configured(set) else {
            return Ok(());
        };
        match set.settings.stop_writes_size.load(Ordering::Relaxed) {
            0 => Ok(()),
            limit if set.data_used_bytes.load(Ordering::Relaxed) <= limit => Ok(()),
            _ => Err(Refusal::StopWrites),
        }
    }

    /// The partitions that hold records, in order.
    #[must_use]
    pub fn partition_ids(&self) -> Vec<PartitionId> {
        self.locks.ids()
    }

    /// Notes that a record is to have a void time, other than 0.
    pub fn note_void_time(&self, void_time: u32) {
        if void_time != 0 && void_time < self.expiry.earliest.load(Ordering::Relaxed) {
            self.expiry.earliest.fetch_min(void_time, Ordering::Relaxed);
        }
    }

    /// Whether a sweep may find something that has expired. Then every partition is to be swept.
    pub fn begin_sweep(&self, now: Now) -> bool {
        let may_find = self.expiry.earliest.load(Ordering::Relaxed) < now.seconds();
        if may_find {
            // Each partition notes anew what remains.
            self.expiry.earliest.store(u32::MAX, Ordering::Relaxed);
        }
        may_find
    }

    /// Removes from a partition the records that have expired or are truncated, and gives how many had expired.
    pub fn sweep(&self, id: PartitionId, now: Now) -> u64 {
        let mut expired = 0;
        self.remove_if(id, |record| {
            let has_expired = record.is_expired(now);
            expired += u64::from(has_expired);
            let doomed = has_expired || self.is_truncated(record);
            if !doomed {
                self.note_void_time(record.void_time);
            }
            doomed
        });
        self.counters.expired_objects.fetch_add(expired, Ordering::Relaxed);
        expired
    }

    /// Removes from a partition the records that are truncated.
    pub fn sweep_truncated(&self, id: PartitionId) {
        self.remove_if(id, |record| self.is_truncated(record));
    }

    /// What decides between two records of one key.
    #[must_use]
    pub fn conflict_resolution_policy(&self) -> ConflictResolutionPolicy {
        if self.settings.keeps_last_written.load(Ordering::Relaxed) {
            ConflictResolutionPolicy::LastUpdateTime
        } else {
            ConflictResolutionPolicy::Generation
        }
    }

    /// Removes all records, and leaves the sets.
    pub fn clear(&self) {
        self.partition_ids().into_iter().for_each(|id| self.lose(id, None));
    }

    /// Removes the records of a partition that were last written before a time, or all, as when no node is left that has a
    /// copy of them.
    pub fn lose(&self, id: PartitionId, before: Option<Now>) {
        self.remove_if(id, |record| is_lost(record, before));
    }

    fn remove_if(&self, id: PartitionId, mut doomed: impl FnMut(&Record) -> bool) {
        let Some(mut partition) = self.partition_mut(id) else {
            return;
        };
        // A partition that loses nothing goes on sharing its records with a snapshot.
        let doomed = partition.iter().filter(|(_, record)| doomed(record));
        let doomed: Vec<Digest> = doomed.map(|(digest, _)| *digest).collect();
        if !doomed.is_empty() {
            doomed.iter().for_each(|digest| self.remove(&mut partition, digest));
            partition.shrink();
        }
    }
}

/// Whether a record is among those that were last written before a time, or among all.
pub(super) fn is_lost(record: &Record, before: Option<Now>) -> bool {
    before.is_none_or(|before| record.last_update < before)
}
