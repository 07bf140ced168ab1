//! The walk of a query: from partition to partition, and through each from its last digest to its first.

use std::ops::{Bound, ControlFlow};

use spikelet_wire::{Digest, PartitionId};

use crate::store::{Namespace, Record};

/// Where a query stands. It can be left at every record, and goes on behind it whatever was written or removed meanwhile.
///
/// Within a partition records stand in the order of their digests, the greatest first: the order of the real server's
/// index, which clients rely on when they resume behind a digest.
#[derive(Debug)]
pub(super) struct Walk {
    stops: Vec<Stop>,
    at: usize,
}

/// A partition to walk through.
#[derive(Debug, Clone, Copy)]
struct Stop {
    partition: PartitionId,
    /// Only records behind this digest are still to be visited.
    behind: Option<Digest>,
}

impl Walk {
    /// A walk through all partitions.
    pub(super) fn everywhere() -> Self {
        Self::through(PartitionId::all().map(|id| (id, None)))
    }

    /// A walk through some partitions, from the first to the last, through some of them only behind a digest.
    pub(super) fn through(partitions: impl IntoIterator<Item = (PartitionId, Option<Digest>)>) -> Self {
        let mut stops: Vec<Stop> = partitions
            .into_iter()
            .map(|(partition, behind)| Stop { partition, behind })
            .collect();
        stops.sort_unstable_by_key(|stop| stop.partition);
        Self { stops, at: 0 }
    }

    /// The partition that it has reached; none at its end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        self.stops.get(self.at).map(|stop| stop.partition)
    }

    /// Leaves the partition for the next one.
    pub(super) const fn leave(&mut self) {
        self.at += 1;
    }

    /// Visits the records of the partition, under its lock. Leaves it when none is left; a visit that breaks was the last
    /// one for now, and the walk stays.
    pub(super) fn visit(&mut self, namespace: &Namespace, mut visit: impl FnMut(&Digest, &Record) -> ControlFlow<()>) {
        let Some(stop) = self.stops.get_mut(self.at) else {
            return;
        };
        if let Some(partition) = namespace.partition(stop.partition) {
            let end = stop.behind.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            for (digest, record) in partition.range::<Digest, _>((Bound::Unbounded, end)).rev() {
                if visit(digest, record).is_break() {
                    stop.behind = Some(*digest);
                    return;
                }
            }
        }
        self.leave();
    }
}
