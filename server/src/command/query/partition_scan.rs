//! Scans of partitions, one after the other, each from its greatest digest to its smallest, or from a digest to resume after.

use std::hint::black_box;
use std::ops::ControlFlow;

use spikelet_wire::{Digest, PartitionId};

use crate::ops::Particle;
use crate::store::{Namespace, Record};

/// The number of records whose bins are prefetched together.
const PREFETCH: usize = 16;

/// A scan of partitions. It can pause after each record, and resumes after it even if records were written or removed meanwhile.
///
/// Within a partition records are in the order of their digests, the greatest first. This is the order of the real server's
/// primary index, and clients rely on it when they resume after a digest.
#[derive(Debug)]
pub(super) struct PartitionScan {
    cursors: Vec<PartitionCursor>,
    at: usize,
}

/// Which part of the records a scan reads. Bins are prefetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordPart {
    Metadata,
    Bins,
}

/// A partition to scan, and the position in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartitionCursor {
    pub(super) partition: PartitionId,
    /// Only records after this digest are still to be visited; `None` for all records.
    pub(super) after: Option<Digest>,
    /// In an index scan, only entries after the digest with this value.
    pub(super) value: i64,
}

impl PartitionCursor {
    /// The start of a partition.
    pub(super) const fn start_of(partition: PartitionId) -> Self {
        Self {
            partition,
            after: None,
            value: 0,
        }
    }
}

impl PartitionScan {
    /// A scan of all partitions.
    pub(super) fn all() -> Self {
        Self::new(PartitionId::all().map(PartitionCursor::start_of))
    }

    /// A scan of some partitions, in the order of their ids, each from its cursor on.
    pub(super) fn new(cursors: impl IntoIterator<Item = PartitionCursor>) -> Self {
        let mut cursors: Vec<PartitionCursor> = cursors.into_iter().collect();
        cursors.sort_unstable_by_key(|cursor| cursor.partition);
        Self { cursors, at: 0 }
    }

    /// The current partition; `None` at the end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        self.cursor().map(|cursor| cursor.partition)
    }

    /// The position in the current partition; `None` at the end.
    pub(super) fn cursor(&self) -> Option<PartitionCursor> {
        self.cursors.get(self.at).copied()
    }

    /// Moves on to the next partition.
    pub(super) const fn next_partition(&mut self) {
        self.at += 1;
    }

    /// Visits the records of the current partition under its lock, and moves on to the next partition. If a visit breaks, the
    /// scan pauses after that record, and stays in the partition.
    pub(super) fn visit(
        &mut self,
        namespace: &Namespace,
        part: RecordPart,
        mut visit: impl FnMut(&Digest, &Record) -> ControlFlow<()>,
    ) {
        let Some(cursor) = self.cursors.get_mut(self.at) else {
            return;
        };
        if let Some(partition) = namespace.partition(cursor.partition) {
            let ordered = partition.records_after(cursor.after.as_ref());
            let mut records = ordered.iter().copied();
            let mut prefetched = 0;
            loop {
                if prefetched == 0 && part == RecordPart::Bins {
                    prefetched = PREFETCH;
                    prefetch(records.clone().take(PREFETCH).map(|(_, record)| record));
                }
                let Some((digest, record)) = records.next() else {
                    break;
                };
                prefetched = prefetched.saturating_sub(1);
                if visit(digest, record).is_break() {
                    cursor.after = Some(*digest);
                    return;
                }
            }
        }
        self.next_partition();
    }
}

/// Reads the first bytes of the bins of some records, and nothing else, so that the processor loads them in parallel. Bins are
/// anywhere in memory, and a scan would spend most of its time on cache misses one by one.
fn prefetch<'r>(records: impl Iterator<Item = &'r Record> + Clone) {
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
