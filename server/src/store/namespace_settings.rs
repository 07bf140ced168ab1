//! Settings of a namespace: the parameters that `set-config` can change while the server runs.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::record::Record;
use crate::config::{ConflictResolutionPolicy, NamespaceConfig};
use crate::version::Edition;

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
    /// Whether deletes may be durable, which only the Enterprise Edition has. It cannot be changed.
    pub durable_deletes: bool,
    /// Whether the namespace is strongly consistent, which only the Enterprise Edition has. It cannot be changed.
    pub strong_consistency: bool,
    /// Whether deletes that are not durable are allowed with strong consistency.
    pub allow_expunge: AtomicBool,
    /// The duration of a transaction that states none, in seconds; 0 for the default.
    pub mrt_duration: AtomicU32,
    /// Whether no transaction with writes can begin.
    pub disable_mrt_writes: AtomicBool,
    /// The number of nodes that keep a copy of each record. What `set-config` sets takes effect when the partitions are balanced
    /// the next time.
    replication_factor: AtomicU32,
}

impl Settings {
    pub(super) fn new(config: &NamespaceConfig, edition: Edition) -> Self {
        let settings = Self {
            durable_deletes: matches!(edition, Edition::Enterprise),
            strong_consistency: config.is_strongly_consistent(),
            allow_expunge: AtomicBool::new(false),
            mrt_duration: AtomicU32::new(0),
            disable_mrt_writes: AtomicBool::new(false),
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
        };
        for (name, value) in config.parameters.iter() {
            settings.change(name, value);
        }
        settings
    }

    /// Changes a parameter to a value that it takes, in the form in which `get-config` shows it. Returns whether the parameter
    /// is one of these settings.
    pub(crate) fn change(&self, name: &str, value: &str) -> bool {
        let flag = value == "true";
        let number = || value.parse().unwrap_or_default();
        match name {
            "allow-ttl-without-nsup" => self.allow_ttl_without_nsup.store(flag, Relaxed),
            "strong-consistency-allow-expunge" => self.allow_expunge.store(flag, Relaxed),
            "mrt-duration" => self.mrt_duration.store(number(), Relaxed),
            "disable-mrt-writes" => self.disable_mrt_writes.store(flag, Relaxed),
            "apply-ttl-reductions" => self.apply_ttl_reductions.store(flag, Relaxed),
            "background-query-max-rps" => self.background_query_max_rps.store(number(), Relaxed),
            "conflict-resolution-policy" => {
                let policy: ConflictResolutionPolicy = value.parse().unwrap_or_default();
                self.keeps_last_written.store(policy.keeps_last_written(), Relaxed);
            }
            "default-read-touch-ttl-pct" => self.default_read_touch_ttl_pct.store(number(), Relaxed),
            "default-ttl" => self.default_ttl.store(number(), Relaxed),
            "disallow-null-setname" => self.disallow_null_setname.store(flag, Relaxed),
            "force-long-queries" => self.force_long_queries.store(flag, Relaxed),
            "max-record-size" => self.max_record_size.store(number(), Relaxed),
            "nsup-period" => self.nsup_period.store(number(), Relaxed),
            "reject-non-xdr-writes" => self.reject_non_xdr_writes.store(flag, Relaxed),
            "reject-xdr-writes" => self.reject_xdr_writes.store(flag, Relaxed),
            _ => return false,
        }
        true
    }

    /// The value of a parameter that is one of these settings, as `get-config` shows it.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        Some(match name {
            "allow-ttl-without-nsup" => self.allow_ttl_without_nsup.load(Relaxed).to_string(),
            "apply-ttl-reductions" => self.apply_ttl_reductions.load(Relaxed).to_string(),
            "background-query-max-rps" => self.background_query_max_rps.load(Relaxed).to_string(),
            "conflict-resolution-policy" => self.conflict_resolution_policy().name().to_owned(),
            "default-read-touch-ttl-pct" => self.default_read_touch_ttl_pct.load(Relaxed).to_string(),
            "default-ttl" => self.default_ttl.load(Relaxed).to_string(),
            "disallow-null-setname" => self.disallow_null_setname.load(Relaxed).to_string(),
            "force-long-queries" => self.force_long_queries.load(Relaxed).to_string(),
            "max-record-size" => self.max_record_size.load(Relaxed).to_string(),
            "nsup-period" => self.nsup_period.load(Relaxed).to_string(),
            "reject-non-xdr-writes" => self.reject_non_xdr_writes.load(Relaxed).to_string(),
            "reject-xdr-writes" => self.reject_xdr_writes.load(Relaxed).to_string(),
            _ => return None,
        })
    }

    /// The conflict resolution policy.
    pub(crate) fn conflict_resolution_policy(&self) -> ConflictResolutionPolicy {
        if self.keeps_last_written.load(Relaxed) {
            ConflictResolutionPolicy::LastUpdateTime
        } else {
            ConflictResolutionPolicy::Generation
        }
    }

    /// The number of nodes that keep a copy of each record.
    pub(crate) fn replication_factor(&self) -> u32 {
        self.replication_factor.load(Relaxed)
    }

    /// Changes the number of copies. The cluster must have a table for it.
    pub(crate) fn set_replication_factor(&self, factor: u32) {
        self.replication_factor.store(factor, Relaxed);
    }
}
