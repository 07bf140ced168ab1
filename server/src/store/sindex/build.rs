//! The build of a secondary index: its progress, and how records are added to the index.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spikelet_wire::{Digest, PartitionId};

use super::{BuildProgress, Sindex, lock};
use crate::clock::Now;
use crate::store::bin::Bin;
use crate::store::set::SetId;

/// A build that runs step by step. Meanwhile writes keep the index up to date, and queries of it are refused.
#[derive(Debug)]
pub struct Build {
    pub(in crate::store) sindex: Arc<Sindex>,
    /// The partitions that are left, the next one last; `None` before the first step.
    pub(in crate::store) partitions: Option<Vec<PartitionId>>,
    pub(in crate::store) started: Option<Now>,
}

impl Build {
    pub(super) const fn new(sindex: Arc<Sindex>) -> Self {
        Self {
            sindex,
            partitions: None,
            started: None,
        }
    }
}

impl Sindex {
    /// Adds the entries of a record that was written before the index was created. `entries` is scratch space, empty before and
    /// after.
    pub(in crate::store) fn add_record(
        &self,
        digest: &Digest,
        set: Option<SetId>,
        bins: &[Bin],
        entries: &mut Vec<(u64, bool)>,
    ) {
        self.for_each_sort_key(digest, set, bins, |sort_key| entries.push((sort_key, true)));
        if !entries.is_empty() {
            self.tree.change(digest, entries.drain(..));
        }
    }

    /// Records how much of the namespace has been read, in percent.
    pub(in crate::store) fn set_build_percent(&self, percent: u32) {
        lock(&self.build_progress).percent = percent;
    }

    /// Makes the index readable, after a build that took so many seconds.
    pub(in crate::store) fn finish_build(&self, seconds: u64) {
        *lock(&self.build_progress) = BuildProgress { percent: 100, seconds };
        self.is_readable.store(true, Ordering::Relaxed);
    }
}
