//! What records take up: the bytes of their stored form, and whether they expire.

use std::sync::atomic::Ordering;

use super::record::rounded_stored_size;
use super::{Namespace, Record};

/// What a record counts for in the statistics of its namespace and its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The size of its stored form, in bytes.
    bytes: u32,
    expires: bool,
}

impl Usage {
    /// The usage of a record in a set whose name has so many bytes.
    pub(crate) fn of(record: &Record, set_name: Option<usize>) -> Self {
        let key = record.key.as_deref().map(<[u8]>::len);
        Self {
            bytes: rounded_stored_size(record.void_time, set_name, key, &record.bins),
            expires: record.void_time != 0,
        }
    }
}

impl Record {
    /// The size of its stored form in a namespace, in bytes.
    pub(crate) fn used_bytes(&self, namespace: &Namespace) -> u32 {
        let set = self.set.and_then(|id| namespace.sets.get(id));
        Usage::of(self, set.map(|set| set.name.len())).bytes
    }
}

impl Namespace {
    /// Counts a record that is added.
    pub(super) fn count_in(&self, record: &Record) {
        self.counters.objects.fetch_add(1, Ordering::Relaxed);
        let set = record.set.and_then(|id| self.sets.get(id));
        let usage = Usage::of(record, set.as_ref().map(|set| set.name.len()));
        let bytes = u64::from(usage.bytes);
        self.counters.data_used_bytes.fetch_add(bytes, Ordering::Relaxed);
        if usage.expires {
            self.counters.expirable_objects.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(set) = set {
            set.objects.fetch_add(1, Ordering::Relaxed);
            set.data_used_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Counts a record that is removed.
    pub(super) fn count_out(&self, record: &Record) {
        self.counters.objects.fetch_sub(1, Ordering::Relaxed);
        let set = record.set.and_then(|id| self.sets.get(id));
        let usage = Usage::of(record, set.as_ref().map(|set| set.name.len()));
        let bytes = u64::from(usage.bytes);
        self.counters.data_used_bytes.fetch_sub(bytes, Ordering::Relaxed);
        if usage.expires {
            self.counters.expirable_objects.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(set) = set {
            set.objects.fetch_sub(1, Ordering::Relaxed);
            set.data_used_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Counts a record that is changed in its place, in a set whose name has so many bytes. Most changes leave its usage as it
    /// was, and then no counter is touched.
    pub(crate) fn count_change(&self, record: &Record, before: Usage, set_name: Option<usize>) {
        let after = Usage::of(record, set_name);
        if after.bytes != before.bytes {
            // The sum is modulo 2^64, as the difference is.
            let more = u64::from(after.bytes).wrapping_sub(u64::from(before.bytes));
            self.counters.data_used_bytes.fetch_add(more, Ordering::Relaxed);
            if let Some(set) = record.set.and_then(|id| self.sets.get(id)) {
                set.data_used_bytes.fetch_add(more, Ordering::Relaxed);
            }
        }
        match (before.expires, after.expires) {
            (false, true) => self.counters.expirable_objects.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.counters.expirable_objects.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
    }
}
