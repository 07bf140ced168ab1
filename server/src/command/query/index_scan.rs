//! Scans of a secondary index, one group of partitions after the other, each by value and digest, or from an entry to resume after.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use spikelet_wire::{Digest, PartitionId};

use super::duplicates::Duplicates;
use super::partition_scan::PartitionCursor;
use crate::store::partition_group::{GROUP_SIZE, GROUPS, group_of};
use crate::store::sindex::{Entry, IndexType, KeyType, Range, Search};
use crate::store::{Namespace, Record};

/// A scan of an index. It can pause after each record, and resumes after it even if records were written or removed meanwhile.
///
/// Within a partition entries are in the order of their values, and those with the same value in the order of their digests.
#[derive(Debug, Clone)]
pub(super) struct IndexScan {
    search: Arc<Search>,
    /// The ranges of sort keys that are searched, each with its first and last key.
    spans: Vec<(u64, u64)>,
    /// The requested partitions: a word for each group, in it a bit for each partition.
    partitions: [u64; GROUPS],
    /// The partitions that resume after an entry, in order.
    resumed: Vec<(PartitionId, Entry)>,
    /// The current group.
    group: usize,
    /// The index of the current span.
    span: usize,
    /// The last entry that was read in the group and span.
    after: Option<Entry>,
    duplicates: Option<Duplicates>,
    batch: Vec<Entry>,
}

/// The number of entries that are copied while the index is locked.
const BATCH: usize = 128;
/// The maximum number of entries that are read for them.
const MAX_READ: usize = 2048;

impl IndexScan {
    pub(super) fn new(search: Arc<Search>) -> Self {
        let definition = &search.sindex.definition;
        // An index that was requested by name may have another key type than the values. Then it finds nothing.
        let has_key_type = search.range.key_type() == definition.key_type;
        let spans = search.range.spans().filter(|_| has_key_type).unwrap_or_default();
        let finds_duplicates = search.range.is_range() && definition.index_type != IndexType::Default;
        Self {
            spans,
            partitions: [0; GROUPS],
            resumed: Vec::new(),
            group: 0,
            span: 0,
            after: None,
            duplicates: finds_duplicates.then(Duplicates::default),
            batch: Vec::new(),
            search,
        }
    }

    /// The number of cells that cover the region, in a search for points in a region; `None` for other searches.
    pub(super) fn region_cells(&self) -> Option<usize> {
        match &self.search.range {
            Range::Geo(geometry) if !geometry.is_point() => Some(self.spans.len()),
            _ => None,
        }
    }

    /// Adds a partition to scan, from its cursor on. Partitions must be added in order, before the first visit.
    pub(super) fn add_partition(&mut self, cursor: PartitionCursor) {
        if let Some(word) = self.partitions.get_mut(group_of(cursor.partition)) {
            *word |= bit(cursor.partition);
        }
        if let Some(digest) = cursor.after {
            let sort_key = self.key_type().sort_key(cursor.value);
            self.resumed.push((cursor.partition, Entry { sort_key, digest }));
        }
    }

    /// The first partition of the current group; `None` at the end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        let group = u16::try_from(self.group).ok()?;
        PartitionId::new(group.checked_mul(GROUP_SIZE)?)
    }

    /// Visits some records, each under the lock of its partition and with the value by which it was found. Returns the number of
    /// entries that were read. If a visit breaks, the scan pauses after that record.
    pub(super) fn visit(
        &mut self,
        namespace: &Namespace,
        mut visit: impl FnMut(&Digest, &Record, i64) -> ControlFlow<()>,
    ) -> usize {
        let Some((reads, span)) = self.next_batch() else {
            return 0;
        };
        let key_type = self.key_type();
        for at in 0..self.batch.len() {
            let Some(entry) = self.batch.get(at).copied() else {
                break;
            };
            if self
                .duplicates
                .as_mut()
                .is_some_and(|duplicates| duplicates.is_duplicate(&entry.digest))
            {
                continue;
            }
            let partition = namespace.partition(entry.digest.partition_id());
            if let Some(record) = partition.as_ref().and_then(|partition| partition.get(&entry.digest))
                && visit(&entry.digest, record, key_type.value(entry.sort_key)).is_break()
            {
                (self.span, self.after) = (span, Some(entry));
                return reads;
            }
        }
        if self.span != span {
            self.reset_duplicates();
        }
        reads
    }

    fn key_type(&self) -> KeyType {
        self.search.sindex.definition.key_type
    }

    /// Copies the next entries into `batch`, and moves on after them. Returns the number of entries that were read, and the index
    /// of their span; `None` at the end.
    fn next_batch(&mut self) -> Option<(usize, usize)> {
        self.batch.clear();
        let mut batch = std::mem::take(&mut self.batch);
        let partitions = loop {
            match self.partitions.get(self.group) {
                None => return None,
                Some(_) if self.search.sindex.is_dropped() => {
                    self.group = GROUPS;
                    return None;
                }
                Some(partitions) if *partitions != 0 && self.span < self.spans.len() => break *partitions,
                Some(_) => {
                    (self.group, self.span, self.after) = (self.group + 1, 0, None);
                    self.reset_duplicates();
                }
            }
        };
        let resumed = self.resumed_in_group();
        let (first, end) = self.spans.get(self.span).copied()?;
        let from = match self.after {
            Some(entry) => Bound::Excluded(entry),
            None => Bound::Included(start(first, resumed, partitions)),
        };
        let (mut reads, mut last) = (0, None);
        self.search.sindex.for_each_entry(self.group, from, end, |entry| {
            reads += 1;
            let partition = entry.digest.partition_id();
            let is_after = || match resumed.binary_search_by_key(&partition, |(id, _)| *id) {
                Ok(at) => resumed.get(at).is_none_or(|(_, after)| entry > after),
                Err(_) => true,
            };
            if partitions & bit(partition) != 0 && (resumed.is_empty() || is_after()) {
                batch.push(*entry);
            }
            let continues = batch.len() < BATCH && reads < MAX_READ;
            if !continues {
                last = Some(*entry);
            }
            continues
        });
        self.batch = batch;
        let span = self.span;
        if last.is_none() {
            self.span += 1;
        }
        self.after = last;
        Some((reads, span))
    }

    fn resumed_in_group(&self) -> &[(PartitionId, Entry)] {
        let from = self.resumed.partition_point(|(id, _)| group_of(*id) < self.group);
        let to = self.resumed.partition_point(|(id, _)| group_of(*id) <= self.group);
        self.resumed.get(from..to).unwrap_or_default()
    }

    fn reset_duplicates(&mut self) {
        if let Some(duplicates) = &mut self.duplicates {
            *duplicates = Duplicates::default();
        }
    }
}

const fn bit(partition: PartitionId) -> u64 {
    1 << (partition.get() % GROUP_SIZE)
}

/// The first entry to read in a group: the start of the span, or the first entry to resume after, if all partitions resume.
fn start(first: u64, resumed: &[(PartitionId, Entry)], partitions: u64) -> Entry {
    let start = Entry {
        sort_key: first,
        digest: Digest([0; Digest::SIZE]),
    };
    let earliest = resumed.iter().map(|(_, after)| *after).min();
    match earliest {
        Some(earliest) if resumed.len() == partitions.count_ones() as usize => earliest.max(start),
        _ => start,
    }
}
