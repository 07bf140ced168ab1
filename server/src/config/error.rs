//! Errors of a configuration.

use super::{MAX_NAMESPACES, MAX_NODES, MAX_TTL};

/// Why a configuration is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There are none, or too many.
    #[error("a server has 1 to {MAX_NAMESPACES} namespaces, not {0}")]
    NamespaceCount(usize),
    /// Two have one name.
    #[error("the namespace {0} is there twice")]
    NamespaceTwice(String),
    /// The name is empty, too long, or has a character that separates names.
    #[error("{0:?} is no name for a namespace: 1 to 31 bytes without spaces and without any of : ; , = / {{ }}")]
    NamespaceName(String),
    /// It is over ten years.
    #[error("the default-ttl of namespace {0} is over {MAX_TTL} seconds, which is ten years")]
    DefaultTtl(String),
    /// Records would expire and never be removed.
    #[error("namespace {0} has a default-ttl; it needs an nsup-period over 0 or allow-ttl-without-nsup")]
    TtlWithoutNsup(String),
    /// It is 0 or over the size of a cluster.
    #[error("the replication-factor of namespace {0} is not within 1 to {MAX_NODES}")]
    ReplicationFactor(String),
    /// It is 0.
    #[error("a node's id is not 0")]
    NodeId,
    /// There are none, or too many.
    #[error("a server has 1 to {max} nodes, not {0}", max = crate::cluster::Cluster::MAX_NODES)]
    NodeCount(usize),
    /// The ports of the nodes would exceed 65535.
    #[error("{nodes} nodes need the ports {first} to {last}, and the highest port is 65535", last = u64::from(*first) + *nodes as u64 - 1)]
    Ports {
        /// The port of the first node.
        first: u16,
        /// The number of nodes.
        nodes: usize,
    },
    /// The name is empty, too long, or has a character that separates names.
    #[error("{0:?} is no name for a cluster: 1 to 63 bytes without spaces or semicolons")]
    ClusterName(String),
}
