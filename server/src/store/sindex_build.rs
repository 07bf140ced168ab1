//! Builds of secondary indexes: a new index reads the records that the namespace holds already, step by step.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::namespace::Namespace;
use super::sindex::{Build, Sindex};
use crate::clock::Now;

impl Build {
    /// Adds at least `min_records` records to the index, if so many are left, and returns whether the build is done.
    pub fn step(&mut self, namespace: &Namespace, now: Now, min_records: usize) -> bool {
        let started = *self.started.get_or_insert(now);
        // Writes keep the index up to date for partitions that are created later.
        let partitions = self.partitions.get_or_insert_with(|| {
            let mut ids = namespace.partition_ids();
            ids.reverse();
            ids
        });
        let mut added = 0;
        while added < min_records && !self.sindex.is_dropped() {
            let Some(id) = partitions.pop() else {
                let seconds = now.0.saturating_sub(started.0) / 1000;
                self.sindex.finish_build(seconds);
                return true;
            };
            added += add_partition(&self.sindex, namespace, id);
            let done = (id.get() + 1).saturating_mul(100).checked_div(PARTITIONS).unwrap_or(0);
            self.sindex.set_build_percent(u32::from(done).min(99));
        }
        self.sindex.is_dropped()
    }
}

/// Adds the records of a partition, and returns their number.
fn add_partition(sindex: &Sindex, namespace: &Namespace, id: PartitionId) -> usize {
    let Some(partition) = namespace.partition(id) else {
        return 0;
    };
    let mut entries = Vec::new();
    for (digest, record) in partition.iter() {
        sindex.add_record(digest, record.set, &record.bins, &mut entries);
    }
    partition.len()
}
