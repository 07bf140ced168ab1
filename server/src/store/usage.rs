//! The usage of records: the size of their stored form, and whether they expire, as statistics count it.

use std::sync::atomic::Ordering;

use super::record::{stored_size, taken_up};
use super::{Namespace, Record, SetId};

/// What a record contributes to the statistics of its namespace and its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The size of its stored form, in bytes.
    bytes: u32,
    expires: bool,
}

impl Usage {
    /// The usage of a record, by the size of its stored form in bytes.
    pub(crate) const fn new(stored_size: usize, void_time: u32) -> Self {
        Self {
            bytes: taken_up(stored_size),
            expires: void_time != 0,
        }
    }

    /// The usage of a record. `set_name` is the size of the name of its set, in bytes.
    pub(crate) fn of(record: &Record, set_name: Option<usize>) -> Self {
        let key = record.key.as_deref().map(<[u8]>::len);
        Self::new(
            stored_size(record.void_time, set_name, key, &record.bins),
            record.void_time,
        )
    }
}

impl Record {
    /// The size of its stored form, in bytes.
    pub(crate) fn used_bytes(&self, namespace: &Namespace) -> u32 {
        let set = self.set.and_then(|id| namespace.sets.get(id));
        Usage::of(self, set.map(|set| set.name.len())).bytes
    }
}

impl Namespace {
    /// Counts a record that is inserted.
    pub(super) fn count_inserted(&self, record: &Record) {
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
    pub(super) fn count_removed(&self, record: &Record) {
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

    /// Counts the change of a record in a set. Most changes leave the usage as it was, and then no counter is written.
    pub(crate) fn count_change(&self, set: Option<SetId>, before: Usage, after: Usage) {
        if after.bytes != before.bytes {
            // The counter wraps around, as the difference does.
            let more = u64::from(after.bytes).wrapping_sub(u64::from(before.bytes));
            self.counters.data_used_bytes.fetch_add(more, Ordering::Relaxed);
            if let Some(set) = set.and_then(|id| self.sets.get(id)) {
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
