//! The walk of a query: from partition to partition, and through each from its last digest to its first.

use std::hint::black_box;
use std::ops::ControlFlow;

use spikelet_wire::{Digest, PartitionId};

use crate::ops::Particle;
use crate::store::{Namespace, Record};

/// How many records are fetched from memory together.
const FETCH: usize = 16;

/// Where a query stands. It can be left at every record, and goes on behind it whatever was written or removed meanwhile.
///
/// Within a partition records stand in the order of their digests, the greatest first: the order of the real server's
/// index, which clients rely on when they resume behind a digest.
#[derive(Debug)]
pub(super) struct Walk {
    stops: Vec<Stop>,
    at: usize,
}

/// What a visit looks at of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Metadata,
    Bins,
}

/// A partition to walk through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) partition: PartitionId,
    /// Only records behind this digest are still to be visited.
    pub(super) behind: Option<Digest>,
    /// In an index, behind the digest at this value.
    pub(super) value: i64,
}

impl Stop {
    /// All of a partition.
    pub(super) const fn whole(partition: PartitionId) -> Self {
        Self {
            partition,
            behind: None,
            value: 0,
        }
    }
}

impl Walk {
    /// A walk through all partitions.
    pub(super) fn everywhere() -> Self {
        Self::through(PartitionId::all().map(Stop::whole))
    }

    /// A walk through some partitions, from the first to the last, through some of them only behind a digest.
    pub(super) fn through(stops: impl IntoIterator<Item = Stop>) -> Self {
        let mut stops: Vec<Stop> = stops.into_iter().collect();
        stops.sort_unstable_by_key(|stop| stop.partition);
        Self { stops, at: 0 }
    }

    /// The partition that it has reached; none at its end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        self.stop().map(|stop| stop.partition)
    }

    /// The partition that it has reached, and how far it is there.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stops.get(self.at).copied()
    }

    /// Leaves the partition for the next one.
    pub(super) const fn leave(&mut self) {
        self.at += 1;
    }

    /// Visits the records of the partition, under its lock, of which the visits look at the metadata or at the bins too.
    /// Leaves it when none is left; a visit that breaks was the last one for now, and the walk stays.
    pub(super) fn visit(
        &mut self,
        namespace: &Namespace,
        look: Look,
        mut visit: impl FnMut(&Digest, &Record) -> ControlFlow<()>,
    ) {
        let Some(stop) = self.stops.get_mut(self.at) else {
            return;
        };
        if let Some(partition) = namespace.partition(stop.partition) {
            let ordered = partition.records_after(stop.behind.as_ref());
            let mut records = ordered.iter().copied();
            let mut fetched = 0;
            loop {
                if fetched == 0 && look == Look::Bins {
                    fetched = FETCH;
                    fetch(records.clone().take(FETCH).map(|(_, record)| record));
                }
                let Some((digest, record)) = records.next() else {
                    break;
                };
                fetched = fetched.saturating_sub(1);
                if visit(digest, record).is_break() {
                    stop.behind = Some(*digest);
                    return;
                }
            }
        }
        self.leave();
    }
}

/// Looks at the bins of some records, one after the other and at nothing else, so that the processor fetches them all at
/// once: bins lie anywhere in memory, and to wait for each alone is most of what a scan takes.
fn fetch<'r>(records: impl Iterator<Item = &'r Record> + Clone) {
    for record in records.clone() {
        black_box(record.bins.first().map(|bin| bin.name));
    }
    for record in records {
        for bin in &record.bins {
            if let Particle::Bytes(bytes) = &bin.value {
                black_box(bytes.first().copied());
            }
        }
    }
}
