//! What the client knows of the cluster at one time.

use std::sync::Arc;

use super::node::Node;
use super::partition_map::PartitionMap;

/// The nodes of a cluster, and which of them owns which partition. A change replaces the whole view.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) partitions: PartitionMap,
}
