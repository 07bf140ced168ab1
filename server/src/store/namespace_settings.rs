//! Settings of a namespace: the parameters that `set-config` can change while the server runs.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::record::Record;
use crate::config::NamespaceConfig;

/// The parameters of a namespace that commands read.
#[derive(Debug)]
pub struct Settings {
    /// The TTL of records written without one, in seconds; 0 if they never expire.
    pub default_ttl: AtomicU32,
    /// The period in which expired records are removed in the background, in seconds; 0 for never.
    pub nsup_period: AtomicU32,
    /// Whether records may have a TTL without an nsup period.
    pub allow_ttl_without_nsup: AtomicBool,
    /// The remaining share of a record's TTL at which a read renews it, in percent; 0 if reads never do.
    pub default_read_touch_ttl_pct: AtomicU32,
    /// The conflict resolution policy: whether the record with the later last update time is kept, and not the one with the
    /// higher generation.
    pub keeps_last_written: AtomicBool,
    /// Whether a write may shorten the TTL of a record.
    pub apply_ttl_reductions: AtomicBool,
    /// The maximum rate of a background query, in records per second.
    pub background_query_max_rps: AtomicU32,
    /// Whether writes must name a set.
    pub disallow_null_setname: AtomicBool,
    /// Whether short queries are executed as long ones.
    pub force_long_queries: AtomicBool,
    /// The size limit of a record, in bytes of its stored form.
    pub max_record_size: AtomicU32,
    /// Whether writes that do not come from XDR are refused.
    pub reject_non_xdr_writes: AtomicBool,
    /// Whether writes that come from XDR are refused.
    pub reject_xdr_writes: AtomicBool,
    /// The number of nodes that keep a copy of each record. What `set-config` sets takes effect when the partitions are balanced
    /// the next time.
    replication_factor: AtomicU32,
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
            replication_factor: AtomicU32::new(config.replication_factor),
        }
    }

    /// The number of nodes that keep a copy of each record.
    pub(crate) fn replication_factor(&self) -> u32 {
        self.replication_factor.load(Ordering::Relaxed)
    }

    /// Changes the number of copies. The cluster must have a table for it.
    pub(crate) fn set_replication_factor(&self, factor: u32) {
        self.replication_factor.store(factor, Ordering::Relaxed);
    }
}
