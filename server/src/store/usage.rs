//! The usage of records: the size of their stored form, whether they expire, and whether they are tombstones, as statistics
//! count it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::record::{stored_size, taken_up};
use super::{Namespace, Record, SetId};

/// What a record contributes to the statistics of its namespace and its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The size of its stored form, in bytes.
    bytes: u32,
    expires: bool,
    is_live: bool,
}

impl Usage {
    /// The usage of a live record, by the size of its stored form in bytes.
    pub(crate) const fn new(stored_size: usize, void_time: u32) -> Self {
        Self {
            bytes: taken_up(stored_size),
            expires: void_time != 0,
            is_live: true,
        }
    }

    /// The usage of a tombstone, by the size of its stored form in bytes.
    pub(crate) const fn tombstone(stored_size: usize) -> Self {
        Self {
            is_live: false,
            ..Self::new(stored_size, 0)
        }
    }

    /// The usage of a record. `set_name` is the size of the name of its set, in bytes.
    pub(crate) fn of(record: &Record, set_name: Option<usize>) -> Self {
        let key = record.key.as_deref().map(<[u8]>::len);
        Self {
            is_live: record.is_live(),
            ..Self::new(
                stored_size(record.void_time, set_name, key, &record.bins),
                record.void_time,
            )
        }
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
        self.count(record, |counter, by| counter.fetch_add(by, Ordering::Relaxed));
    }

    /// Counts a record that is removed.
    pub(super) fn count_removed(&self, record: &Record) {
        self.count(record, |counter, by| counter.fetch_sub(by, Ordering::Relaxed));
    }

    fn count(&self, record: &Record, change: impl Fn(&AtomicU64, u64) -> u64) {
        let set = record.set.and_then(|id| self.sets.get(id));
        let usage = Usage::of(record, set.as_ref().map(|set| set.name.len()));
        let bytes = u64::from(usage.bytes);
        let counters = &self.counters;
        change(
            if usage.is_live {
                &counters.objects
            } else {
                &counters.tombstones
            },
            1,
        );
        change(&counters.data_used_bytes, bytes);
        if usage.expires {
            change(&counters.expirable_objects, 1);
        }
        if let Some(set) = set {
            change(if usage.is_live { &set.objects } else { &set.tombstones }, 1);
            change(&set.data_used_bytes, bytes);
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
        if after.is_live != before.is_live {
            self.count_tombstone(set, after.is_live);
        }
    }

    /// Counts a record that has become a tombstone, or a tombstone that has become a record.
    #[cold]
    fn count_tombstone(&self, set: Option<SetId>, is_live: bool) {
        let change = |objects: &AtomicU64, tombstones: &AtomicU64| {
            let (more, less) = if is_live {
                (objects, tombstones)
            } else {
                (tombstones, objects)
            };
            more.fetch_add(1, Ordering::Relaxed);
            less.fetch_sub(1, Ordering::Relaxed);
        };
        change(&self.counters.objects, &self.counters.tombstones);
        if let Some(set) = set.and_then(|id| self.sets.get(id)) {
            change(&set.objects, &set.tombstones);
        }
    }
}
