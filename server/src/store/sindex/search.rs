//! Searches: a secondary index, and the range of values that a query searches for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::Digest;

use super::{Range, Sindex};
use crate::store::bin::Bin;

/// A secondary index, and the range of values that a query searches for.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) sindex: Arc<Sindex>,
    pub(crate) range: Range,
    /// The numbers of records that matched and that did not, in a geo search; 0 in other searches.
    points: AtomicU64,
    falsepos: AtomicU64,
}

impl Search {
    pub(crate) const fn new(sindex: Arc<Sindex>, range: Range) -> Self {
        Self {
            sindex,
            range,
            points: AtomicU64::new(0),
            falsepos: AtomicU64::new(0),
        }
    }

    /// Whether a record matches. Queries check this for each record that the index finds: the record may have changed since, and
    /// index entries of strings, blobs and geo cells are only candidates.
    pub(crate) fn matches(&self, digest: &Digest, bins: &[Bin]) -> bool {
        let matches = self.sindex.matches(&self.range, digest, bins);
        if let Range::Geo(_) = self.range {
            let counter = if matches { &self.points } else { &self.falsepos };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        matches
    }

    /// Returns the numbers of records that matched and that did not since the last call.
    pub(crate) fn take_matches(&self) -> (u64, u64) {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        (take(&self.points), take(&self.falsepos))
    }
}
