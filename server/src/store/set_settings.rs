//! The configuration of a set, which `set-config` changes.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The configuration of a set. 0 stands for a parameter that is not set.
#[derive(Debug, Default)]
pub struct SetSettings {
    /// `default-ttl`, in seconds; [`NEVER`](Self::NEVER) for records that do not expire, 0 for the namespace's own.
    pub default_ttl: AtomicU32,
    /// `default-read-touch-ttl-pct`, in percent; [`NEVER`](Self::NEVER) for reads that do not touch, 0 for the namespace's own.
    pub default_read_touch_ttl_pct: AtomicU32,
    /// `disable-eviction`. Nothing is evicted here in any case.
    pub disable_eviction: AtomicBool,
    /// `enable-index`: whether the set has an index that `set-config` created.
    pub enable_index: AtomicBool,
    /// `stop-writes-count`: the number of records from which no record can be added; 0 for no limit.
    pub stop_writes_count: AtomicU64,
    /// `stop-writes-size`: the size of the records, in bytes, above which no record can be written; 0 for no limit.
    pub stop_writes_size: AtomicU64,
}

/// A copy of it at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SetSettingsSnapshot {
    default_ttl: u32,
    default_read_touch_ttl_pct: u32,
    disable_eviction: bool,
    enable_index: bool,
    stop_writes_count: u64,
    stop_writes_size: u64,
}

impl SetSettings {
    /// The value of a parameter that switches something off that the namespace has switched on.
    pub const NEVER: u32 = u32::MAX;

    pub(super) fn save(&self) -> SetSettingsSnapshot {
        SetSettingsSnapshot {
            default_ttl: self.default_ttl.load(Ordering::Relaxed),
            default_read_touch_ttl_pct: self.default_read_touch_ttl_pct.load(Ordering::Relaxed),
            disable_eviction: self.disable_eviction.load(Ordering::Relaxed),
            enable_index: self.enable_index.load(Ordering::Relaxed),
            stop_writes_count: self.stop_writes_count.load(Ordering::Relaxed),
            stop_writes_size: self.stop_writes_size.load(Ordering::Relaxed),
        }
    }

    pub(super) fn restored(snapshot: SetSettingsSnapshot) -> Self {
        Self {
            default_ttl: snapshot.default_ttl.into(),
            default_read_touch_ttl_pct: snapshot.default_read_touch_ttl_pct.into(),
            disable_eviction: snapshot.disable_eviction.into(),
            enable_index: snapshot.enable_index.into(),
            stop_writes_count: snapshot.stop_writes_count.into(),
            stop_writes_size: snapshot.stop_writes_size.into(),
        }
    }
}
