//! Why a change to the cluster is refused.

use std::fmt;

use super::{Cluster, NodeId};

/// Why a change to the cluster is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterError {
    /// There is no node with this id.
    Unknown(NodeId),
    /// The node is not part of the cluster.
    Down(NodeId),
    /// The node is part of the cluster.
    Up(NodeId),
    /// The node is in both groups between which the network is to be cut.
    Both(NodeId),
    /// The cluster has the largest number of nodes.
    TooMany,
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(node) => write!(f, "no node {node}"),
            Self::Down(node) => write!(f, "node {node} is down"),
            Self::Up(node) => write!(f, "node {node} is up"),
            Self::Both(node) => write!(f, "node {node} is on both sides"),
            Self::TooMany => write!(f, "a cluster has at most {} nodes", Cluster::MAX_NODES),
        }
    }
}

impl std::error::Error for ClusterError {}
