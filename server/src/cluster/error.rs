//! Why a change to the cluster is refused.

use super::{Cluster, NodeId};

/// Why a change to the cluster is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There is no node with this id.
    #[error("no node {0}")]
    Unknown(NodeId),
    /// The node is not part of the cluster.
    #[error("node {0} is down")]
    Down(NodeId),
    /// The node is part of the cluster.
    #[error("node {0} is up")]
    Up(NodeId),
    /// The node is in both groups between which the network is to be cut.
    #[error("node {0} is on both sides")]
    Both(NodeId),
    /// The cluster has the largest number of nodes.
    #[error("a cluster has at most {} nodes", Cluster::MAX_NODES)]
    TooMany,
}
