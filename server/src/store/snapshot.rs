//! Snapshots of a namespace: saving and restoring all that it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::masking::MaskingRules;
use super::namespace::Namespace;
use super::namespace_settings::Settings;
use super::partition_locks::{LockedPartitions, SavedGroups};
use super::set::SetSnapshot;
use super::sindex::{Sindex, SindexesSnapshot};
use super::transactions::TransactionsSnapshot;
use crate::config::NamespaceConfig;
use crate::version::Edition;

/// A snapshot of a namespace: records, sets, secondary indexes, truncations, settings and counters.
///
/// Records and index entries are shared with the namespace until they change.
#[derive(Debug)]
pub(crate) struct NamespaceSnapshot {
    pub(super) groups: SavedGroups,
    pub(super) sets: Vec<SetSnapshot>,
    pub(super) sindexes: SindexesSnapshot,
    pub(super) transactions: TransactionsSnapshot,
    pub(super) masking: Arc<MaskingRules>,
    settings: SettingsSnapshot,
    objects: u64,
    tombstones: u64,
    expired_objects: u64,
    expirable_objects: u64,
    data_used_bytes: u64,
    /// The times of [`Truncation`](super::namespace::Truncation): of the namespace, and the latest of all.
    pub(super) truncations: [u64; 2],
    earliest_void_time: u32,
}

/// A copy of the settings that can be changed.
#[derive(Debug, Clone, Copy)]
struct SettingsSnapshot {
    default_ttl: u32,
    nsup_period: u32,
    allow_ttl_without_nsup: bool,
    default_read_touch_ttl_pct: u32,
    keeps_last_written: bool,
    apply_ttl_reductions: bool,
    background_query_max_rps: u32,
    disallow_null_setname: bool,
    force_long_queries: bool,
    max_record_size: u32,
    reject_non_xdr_writes: bool,
    reject_xdr_writes: bool,
    allow_expunge: bool,
    mrt_duration: u32,
    disable_mrt_writes: bool,
}

impl NamespaceSnapshot {
    /// The snapshot of a new namespace.
    pub(crate) fn new(config: &NamespaceConfig) -> Self {
        Self {
            groups: SavedGroups::new(),
            sets: Vec::new(),
            sindexes: SindexesSnapshot::default(),
            transactions: TransactionsSnapshot::default(),
            masking: Arc::default(),
            settings: SettingsSnapshot::of(&Settings::new(config, Edition::default())),
            objects: 0,
            tombstones: 0,
            expired_objects: 0,
            expirable_objects: 0,
            data_used_bytes: 0,
            truncations: [0; 2],
            earliest_void_time: u32::MAX,
        }
    }

    /// The number of records, including expired ones that were not removed yet.
    pub(crate) const fn objects(&self) -> u64 {
        self.objects
    }
}

/// A namespace with all its partitions locked. Its counters and secondary indexes agree with its records, since they only change
/// while a partition is locked.
#[derive(Debug)]
pub(crate) struct LockedNamespace<'n> {
    namespace: &'n Namespace,
    partitions: LockedPartitions<'n>,
    /// Dropped last, when nothing is locked any more: freeing it takes longer than replacing it.
    replaced: Replaced,
}

#[derive(Debug, Default)]
struct Replaced {
    groups: SavedGroups,
    sindexes: Option<Arc<[Arc<Sindex>]>>,
}

impl Namespace {
    /// Locks all partitions: waits until no record is read or written.
    pub(crate) fn lock(&self) -> LockedNamespace<'_> {
        LockedNamespace {
            namespace: self,
            partitions: self.locks.lock_all(),
            replaced: Replaced::default(),
        }
    }

    /// Copies the sets, indexes, settings, masking rules and truncations of another namespace, but neither records nor counters.
    pub(crate) fn copy_metadata_from(&self, other: &Self) {
        // Indexes first: their sets were created before them.
        self.sindexes.copy_definitions_from(&other.sindexes);
        self.sets.restore(&other.sets.save());
        self.masking.restore(&other.masking.save());
        SettingsSnapshot::of(&other.settings).restore(&self.settings);
        self.settings
            .set_replication_factor(other.settings.replication_factor());
        set(&self.truncation.namespace, get(&other.truncation.namespace));
        set(&self.truncation.latest, get(&other.truncation.latest));
    }
}

impl LockedNamespace<'_> {
    /// Takes a snapshot.
    pub(crate) fn save(&self) -> NamespaceSnapshot {
        let namespace = self.namespace;
        // Indexes first: their sets were created before them.
        let sindexes = namespace.sindexes.save();
        NamespaceSnapshot {
            groups: self.partitions.save(),
            sets: namespace.sets.save(),
            sindexes,
            transactions: namespace.transactions.save(),
            masking: namespace.masking.save(),
            settings: SettingsSnapshot::of(&namespace.settings),
            objects: get(&namespace.counters.objects),
            tombstones: get(&namespace.counters.tombstones),
            expired_objects: get(&namespace.counters.expired_objects),
            expirable_objects: get(&namespace.counters.expirable_objects),
            data_used_bytes: get(&namespace.counters.data_used_bytes),
            truncations: [&namespace.truncation.namespace, &namespace.truncation.latest].map(get),
            earliest_void_time: namespace.expiry.earliest.load(Ordering::Relaxed),
        }
    }

    /// Replaces all that the namespace holds by a snapshot.
    pub(crate) fn restore(&mut self, state: &NamespaceSnapshot) {
        let namespace = self.namespace;
        self.replaced.groups = self.partitions.replace(&state.groups);
        namespace.sets.restore(&state.sets);
        self.replaced.sindexes = Some(namespace.sindexes.restore(&state.sindexes));
        namespace.transactions.restore(&state.transactions);
        namespace.masking.restore(&state.masking);
        state.settings.restore(&namespace.settings);
        set(&namespace.counters.objects, state.objects);
        set(&namespace.counters.tombstones, state.tombstones);
        set(&namespace.counters.expired_objects, state.expired_objects);
        set(&namespace.counters.expirable_objects, state.expirable_objects);
        set(&namespace.counters.data_used_bytes, state.data_used_bytes);
        let [of_namespace, latest] = state.truncations;
        set(&namespace.truncation.namespace, of_namespace);
        set(&namespace.truncation.latest, latest);
        let earliest = &namespace.expiry.earliest;
        earliest.store(state.earliest_void_time, Ordering::Relaxed);
    }
}

impl SettingsSnapshot {
    fn of(settings: &Settings) -> Self {
        let number = |setting: &AtomicU32| setting.load(Ordering::Relaxed);
        let flag = |setting: &AtomicBool| setting.load(Ordering::Relaxed);
        Self {
            default_ttl: number(&settings.default_ttl),
            nsup_period: number(&settings.nsup_period),
            allow_ttl_without_nsup: flag(&settings.allow_ttl_without_nsup),
            default_read_touch_ttl_pct: number(&settings.default_read_touch_ttl_pct),
            keeps_last_written: flag(&settings.keeps_last_written),
            apply_ttl_reductions: flag(&settings.apply_ttl_reductions),
            background_query_max_rps: number(&settings.background_query_max_rps),
            disallow_null_setname: flag(&settings.disallow_null_setname),
            force_long_queries: flag(&settings.force_long_queries),
            max_record_size: number(&settings.max_record_size),
            reject_non_xdr_writes: flag(&settings.reject_non_xdr_writes),
            reject_xdr_writes: flag(&settings.reject_xdr_writes),
            allow_expunge: flag(&settings.allow_expunge),
            mrt_duration: number(&settings.mrt_duration),
            disable_mrt_writes: flag(&settings.disable_mrt_writes),
        }
    }

    fn restore(self, settings: &Settings) {
        let number = |setting: &AtomicU32, to| setting.store(to, Ordering::Relaxed);
        number(&settings.default_ttl, self.default_ttl);
        number(&settings.nsup_period, self.nsup_period);
        number(&settings.default_read_touch_ttl_pct, self.default_read_touch_ttl_pct);
        number(&settings.background_query_max_rps, self.background_query_max_rps);
        number(&settings.max_record_size, self.max_record_size);
        number(&settings.mrt_duration, self.mrt_duration);
        let flag = |setting: &AtomicBool, to| setting.store(to, Ordering::Relaxed);
        flag(&settings.allow_ttl_without_nsup, self.allow_ttl_without_nsup);
        flag(&settings.keeps_last_written, self.keeps_last_written);
        flag(&settings.apply_ttl_reductions, self.apply_ttl_reductions);
        flag(&settings.disallow_null_setname, self.disallow_null_setname);
        flag(&settings.force_long_queries, self.force_long_queries);
        flag(&settings.reject_non_xdr_writes, self.reject_non_xdr_writes);
        flag(&settings.reject_xdr_writes, self.reject_xdr_writes);
        flag(&settings.allow_expunge, self.allow_expunge);
        flag(&settings.disable_mrt_writes, self.disable_mrt_writes);
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn set(counter: &AtomicU64, to: u64) {
    counter.store(to, Ordering::Relaxed);
}
