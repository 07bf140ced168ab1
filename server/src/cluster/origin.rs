//! Where the records of a subcluster come from after the nodes have changed, and which of them are lost.

use spikelet_wire::PartitionId;

use super::partition_table::LostPartition;
use super::table_id::TableId;

/// A former subcluster whose nodes are now part of another, and the records that these nodes do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Its index among the subclusters before the change.
    pub subcluster: usize,
    /// The positions of its nodes, one bit each.
    pub nodes: u64,
    /// The partitions of which none of the nodes that came from it has a full copy.
    pub lost: Vec<Lost>,
}

/// Partitions of which no full copy is left, in all namespaces with the same partition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Their table.
    pub table: TableId,
    /// The partitions.
    pub partitions: Vec<LostPartition>,
}

/// All partitions, lost as a whole.
pub(super) fn all(table: TableId) -> Lost {
    Lost {
        table,
        partitions: PartitionId::all()
            .map(|id| LostPartition { id, before: None })
            .collect(),
    }
}
