//! Building: an index comes to be in a namespace that has records.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spikelet_wire::{PARTITIONS, PartitionId};

use super::{Sindex, lock};
use crate::clock::Now;
use crate::store::Namespace;

/// The building of an index, step by step. Meanwhile writes keep the index up already, and queries are refused.
#[derive(Debug)]
pub struct Build {
    sindex: Arc<Sindex>,
    partitions: Option<Vec<PartitionId>>,
    started: Option<Now>,
}

impl Build {
    pub(super) const fn new(sindex: Arc<Sindex>) -> Self {
        Self {
            sindex,
            partitions: None,
            started: None,
        }
    }

    /// Takes in records, `at_least` so many if there are, and says whether it is done.
    pub fn step(&mut self, namespace: &Namespace, now: Now, at_least: usize) -> bool {
        let started = *self.started.get_or_insert(now);
        // A partition that comes to be later is kept up from its first record on.
        let partitions = self.partitions.get_or_insert_with(|| {
            let mut ids = namespace.partition_ids();
            ids.reverse();
            ids
        });
        let mut taken = 0;
        while taken < at_least && !self.sindex.is_dropped() {
            let Some(id) = partitions.pop() else {
                let seconds = now.0.saturating_sub(started.0) / 1000;
                *lock(&self.sindex.load) = super::Load { percent: 100, seconds };
                self.sindex.is_readable.store(true, Ordering::Relaxed);
                return true;
            };
            taken += take_in(&self.sindex, namespace, id);
            let done = (id.get() + 1).saturating_mul(100).checked_div(PARTITIONS).unwrap_or(0);
            lock(&self.sindex.load).percent = u32::from(done).min(99);
        }
        self.sindex.is_dropped()
    }
}

/// Takes in the records of a partition, and says how many there were.
fn take_in(sindex: &Sindex, namespace: &Namespace, id: PartitionId) -> usize {
    let Some(partition) = namespace.partition(id) else {
        return 0;
    };
    let mut places = Vec::new();
    for (digest, record) in partition.iter() {
        sindex.places(digest, record.set, &record.bins, |order| places.push((order, true)));
        if !places.is_empty() {
            sindex.tree.change(digest, places.drain(..));
        }
    }
    partition.len()
}
