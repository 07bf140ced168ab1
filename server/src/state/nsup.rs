//! nsup, the namespace supervisor: sweeps of expired and truncated records.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use spikelet_wire::PartitionId;

use super::{State, get};
use crate::clock::Now;
use crate::store::Namespace;

/// When each namespace was last swept, and how many sweeps are running.
#[derive(Debug)]
pub(crate) struct Nsup {
    last: Vec<AtomicU64>,
    /// The share of records that the last cycle of each namespace has deleted, in hundredths of a percent.
    deleted: Vec<AtomicU64>,
    running: AtomicUsize,
}

impl Nsup {
    pub(super) fn new(namespaces: usize, now: Now) -> Self {
        Self {
            last: (0..namespaces).map(|_| AtomicU64::new(now.0)).collect(),
            deleted: (0..namespaces).map(|_| AtomicU64::new(0)).collect(),
            running: AtomicUsize::new(0),
        }
    }
}

impl Nsup {
    /// Records how many records of a namespace a cycle has removed so far, and how many are left.
    fn finish_partition(&self, namespace: usize, removed: u64, left: u64) {
        let percent = (removed * 10_000).checked_div(removed + left).unwrap_or(0);
        if let Some(deleted) = self.deleted.get(namespace) {
            deleted.store(percent, Ordering::Relaxed);
        }
    }

    /// The share of records that the last cycle of a namespace has removed, in percent.
    pub(crate) fn deleted_pct(&self, namespace: usize) -> f64 {
        self.deleted.get(namespace).map_or(0, get) as f64 / 100.0
    }
}

/// Sweeps that are due, executed step by step.
#[derive(Debug)]
pub struct Sweeps {
    now: Now,
    /// The positions of namespaces and their partitions, the next one last.
    partitions: Vec<(usize, PartitionId)>,
    /// The number of expired records that were removed, by namespace.
    expired: Vec<u64>,
}

impl Sweeps {
    /// Sweeps the next partition. Returns whether there was one.
    pub fn step(&mut self, state: &State) -> bool {
        let Some((namespace, id)) = self.partitions.pop() else {
            return false;
        };
        if let (Some(swept), Some(expired)) = (state.namespaces().get(namespace), self.expired.get_mut(namespace)) {
            *expired += swept.sweep(id, self.now);
            state
                .nsup()
                .finish_partition(namespace, *expired, get(&swept.counters.objects));
        }
        if self.partitions.is_empty() {
            state.nsup().running.fetch_sub(1, Ordering::AcqRel);
        }
        true
    }
}

impl State {
    /// The sweeps of namespaces whose `nsup-period` has passed.
    #[must_use]
    pub fn due_sweeps(&self, now: Now) -> Sweeps {
        self.tick(now);
        self.sweeps(now, |namespace, last| {
            // A period can change at any time; 0 disables nsup.
            let period = namespace.settings.nsup_period.load(Ordering::Relaxed);
            period != 0 && now.seconds() >= last.seconds().saturating_add(period)
        })
    }

    /// Executes the sweeps that are due.
    pub fn run_due_nsup(&self, now: Now) {
        let mut sweeps = self.due_sweeps(now);
        while sweeps.step(self) {}
    }

    /// Sweeps all namespaces, whatever their periods, and returns the number of expired records.
    pub fn run_nsup(&self, now: Now) -> u64 {
        let expired = || -> u64 {
            let of = |namespace: &Namespace| namespace.counters.expired_objects.load(Ordering::Relaxed);
            self.namespaces().iter().map(of).sum()
        };
        let before = expired();
        let mut sweeps = self.sweeps(now, |_, _| true);
        while sweeps.step(self) {}
        expired().saturating_sub(before)
    }

    fn sweeps(&self, now: Now, is_due: impl Fn(&Namespace, Now) -> bool) -> Sweeps {
        let nsup = self.nsup();
        let mut partitions = Vec::new();
        for (at, (namespace, last)) in self.namespaces().iter().zip(&nsup.last).enumerate() {
            // A clock that was set back must not postpone the next sweep.
            let swept = Now(last.fetch_min(now.0, Ordering::Relaxed).min(now.0));
            if !is_due(namespace, swept) {
                continue;
            }
            last.store(now.0, Ordering::Relaxed);
            nsup.finish_partition(at, 0, 0);
            // Another sweep may have reset the earliest void time and not have reached its partition yet.
            if namespace.begin_sweep(now) || nsup.running.load(Ordering::Acquire) > 0 {
                partitions.extend(namespace.partition_ids().into_iter().map(|id| (at, id)));
            }
        }
        if !partitions.is_empty() {
            nsup.running.fetch_add(1, Ordering::AcqRel);
        }
        partitions.reverse();
        Sweeps {
            now,
            partitions,
            expired: vec![0; self.namespaces().len()],
        }
    }
}
