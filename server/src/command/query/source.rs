//! Where a query finds its records: in partitions, or in a secondary index.

use std::sync::Arc;

use spikelet_wire::PartitionId;

use super::fields::SetFilter;
use super::index_scan::IndexScan;
use super::partition_scan::PartitionScan;
use crate::store::sindex::Search;

/// The records that a query may find, and its position among them.
///
/// With a secondary index, the scan of partitions only adds them to that of the index.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) set: SetFilter,
    pub(super) scan: PartitionScan,
    pub(super) index: Option<IndexScan>,
    search: Option<Arc<Search>>,
}

impl Source {
    pub(super) fn new(set: SetFilter, scan: PartitionScan, search: Option<Arc<Search>>) -> Self {
        Self {
            set,
            scan,
            index: search.clone().map(IndexScan::new),
            search,
        }
    }

    /// The search of its secondary index, if it uses one.
    pub(super) const fn search(&self) -> Option<&Arc<Search>> {
        self.search.as_ref()
    }

    /// Whether it uses a secondary index.
    pub(super) const fn is_indexed(&self) -> bool {
        self.search.is_some()
    }

    /// The name of its secondary index, if it uses one.
    pub(super) fn index_name(&self) -> Option<String> {
        self.search.as_ref().map(|search| search.sindex.name().to_string())
    }

    /// The partition that the query has reached; `None` at its end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        let of_index = || self.index.as_ref().and_then(IndexScan::partition);
        self.scan.partition().or_else(of_index)
    }
}
