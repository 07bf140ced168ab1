//! Nodes and the network between them: kill, restart, add, quiesce, partition.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::{MutexGuard, PoisonError};

use super::Server;
use crate::cluster::{self, Cluster, ClusterError, Node, NodeId};
use crate::net::{self, Listeners, Shared};

/// Why a change of nodes failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum TopologyError {
    /// The cluster has no such node, or the node is not in the required state.
    Cluster(ClusterError),
    /// There is no namespace of this name with `strong-consistency`.
    NotConsistent(String),
    /// The server cannot listen on the node's address.
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::NotConsistent(namespace) => {
                write!(f, "there is no namespace '{namespace}' with strong-consistency")
            }
            Self::Bind { address, .. } => write!(f, "cannot listen on {address}"),
        }
    }
}

impl std::error::Error for TopologyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Cluster(_) | Self::NotConsistent(_) => None,
            Self::Bind { source, .. } => Some(source),
        }
    }
}

impl From<ClusterError> for TopologyError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

/// # Nodes
///
/// A server with several [nodes](crate::Builder::nodes) is a cluster in one process. Nodes that can reach each other share
/// one store. After a node is killed, records with another copy are available at once; records without one are lost.
///
/// ```
/// use spikelet::{NodeState, Server};
///
/// let server = Server::builder().nodes(3).replication_factor(2).start()?;
/// server.insert("test", "demo", 1, [("a", 1)])?;
///
/// server.kill(0xB2)?; // closes its socket and its connections
/// assert_eq!(server.nodes()[1].state, NodeState::Down);
/// assert_eq!(server.count(), 1); // the second copy survives
///
/// server.restart(0xB2)?; // at the same address
/// server.quiesce(0xB1)?;
/// let fourth = server.add_node()?;
/// assert_eq!(fourth.to_string(), "B4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Server {
    /// Returns all nodes, including those that are down.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        self.state().cluster().nodes().to_vec()
    }

    /// Kills a node. When this returns, its socket and its connections are closed, and the other nodes have taken over its
    /// partitions. Records of which it had the only copy are lost.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn kill(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.settled(self.shared().kill(&[node.into()]))
    }

    /// Kills several nodes at once, so that no copies are made in between: records of which only these nodes had copies are lost.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`]; no node is killed then.
    pub fn kill_together<N: Into<NodeId> + Copy>(&self, nodes: &[N]) -> Result<(), TopologyError> {
        let nodes: Vec<NodeId> = nodes.iter().map(|id| (*id).into()).collect();
        self.settled(self.shared().kill(&nodes))
    }

    /// Restarts a killed node with the same address and id. It starts empty, as a node whose namespaces are in memory does,
    /// and gets its copies by migration.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Up`]; [`TopologyError::Bind`] if its port is in use now.
    pub fn restart(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.settled(self.shared().restart(node.into()))
    }

    /// Adds a node on a free port of the first node's address, and returns its id, which is one above the highest.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`] if there are 64 nodes already; [`TopologyError::Bind`] if the system has no free port.
    pub fn add_node(&self) -> Result<NodeId, TopologyError> {
        self.settled(self.shared().add_node())
    }

    /// Quiesces a node: it hands over the partitions that it is master of. It still serves, and forwards commands. The real
    /// server can do this in the Enterprise Edition only.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn quiesce(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.shared().quiesce(node.into(), true)
    }

    /// Reverts [`quiesce`](Self::quiesce).
    ///
    /// # Errors
    /// [`ClusterError::Unknown`] and [`ClusterError::Down`].
    pub fn quiesce_undo(&self, node: impl Into<NodeId>) -> Result<(), TopologyError> {
        self.shared().quiesce(node.into(), false)
    }

    /// Finishes the migrations of up to this many partitions of each namespace, if migrations are
    /// [slow](crate::Builder::slow_migrations). Returns the number of partitions, 0 if all were finished before. Namespaces with
    /// the same replication factor migrate together and count once.
    pub fn migrate(&self, partitions: usize) -> usize {
        self.shared().migrate(partitions)
    }

    /// Sets the address that a node announces to clients (`access-address`), whether it can be reached there or not. `None`
    /// restores the address on which it listens.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise(&self, node: impl Into<NodeId>, address: Option<SocketAddr>) -> Result<(), TopologyError> {
        self.shared().advertise(node.into(), |node| node.advertised = address)
    }

    /// Sets the address that a node announces to clients that use alternate addresses (`alternate-access-address`). `None`,
    /// the default, announces none.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise_alternate(
        &self,
        node: impl Into<NodeId>,
        address: Option<SocketAddr>,
    ) -> Result<(), TopologyError> {
        self.shared().advertise(node.into(), |node| node.alternate = address)
    }

    /// Sets the TLS address that a node announces to clients (`tls-access-address`), whether it can be reached there or not.
    /// `None` restores the address on which it listens.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise_tls(&self, node: impl Into<NodeId>, address: Option<SocketAddr>) -> Result<(), TopologyError> {
        self.shared()
            .advertise(node.into(), |node| node.tls_advertised = address)
    }

    /// Sets the TLS address that a node announces to clients that use alternate addresses (`tls-alternate-access-address`).
    /// `None`, the default, announces none.
    ///
    /// # Errors
    /// [`ClusterError::Unknown`].
    pub fn advertise_tls_alternate(
        &self,
        node: impl Into<NodeId>,
        address: Option<SocketAddr>,
    ) -> Result<(), TopologyError> {
        self.shared()
            .advertise(node.into(), |node| node.tls_alternate = address)
    }

    /// Cuts the network between every node in `a` and every node in `b`. Clients still reach all nodes.
    ///
    /// Nodes that can reach each other form a subcluster at once: it rebalances the partitions, announces only its own nodes
    /// to clients, and accepts writes. It does not find records of which none of its nodes has a copy. A node that can reach
    /// two nodes that cannot reach each other joins the one with the higher id.
    ///
    /// Further cuts can be added, and also apply to nodes that restart later. Methods that read or write the contents of
    /// the server, such as [`record`](Self::record), [`insert`](Self::insert) and [`snapshot`](Self::snapshot), use the
    /// subcluster of the first node that is up. [`record_at`](Self::record_at) reads from that of any node.
    /// [`restore`](Self::restore), [`reset`](Self::reset) and [`truncate`](Self::truncate) apply to all subclusters.
    ///
    /// ```
    /// use spikelet::Server;
    ///
    /// let server = Server::builder().nodes(3).replication_factor(2).start()?;
    /// server.insert("test", "demo", 1, [("a", 1)])?;
    ///
    /// server.partition(&[0xB1], &[0xB2, 0xB3])?;
    /// assert_eq!(server.subclusters().len(), 2);
    /// // Clients write to both subclusters, and then:
    /// server.heal();
    /// assert_eq!(server.subclusters().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClusterError::Unknown`], and [`ClusterError::Both`] if a node is in both lists.
    pub fn partition<A, B>(&self, a: &[A], b: &[B]) -> Result<(), TopologyError>
    where
        A: Into<NodeId> + Copy,
        B: Into<NodeId> + Copy,
    {
        let a: Vec<NodeId> = a.iter().map(|id| (*id).into()).collect();
        let b: Vec<NodeId> = b.iter().map(|id| (*id).into()).collect();
        self.shared().partition(&a, &b)
    }

    /// Removes all [cuts](Self::partition) of the network, and merges the subclusters.
    ///
    /// If several subclusters have a record with the same digest, the one with the higher generation is kept; with equal
    /// generations, the one that was written last. The namespace's
    /// [`conflict_resolution_policy`](crate::NamespaceConfig::conflict_resolution_policy) can make the last write win in any
    /// case. A record that was deleted in one subcluster only comes back. Of secondary indexes and UDF modules, the last change
    /// wins. Long queries to nodes that join other nodes end with result code 210.
    pub fn heal(&self) {
        self.shared().heal();
    }

    /// Returns the nodes that are up, grouped into subclusters. There is one, unless the network is [cut](Self::partition).
    #[must_use]
    pub fn subclusters(&self) -> Vec<Vec<NodeId>> {
        let cluster = self.state().cluster();
        let on = |subcluster: &cluster::Subcluster| {
            let nodes = cluster.nodes().iter().enumerate();
            nodes
                .filter(|(at, _)| subcluster.has(*at))
                .map(|(_, node)| node.id)
                .collect()
        };
        cluster.subclusters().iter().map(on).collect()
    }

    /// Waits until the sockets match the cluster.
    fn settled<T>(&self, changed: Result<T, TopologyError>) -> Result<T, TopologyError> {
        self.shared().nodes.wait();
        changed
    }
}

/// The same operations without waiting for the sockets. The server's own thread must not block; a connection awaits the
/// sockets before it replies.
impl Shared {
    pub(crate) fn kill(&self, ids: &[NodeId]) -> Result<(), TopologyError> {
        let _changing = self.changing();
        let nodes = self.change(|cluster, now| cluster.kill(ids, now))?;
        nodes.into_iter().for_each(|at| self.nodes.stop(at));
        Ok(())
    }

    pub(crate) fn restart(&self, id: NodeId) -> Result<(), TopologyError> {
        let _changing = self.changing();
        let cluster = self.state.cluster();
        let node = cluster.position(id).map(|at| cluster.node(at))?;
        let Some(node) = node.filter(|node| !node.is_up()) else {
            return Err(ClusterError::Up(id).into());
        };
        let listeners = self.bind(node.address, node.tls_address)?;
        let at = self.change(|cluster, now| cluster.restart(id, now))?;
        self.state.reset_stats(at, self.clock.now());
        self.serve(at, listeners);
        Ok(())
    }

    pub(crate) fn add_node(&self) -> Result<NodeId, TopologyError> {
        let _changing = self.changing();
        let cluster = self.state.cluster();
        let id = cluster.nodes().iter().map(|node| node.id.0).max().unwrap_or(0);
        let id = NodeId(id.wrapping_add(1).max(1));
        let free = |address: SocketAddr| {
            let taken = |node: &Node| {
                [
                    node.address.port(),
                    node.tls_address.map_or(0, |address| address.port()),
                ]
            };
            let next = cluster.nodes().iter().flat_map(taken).max().unwrap_or_default();
            let port = if self.nodes.have_sockets() {
                0
            } else {
                next.wrapping_add(1)
            };
            SocketAddr::new(address.ip(), port)
        };
        let first = cluster.node(0);
        let mut address = free(first.map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |node| node.address));
        let mut tls_address = first.and_then(|node| node.tls_address).map(free);
        if let Some(tls) = &mut tls_address
            && *tls == address
        {
            tls.set_port(address.port().wrapping_add(u16::from(address.port() != 0)));
        }
        let listeners = self.bind(address, tls_address)?;
        if let Some(Listeners { clear, tls }) = &listeners {
            let of = |listener: &TcpListener| {
                let bound = listener.local_addr();
                bound.map_err(|source| TopologyError::Bind { address, source })
            };
            (address, tls_address) = (of(clear)?, tls.as_ref().map(of).transpose()?);
        }
        let mut node = Node::new(id, address);
        node.tls_address = tls_address;
        let at = self.change(|cluster, now| cluster.add(node, now))?;
        self.state.reset_stats(at, self.clock.now());
        self.serve(at, listeners);
        Ok(id)
    }

    pub(crate) fn quiesce(&self, id: NodeId, quiesce: bool) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, now| cluster.quiesce(id, quiesce, now))?)
    }

    pub(crate) fn migrate(&self, partitions: usize) -> usize {
        let migrated = self.change(|cluster, _| Ok(cluster.migrate(partitions)));
        migrated.unwrap_or_default()
    }

    pub(crate) fn advertise(&self, id: NodeId, change: impl FnOnce(&mut Node)) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, _| cluster.advertise(id, change))?)
    }

    pub(crate) fn partition(&self, a: &[NodeId], b: &[NodeId]) -> Result<(), TopologyError> {
        Ok(self.change(|cluster, now| cluster.partition(a, b, now))?)
    }

    pub(crate) fn heal(&self) {
        let healed = self.change(|cluster, now| {
            cluster.heal(now);
            Ok(())
        });
        debug_assert_eq!(healed, Ok(()));
    }

    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Cluster, crate::clock::Now) -> Result<T, ClusterError>,
    ) -> Result<T, ClusterError> {
        let now = self.clock.now();
        self.split.change(now, |cluster| change(cluster, now))
    }

    /// Returns `None` if the nodes have no sockets.
    fn bind(&self, address: SocketAddr, tls: Option<SocketAddr>) -> Result<Option<Listeners>, TopologyError> {
        if !self.nodes.have_sockets() {
            return Ok(None);
        }
        let bind = |address| net::bind(address).map_err(|source| TopologyError::Bind { address, source });
        Ok(Some(Listeners {
            clear: bind(address)?,
            tls: tls.map(bind).transpose()?,
        }))
    }

    fn serve(&self, node: usize, listeners: Option<Listeners>) {
        if let Some(listeners) = listeners {
            self.nodes.serve(node, listeners);
        }
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.nodes.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
