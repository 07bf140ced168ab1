//! Settings of a set: the parameters that `set-config` can change while the server runs.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The settings of a set. 0 stands for a parameter that is not configured.
#[derive(Debug, Default)]
pub struct SetSettings {
    /// `default-ttl`, in seconds; [`NEVER`](Self::NEVER) if records never expire; 0 to use that of the namespace.
    pub default_ttl: AtomicU32,
    /// `default-read-touch-ttl-pct`, in percent; [`NEVER`](Self::NEVER) if reads never touch; 0 to use that of the
    /// namespace.
    pub default_read_touch_ttl_pct: AtomicU32,
    /// `disable-eviction`. This server never evicts records.
    pub disable_eviction: AtomicBool,
    /// `enable-index`: whether the set has an index that `set-config` created.
    pub enable_index: AtomicBool,
    /// `stop-writes-count`: the number of records at which no record can be added any more; 0 for no limit.
    pub stop_writes_count: AtomicU64,
    /// `stop-writes-size`: the total size of the records, in bytes, above which none can be written; 0 for no limit.
    pub stop_writes_size: AtomicU64,
}

/// A copy of the settings of a set.
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
    /// The value that disables a parameter for the set, although the namespace has a value for it.
    pub const NEVER: u32 = u32::MAX;

    /// Changes a parameter to a value that it takes, in the form in which `get-config` shows it.
    pub(crate) fn change(&self, name: &str, value: &str) {
        let flag = value == "true";
        match name {
            "default-read-touch-ttl-pct" => {
                let percent = value.parse().unwrap_or_default();
                self.default_read_touch_ttl_pct.store(percent, Ordering::Relaxed);
            }
            "default-ttl" => self
                .default_ttl
                .store(value.parse().unwrap_or_default(), Ordering::Relaxed),
            "disable-eviction" => self.disable_eviction.store(flag, Ordering::Relaxed),
            "enable-index" => self.enable_index.store(flag, Ordering::Relaxed),
            "stop-writes-count" => {
                let count = value.parse().unwrap_or_default();
                self.stop_writes_count.store(count, Ordering::Relaxed);
            }
            "stop-writes-size" => {
                let size = value.parse().unwrap_or_default();
                self.stop_writes_size.store(size, Ordering::Relaxed);
            }
            _ => {}
        }
    }

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
