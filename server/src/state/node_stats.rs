//! Counters of a node, named as in `statistics`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::latency::NodeLatencies;
use super::namespace_stats::NamespaceStats;
use super::proto_compression::ProtoCompression;
use super::usage::Users;
use super::user_agents::UserAgents;
use crate::clock::Now;
use crate::store::Namespace;

/// The counters of a node since it started.
#[derive(Debug, Default)]
pub struct Stats {
    /// When it started.
    pub started: Now,
    /// Connections that were accepted.
    pub client_connections_opened: AtomicU64,
    /// Connections that were closed.
    pub client_connections_closed: AtomicU64,
    /// Info requests.
    pub info_complete: AtomicU64,
    /// Malformed messages.
    pub demarshal_error: AtomicU64,
    /// Messages that were refused before their namespace was found.
    pub early_tsvc_client_error: AtomicU64,
    /// Batches that started.
    pub batch_index_initiate: AtomicU64,
    /// Batches that completed.
    pub batch_index_complete: AtomicU64,
    /// Batches that failed.
    pub batch_index_error: AtomicU64,
    /// Compressed blocks of rows in answers to batches.
    pub batch_compression: ProtoCompression,
    /// Deprecated info commands.
    pub deprecated_requests: AtomicU64,
    /// By namespace, in the order of the configuration.
    namespaces: Box<[NamespaceStats]>,
    pub(super) latencies: NodeLatencies,
    /// For sessions without a node.
    no_node: NamespaceStats,
    pub(crate) agents: UserAgents,
    pub(crate) users: Users,
}

impl Stats {
    fn new(namespaces: usize, started: Now) -> Self {
        Self {
            started,
            namespaces: (0..namespaces).map(|_| NamespaceStats::default()).collect(),
            ..Self::default()
        }
    }

    pub(super) fn namespaces(&self) -> &[NamespaceStats] {
        &self.namespaces
    }

    /// The counters of a namespace.
    #[must_use]
    pub fn of(&self, namespace: &Namespace) -> &NamespaceStats {
        self.of_number(namespace.number)
    }

    /// The counters of a namespace, by its position in the configuration.
    pub(crate) fn of_number(&self, namespace: usize) -> &NamespaceStats {
        self.namespaces.get(namespace).unwrap_or(&self.no_node)
    }
}

/// The counters of all nodes, by their positions in the cluster.
#[derive(Debug)]
pub(super) struct NodeStats {
    namespaces: usize,
    nodes: RwLock<Vec<Arc<Stats>>>,
}

impl NodeStats {
    pub(super) fn new(namespaces: usize) -> Self {
        Self {
            namespaces,
            nodes: RwLock::default(),
        }
    }

    /// The counters of a node.
    pub(super) fn of(&self, node: usize) -> Arc<Stats> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes.get(node).cloned().unwrap_or_default()
    }

    /// The counters of all nodes.
    pub(super) fn all(&self) -> Vec<Arc<Stats>> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Resets the counters of a node, as when it starts.
    pub(super) fn reset(&self, node: usize, now: Now) {
        let stats = Arc::new(Stats::new(self.namespaces, now));
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        match nodes.get_mut(node) {
            Some(before) => *before = stats,
            None => nodes.push(stats),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// Reads a counter.
#[must_use]
pub(crate) fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
