//! Building: a secondary index that is created in a namespace with records takes them in, step by step.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::namespace::Namespace;
use super::sindex::{Build, Sindex};
use crate::clock::Now;

impl Build {
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
                self.sindex.finish_build(seconds);
                return true;
            };
            taken += take_in(&self.sindex, namespace, id);
            let done = (id.get() + 1).saturating_mul(100).checked_div(PARTITIONS).unwrap_or(0);
            self.sindex.set_progress(u32::from(done).min(99));
        }
        self.sindex.is_dropped()
    }
}

/// Takes in the records of a partition, and says how many there were.
fn take_in(sindex: &Sindex, namespace: &Namespace, id: PartitionId) -> usize {
    let Some(partition) = namespace.partition(id) else {
        return 0;
    };
    let mut entries = Vec::new();
    for (digest, record) in partition.iter() {
        sindex.take_in(digest, record.set, &record.bins, &mut entries);
    }
    partition.len()
}
