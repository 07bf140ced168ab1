//! Searches: a secondary index, and the values that a query looks for in it.

use std::sync::Arc;

use spikelet_wire::Digest;

use super::{Range, Sindex};
use crate::store::bin::Bin;

/// A secondary index, and the range of values that a query looks for in it.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) sindex: Arc<Sindex>,
    pub(crate) range: Range,
}

impl Search {
    /// Whether a record matches. Queries check this for each record that the index finds: the record may have changed since,
    /// and index entries of strings, blobs and geo cells are only candidates.
    pub(crate) fn matches(&self, digest: &Digest, bins: &[Bin]) -> bool {
        self.sindex.matches(&self.range, digest, bins)
    }
}
